"""What convolutions and fully connected layers share: filter, bias, factors per channel."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.engines.plan.graph import DType, Tensor
from harness.engines.plan.lower.context import Context
from harness.engines.plan.program import ConstOperand

INT32_MAX = 2**31 - 1


@dataclass(frozen=True)
class Weights:
    """Checked weights.

    Attributes:
        filter: int8 constant.
        bias: int32 constant of shape (channels,), or None.
    """

    filter: Tensor
    bias: Tensor | None


def read_weights(ctx: Context, *, rank: int, channel_axis: int) -> Weights:
    """Check types, constness and quantisation axis of inputs 1 (filter) and 2 (bias).

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
    bias = ctx.optional_input(2)
    if bias is not None:
        ctx.typed(bias, DType.INT32)
        ctx.constant(bias)
        ctx.require(
            bias.elements == channels, f"{bias.elements} elements for {channels} channels", bias
        )
    return Weights(weights, bias)


def symmetric(ctx: Context, weights: Tensor) -> None:
    """Refuse weights with a zero point other than 0, which per-channel kernels do not apply."""
    quant = ctx.quantization(weights)
    ctx.require(not quant.zero_points.any(), "the filter's zero point is not 0", weights)


def channel_multipliers(
    ctx: Context, weights: Weights, channels: int, source: Tensor, output: Tensor
) -> tuple[ConstOperand, ConstOperand]:
    """Factors per channel: input scale * filter scale / output scale, all in float64.

    Two int32 constants of shape (channels,): significands and shifts; one scale serves every
    channel (`PopulateConvolutionQuantizationParams`).
    """
    input_scale, _ = ctx.quantized(source)
    output_scale, _ = ctx.quantized(output)
    scales = ctx.quantization(weights.filter).scales
    multipliers = [
        ctx.multiplier(float(input_scale) * float(scale) / float(output_scale)) for scale in scales
    ]
    if len(multipliers) == 1:
        multipliers = multipliers * channels
    significands = np.array([m.significand for m in multipliers], dtype="<i4")
    shifts = np.array([m.shift for m in multipliers], dtype="<i4")
    return ConstOperand(significands), ConstOperand(shifts)


def check_accumulator(
    ctx: Context, weights: Weights, channel_axis: int, input_zero_point: int, filter_zero_point: int
) -> None:
    """Refuse weights and bias with which some input could overflow the 32-bit accumulator."""
    values = ctx.constant(weights.filter).astype(np.int64) - filter_zero_point
    other_axes = tuple(i for i in range(values.ndim) if i != channel_axis)
    largest_input = max(127 - input_zero_point, input_zero_point + 128)
    worst: npt.NDArray[np.int64] = np.abs(values).sum(axis=other_axes) * largest_input
    if weights.bias is not None:
        worst = worst + np.abs(ctx.constant(weights.bias).astype(np.int64)).reshape(-1)
    ctx.require(
        int(worst.max()) <= INT32_MAX,
        "weights and bias are so large that a 32-bit accumulator can overflow",
        weights.filter,
    )
