"""AVERAGE_POOL_2D and MAX_POOL_2D, int8 or int16."""

from __future__ import annotations

from harness.engines.plan.graph import DType
from harness.engines.plan.lower.context import Context, tensor_operand
from harness.engines.plan.lower.window import window
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import Pool2DParams
from harness.engines.plan.program import Step

# micro/kernels/pooling_common.cc: input and output share their quantisation up to this.
MAX_SCALE_DIFFERENCE = 1.0e-6


def lower_average_pool_2d(ctx: Context) -> Step:
    """Input and output NHWC with the same quantisation."""
    return _lower_pool(ctx, Opcode.AVERAGE_POOL_2D_S8, Opcode.AVERAGE_POOL_2D_S16)


def lower_max_pool_2d(ctx: Context) -> Step:
    """Input and output NHWC with the same quantisation."""
    return _lower_pool(ctx, Opcode.MAX_POOL_2D_S8, Opcode.MAX_POOL_2D_S16)


def _lower_pool(ctx: Context, opcode: Opcode, wide_opcode: Opcode) -> Step:
    ctx.count((1,))
    source, output = ctx.input(0), ctx.output()
    ctx.typed(source, DType.INT8, DType.INT16)
    ctx.typed(output, source.dtype)
    for tensor in (source, output):
        ctx.ranked(tensor, 4)
    input_scale, input_zero_point = ctx.quantized(source)
    output_scale, output_zero_point = ctx.quantized(output)
    ctx.require(
        abs(float(input_scale - output_scale)) <= MAX_SCALE_DIFFERENCE
        and input_zero_point == output_zero_point,
        "input and output are quantised differently",
    )
    batches, input_height, input_width, depth = source.shape
    _, output_height, output_width, _ = output.shape
    ctx.shaped(output, (batches, output_height, output_width, depth))
    filter_height = ctx.option_int("filter_height")
    filter_width = ctx.option_int("filter_width")
    vertical = window(ctx, "h", input_height, filter_height, output_height, dilated=False)
    horizontal = window(ctx, "w", input_width, filter_width, output_width, dilated=False)
    low, high = ctx.fused_activation(output)
    # So that the sum over a window stays below 2^31.
    wide = source.dtype is DType.INT16
    covered = min(filter_height, input_height) * min(filter_width, input_width)
    ctx.require(covered < 1 << (16 if wide else 23), "the window is too large", source)
    params = Pool2DParams(
        batches=batches,
        input_height=input_height,
        input_width=input_width,
        depth=depth,
        output_height=output_height,
        output_width=output_width,
        filter_height=filter_height,
        filter_width=filter_width,
        stride_height=vertical.stride,
        stride_width=horizontal.stride,
        pad_top=vertical.before,
        pad_left=horizontal.before,
        activation_min=low,
        activation_max=high,
    )
    return ctx.step(
        wide_opcode if wide else opcode, (tensor_operand(output), tensor_operand(source)), params
    )
