"""What convolutions and fully connected layers share: filter, bias, factors per channel."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.engines.plan.graph import DType, Tensor
from harness.engines.plan.lower.context import Context, optional_operand, tensor_operand
from harness.engines.plan.program import ConstOperand, Operand

INT32_MAX = 2**31 - 1
# What a 64-bit accumulator may hold for its rescaling (MultiplyByQuantizedMultiplier).
WIDE_ACCUMULATOR_MAX = 2**47 - 1


@dataclass(frozen=True)
class Weights:
    """Checked weights.

    Attributes:
        filter: int8 constant.
        bias: int32 or int64 constant of shape (channels,), or None.
    """

    filter: Tensor
    bias: Tensor | None


def weighted_operands(
    output: Tensor,
    source: Tensor,
    weights: Weights,
    multipliers: ConstOperand,
    shifts: ConstOperand,
) -> tuple[Operand, ...]:
    """The operands of a layer with weights, in the order of firmware/kernels/opcodes.h."""
    return (
        tensor_operand(output),
        tensor_operand(source),
        tensor_operand(weights.filter),
        optional_operand(weights.bias),
        multipliers,
        shifts,
    )


def read_weights(
    ctx: Context,
    *,
    rank: int,
    channel_axis: int,
    bias_types: tuple[DType, ...] = (DType.INT32,),
    bias_input: int = 2,
) -> Weights:
    """Check types, constness and quantisation axis of inputs 1 (filter) and `bias_input`.

    Raises:
        UnsupportedModelError: something is not as the kernels need it.
    """
    weights = ctx.input(1)
    ctx.typed(weights, DType.INT8)
    ctx.ranked(weights, rank)
    ctx.constant(weights)
    channels = weights.shape[channel_axis]
    quant = ctx.quantization(weights)
    if quant.per_channel:
        ctx.require(
            quant.axis == channel_axis and len(quant.scales) == channels,
            f"{len(quant.scales)} scales along dimension {quant.axis} "
            f"instead of {channels} along dimension {channel_axis}",
            weights,
        )
    for scale in quant.scales:
        ctx.require(
            math.isfinite(scale) and scale >= 0, f"the scale {scale} is not positive", weights
        )
    bias = ctx.optional_input(bias_input)
    if bias is not None:
        ctx.typed(bias, *bias_types)
        ctx.constant(bias)
        ctx.require(
            bias.elements == channels, f"{bias.elements} elements for {channels} channels", bias
        )
    return Weights(weights, bias)


def symmetric(ctx: Context, weights: Tensor) -> None:
    """Refuse weights with a zero point other than 0, which per-channel kernels do not apply."""
    quant = ctx.quantization(weights)
    ctx.require(not quant.zero_points.any(), "the filter's zero point is not 0", weights)


def activation_pair(ctx: Context, source: Tensor, output: Tensor) -> bool:
    """Check that input and output are both int8, or both int16 with zero point 0; whether int16."""
    ctx.typed(source, DType.INT8, DType.INT16)
    ctx.typed(output, source.dtype)
    wide = source.dtype is DType.INT16
    if wide:
        for tensor in (source, output):
            _, zero_point = ctx.quantized(tensor)
            ctx.require(zero_point == 0, "the zero point of int16 is not 0", tensor)
    return wide


def accumulator_bits(ctx: Context, weights: Weights, *, wide: bool) -> int:
    """32 for int8; for int16 as the bias has, or as the option says where there is none."""
    if not wide:
        return 32
    if weights.bias is not None:
        return 32 if weights.bias.dtype is DType.INT32 else 64
    return 32 if ctx.op.options.get("quantized_bias_type") == "INT32" else 64


def channel_multipliers(
    ctx: Context,
    weights: Weights,
    channels: int,
    source: Tensor,
    output: Tensor,
    *,
    accumulator_bits: int = 32,
) -> tuple[ConstOperand, ConstOperand]:
    """Factors per channel: input scale * filter scale / output scale, all in float64.

    Two int32 constants of shape (channels,): significands and shifts; one scale serves every
    channel (`PopulateConvolutionQuantizationParams`).
    """
    input_scale, _ = ctx.quantized(source)
    output_scale, _ = ctx.quantized(output)
    scales = ctx.quantization(weights.filter).scales
    multipliers = [
        ctx.multiplier(
            float(input_scale) * float(scale) / float(output_scale), wide=accumulator_bits == 64
        )
        for scale in scales
    ]
    if len(multipliers) == 1:
        multipliers = multipliers * channels
    significands = np.array([m.significand for m in multipliers], dtype="<i4")
    shifts = np.array([m.shift for m in multipliers], dtype="<i4")
    return ConstOperand(significands), ConstOperand(shifts)


def check_wide_accumulator(
    ctx: Context,
    weights: Weights,
    channel_axis: int,
    filter_zero_point: int = 0,
    input_zero_point: int = 0,
) -> None:
    """Refuse weights and bias with which int16 inputs could leave 48 bits (32-bit sums may wrap)."""
    largest_input = (1 << 15) + abs(input_zero_point)
    _check_sums(ctx, weights, channel_axis, largest_input, filter_zero_point, WIDE_ACCUMULATOR_MAX)


def check_accumulator(
    ctx: Context, weights: Weights, channel_axis: int, input_zero_point: int, filter_zero_point: int
) -> None:
    """Refuse weights and bias with which some input could overflow the 32-bit accumulator."""
    largest_input = max(127 - input_zero_point, input_zero_point + 128)
    _check_sums(ctx, weights, channel_axis, largest_input, filter_zero_point, INT32_MAX)


def _check_sums(
    ctx: Context,
    weights: Weights,
    channel_axis: int,
    largest_input: int,
    filter_zero_point: int,
    limit: int,
) -> None:
    values = ctx.constant(weights.filter).astype(np.int64) - filter_zero_point
    other_axes = tuple(i for i in range(values.ndim) if i != channel_axis)
    worst: npt.NDArray[np.int64] = np.abs(values).sum(axis=other_axes) * largest_input
    # As Python integers: an int64 bias may be at an end of its range.
    sums = [int(total) for total in worst.reshape(-1)]
    if weights.bias is not None:
        bias = ctx.constant(weights.bias).reshape(-1).tolist()
        sums = [total + abs(int(value)) for total, value in zip(sums, bias, strict=True)]
    ctx.require(
        max(sums) <= limit,
        f"weights and bias are so large that a {limit.bit_length() + 1}-bit accumulator can overflow",
        weights.filter,
    )
