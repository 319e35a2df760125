"""MEAN, int8, over any set of dimensions."""

from __future__ import annotations

from harness.engines.plan.graph import DType, Tensor
from harness.engines.plan.lower.context import Context, tensor_operand
from harness.engines.plan.opcodes import MEAN_MAX_DIMS, MeanParams, Opcode
from harness.engines.plan.program import Step
from harness.engines.plan.quantize import mean_multiplier

Loop = tuple[int, int]  # extent, stride


def lower_mean(ctx: Context) -> Step:
    """Input 1: the axes, constant int32; negative ones count from the end, duplicates once."""
    ctx.count((2,))
    source, output = ctx.input(0), ctx.output()
    ctx.typed(source, DType.INT8)
    ctx.typed(output, DType.INT8)
    axes = _axes(ctx, source)
    _check_output(ctx, source, output, axes)
    input_scale, input_zero_point = ctx.quantized(source)
    output_scale, output_zero_point = ctx.quantized(output)
    elements = source.elements // output.elements
    ctx.require(elements < 1 << 23, f"{elements} elements per mean are too many", source)
    multiplier = mean_multiplier(ctx.multiplier(float(input_scale) / float(output_scale)), elements)
    kept, reduced = _loops(ctx, source.shape, axes)
    params = MeanParams(
        kept_dims=tuple(extent for extent, _ in kept),
        kept_strides=tuple(stride for _, stride in kept),
        reduced_dims=tuple(extent for extent, _ in reduced),
        reduced_strides=tuple(stride for _, stride in reduced),
        sum_offset=-input_zero_point * elements,
        output_multiplier=multiplier.significand,
        output_shift=multiplier.shift,
        output_offset=output_zero_point,
    )
    return ctx.step(Opcode.MEAN_S8, (tensor_operand(output), tensor_operand(source)), params)


def _axes(ctx: Context, source: Tensor) -> frozenset[int]:
    tensor = ctx.input(1)
    ctx.typed(tensor, DType.INT32)
    rank = len(source.shape)
    axes = [int(axis) for axis in ctx.constant(tensor).reshape(-1).tolist()]
    ctx.require(
        all(-rank <= axis < rank for axis in axes), f"axes {axes} for {rank} dimensions", tensor
    )
    return frozenset(axis % rank for axis in axes)


def _check_output(ctx: Context, source: Tensor, output: Tensor, axes: frozenset[int]) -> None:
    keep_dims = ctx.option_bool("keep_dims")
    expected = tuple(
        1 if axis in axes else extent
        for axis, extent in enumerate(source.shape)
        if keep_dims or axis not in axes
    )
    ctx.shaped(output, expected)


def _loops(
    ctx: Context, shape: tuple[int, ...], axes: frozenset[int]
) -> tuple[list[Loop], list[Loop]]:
    """Kept and reduced loops, outermost first, neighbours merged, MEAN_MAX_DIMS long."""
    kept: list[Loop] = []  # innermost first
    reduced: list[Loop] = []
    stride = 1
    for axis in reversed(range(len(shape))):
        loops = reduced if axis in axes else kept
        if shape[axis] > 1:
            if loops and loops[-1][0] * loops[-1][1] == stride:
                loops[-1] = (loops[-1][0] * shape[axis], loops[-1][1])
            else:
                loops.append((shape[axis], stride))
        stride *= shape[axis]
    for loops in (kept, reduced):
        ctx.require(len(loops) <= MEAN_MAX_DIMS, "axes and other dimensions alternate too often")
        loops += [(1, 0)] * (MEAN_MAX_DIMS - len(loops))
    return kept[::-1], reduced[::-1]
