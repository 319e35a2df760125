"""TRANSPOSE_CONV, int8 or int16 with int8 weights."""

from __future__ import annotations

import numpy as np

from harness.engines.plan.graph import DType, Tensor
from harness.engines.plan.lower.context import Context, tensor_operand
from harness.engines.plan.lower.weights import (
    Weights,
    activation_pair,
    channel_multipliers,
    check_accumulator,
    check_wide_accumulator,
    read_weights,
    symmetric,
)
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import TransposeConvParams
from harness.engines.plan.program import ConstOperand, Operand, Step

OUTPUT_SHAPE, FILTER, SOURCE, BIAS = range(4)


def lower_transpose_conv(ctx: Context) -> Step:
    """Inputs: the output's shape, filter OHWI, NHWC, bias (O,).

    The shape of the output tensor counts; where the first input is a constant, it must say the same.
    The filter is int8, quantised per tensor or along dimension 0, with zero point 0; the bias int32
    for int8 activations, int64 or int16 for int16.
    """
    ctx.count((3, 4))
    source, output = ctx.input(SOURCE), ctx.output()
    for tensor in (source, output):
        ctx.ranked(tensor, 4)
    _check_output_shape(ctx, output)
    wide = activation_pair(ctx, source, output)
    weights = _weights(ctx, wide=wide)
    batches, input_height, input_width, input_depth = source.shape
    _, output_height, output_width, _ = output.shape
    output_depth, filter_height, filter_width, _ = weights.filter.shape
    ctx.shaped(weights.filter, (output_depth, filter_height, filter_width, input_depth))
    ctx.shaped(output, (batches, output_height, output_width, output_depth))
    stride_height, stride_width = ctx.option_int("stride_h"), ctx.option_int("stride_w")
    _, input_zero_point = ctx.quantized(source)
    _, output_zero_point = ctx.quantized(output)
    low, high = ctx.fused_activation(output)
    if wide:
        check_wide_accumulator(ctx, weights, 0)
    else:
        check_accumulator(ctx, weights, 0, input_zero_point, 0)
    multipliers, shifts = channel_multipliers(
        ctx, weights, output_depth, source, output, accumulator_bits=64 if wide else 32
    )
    params = TransposeConvParams(
        batches=batches,
        input_height=input_height,
        input_width=input_width,
        input_depth=input_depth,
        output_height=output_height,
        output_width=output_width,
        output_depth=output_depth,
        filter_height=filter_height,
        filter_width=filter_width,
        stride_height=stride_height,
        stride_width=stride_width,
        pad_top=_padding(ctx, output_height, filter_height, stride_height),
        pad_left=_padding(ctx, output_width, filter_width, stride_width),
        input_offset=-input_zero_point,
        output_offset=output_zero_point,
        activation_min=low,
        activation_max=high,
    )
    return ctx.step(
        Opcode.TRANSPOSE_CONV_S16 if wide else Opcode.TRANSPOSE_CONV_S8,
        (
            tensor_operand(output),
            tensor_operand(source),
            tensor_operand(weights.filter),
            _bias_operand(weights),
            multipliers,
            shifts,
        ),
        params,
        macs=source.elements * output_depth * filter_height * filter_width,
    )


def _check_output_shape(ctx: Context, output: Tensor) -> None:
    shape = ctx.input(OUTPUT_SHAPE)
    ctx.typed(shape, DType.INT32)
    if shape.data is not None:
        said = tuple(int(extent) for extent in shape.data.reshape(-1).tolist())
        ctx.require(said == output.shape, f"says {said}, the output has {output.shape}", shape)


def _weights(ctx: Context, *, wide: bool) -> Weights:
    bias_types = (DType.INT64, DType.INT16) if wide else (DType.INT32,)
    weights = read_weights(ctx, rank=4, channel_axis=0, bias_types=bias_types, bias_input=BIAS)
    symmetric(ctx, weights.filter)
    return weights


def _bias_operand(weights: Weights) -> Operand:
    """The bias as the kernel wants it: of int16 activations 64 bits wide."""
    if weights.bias is None or weights.bias.data is None:
        return None
    if weights.bias.dtype is DType.INT16:
        return ConstOperand(weights.bias.data.reshape(-1).astype(np.dtype("<i8")))
    return tensor_operand(weights.bias)


def _padding(ctx: Context, output_size: int, filter_size: int, stride: int) -> int:
    """What the convolution that this one transposes would have in front (kernels/padding.h)."""
    same = ctx.option_str("padding", ("SAME", "VALID")) == "SAME"
    covered = output_size + stride - (1 if same else filter_size)
    # Divided as C does: towards zero.
    windows = covered // stride if covered >= 0 else -(-covered // stride)
    total = max((windows - 1) * stride + filter_size - output_size, 0)
    return total // 2
