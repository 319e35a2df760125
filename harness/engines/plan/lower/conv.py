"""CONV_2D and DEPTHWISE_CONV_2D, int8 or int16 with int8 weights."""

from __future__ import annotations

from harness.engines.plan.graph import DType
from harness.engines.plan.lower.context import Context
from harness.engines.plan.lower.weights import (
    accumulator_bits,
    activation_pair,
    channel_multipliers,
    check_accumulator,
    check_wide_accumulator,
    read_weights,
    symmetric,
    weighted_operands,
)
from harness.engines.plan.lower.window import window
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import Conv2DParams, DepthwiseConv2DParams
from harness.engines.plan.program import Step


def lower_conv_2d(ctx: Context) -> Step:
    """Input NHWC, filter OHWI, bias (O,); grouped when I is a divisor of C.

    The filter is int8, quantised per tensor or along dimension 0, with zero point 0; the bias int32,
    or int64 for int16 activations, which then have 64-bit accumulators.
    """
    ctx.count((2, 3))
    source, output = ctx.input(0), ctx.output()
    for tensor in (source, output):
        ctx.ranked(tensor, 4)
    wide = activation_pair(ctx, source, output)
    bias_types = (DType.INT32, DType.INT64) if wide else (DType.INT32,)
    weights = read_weights(ctx, rank=4, channel_axis=0, bias_types=bias_types)
    symmetric(ctx, weights.filter)
    batches, input_height, input_width, input_depth = source.shape
    output_depth, filter_height, filter_width, filter_depth = weights.filter.shape
    groups = input_depth // filter_depth
    ctx.require(
        input_depth % filter_depth == 0 and output_depth % groups == 0,
        f"{output_depth} filters of depth {filter_depth} on {input_depth} channels form no groups",
    )
    _, output_height, output_width, _ = output.shape
    ctx.shaped(output, (batches, output_height, output_width, output_depth))
    vertical = window(ctx, "h", input_height, filter_height, output_height, dilated=True)
    horizontal = window(ctx, "w", input_width, filter_width, output_width, dilated=True)
    _, input_zero_point = ctx.quantized(source)
    _, output_zero_point = ctx.quantized(output)
    low, high = ctx.fused_activation(output)
    bits = accumulator_bits(ctx, weights, wide=wide)
    if wide:
        check_wide_accumulator(ctx, weights, 0)
    else:
        check_accumulator(ctx, weights, 0, input_zero_point, 0)
    multipliers, shifts = channel_multipliers(
        ctx, weights, output_depth, source, output, accumulator_bits=bits
    )
    params = Conv2DParams(
        batches=batches,
        input_height=input_height,
        input_width=input_width,
        input_depth=input_depth,
        output_height=output_height,
        output_width=output_width,
        output_depth=output_depth,
        filter_height=filter_height,
        filter_width=filter_width,
        filter_depth=filter_depth,
        stride_height=vertical.stride,
        stride_width=horizontal.stride,
        dilation_height=vertical.dilation,
        dilation_width=horizontal.dilation,
        pad_top=vertical.before,
        pad_left=horizontal.before,
        input_offset=-input_zero_point,
        output_offset=output_zero_point,
        activation_min=low,
        activation_max=high,
        accumulator_bits=bits,
    )
    return ctx.step(
        Opcode.CONV_2D_S16 if wide else Opcode.CONV_2D_S8,
        weighted_operands(output, source, weights, multipliers, shifts),
        params,
        macs=output.elements * filter_height * filter_width * filter_depth,
    )


def lower_depthwise_conv_2d(ctx: Context) -> Step:
    """Input NHWC, filter 1HWO, bias (O,); O = C * depth_multiplier.

    The filter is int8, quantised per tensor or along dimension 3, with zero point 0; the bias int32
    for int8 activations, int64 for int16.
    """
    ctx.count((2, 3))
    source, output = ctx.input(0), ctx.output()
    for tensor in (source, output):
        ctx.ranked(tensor, 4)
    wide = activation_pair(ctx, source, output)
    bias_type = DType.INT64 if wide else DType.INT32
    weights = read_weights(ctx, rank=4, channel_axis=3, bias_types=(bias_type,))
    symmetric(ctx, weights.filter)
    batches, input_height, input_width, input_depth = source.shape
    _, filter_height, filter_width, output_depth = weights.filter.shape
    depth_multiplier = ctx.option_int("depth_multiplier")
    ctx.shaped(weights.filter, (1, filter_height, filter_width, input_depth * depth_multiplier))
    _, output_height, output_width, _ = output.shape
    ctx.shaped(output, (batches, output_height, output_width, output_depth))
    vertical = window(ctx, "h", input_height, filter_height, output_height, dilated=True)
    horizontal = window(ctx, "w", input_width, filter_width, output_width, dilated=True)
    _, input_zero_point = ctx.quantized(source)
    _, output_zero_point = ctx.quantized(output)
    low, high = ctx.fused_activation(output)
    if wide:
        check_wide_accumulator(ctx, weights, 3)
    else:
        check_accumulator(ctx, weights, 3, input_zero_point, 0)
    multipliers, shifts = channel_multipliers(
        ctx, weights, output_depth, source, output, accumulator_bits=64 if wide else 32
    )
    params = DepthwiseConv2DParams(
        batches=batches,
        input_height=input_height,
        input_width=input_width,
        input_depth=input_depth,
        output_height=output_height,
        output_width=output_width,
        depth_multiplier=depth_multiplier,
        filter_height=filter_height,
        filter_width=filter_width,
        stride_height=vertical.stride,
        stride_width=horizontal.stride,
        dilation_height=vertical.dilation,
        dilation_width=horizontal.dilation,
        pad_top=vertical.before,
        pad_left=horizontal.before,
        input_offset=-input_zero_point,
        output_offset=output_zero_point,
        activation_min=low,
        activation_max=high,
    )
    return ctx.step(
        Opcode.DEPTHWISE_CONV_2D_S16 if wide else Opcode.DEPTHWISE_CONV_2D_S8,
        weighted_operands(output, source, weights, multipliers, shifts),
        params,
        macs=output.elements * filter_height * filter_width,
    )
