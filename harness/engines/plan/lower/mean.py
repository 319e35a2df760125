"""MEAN, SUM, REDUCE_MAX and REDUCE_MIN over any set of dimensions."""

from __future__ import annotations

from harness.engines.plan.graph import DType, Tensor
from harness.engines.plan.lower.context import DTYPE_CODES, Context, tensor_operand
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import MEAN_MAX_DIMS, MeanParams, ReduceMaxParams
from harness.engines.plan.program import Step
from harness.engines.plan.quantize import mean_multiplier

Loop = tuple[int, int]  # extent, stride

# A sum of so many elements stays within 31 bits.
_MAX_SUMMED = {DType.INT8: 1 << 23, DType.INT16: 1 << 15}


def lower_mean(ctx: Context) -> Step:
    """int8 and int16. Input 1: the axes, constant int32; negative ones count from the end,
    duplicates once.
    """
    return _mean_or_sum(ctx, is_mean=True)


def lower_sum(ctx: Context) -> Step:
    """As MEAN."""
    return _mean_or_sum(ctx, is_mean=False)


def lower_reduce_max(ctx: Context) -> Step:
    """int8, int16 and int32, input and output quantised alike; axes as for MEAN."""
    return _extremum(ctx, is_maximum=True)


def lower_reduce_min(ctx: Context) -> Step:
    """As REDUCE_MAX."""
    return _extremum(ctx, is_maximum=False)


def _mean_or_sum(ctx: Context, *, is_mean: bool) -> Step:
    ctx.count((2,))
    source, output = ctx.input(0), ctx.output()
    ctx.typed(source, DType.INT8, DType.INT16)
    ctx.typed(output, source.dtype)
    axes = reduced_axes(ctx, source)
    _check_output(ctx, source, output, axes)
    input_scale, input_zero_point = ctx.quantized(source)
    output_scale, output_zero_point = ctx.quantized(output)
    elements = source.elements // output.elements
    ctx.require(
        elements < _MAX_SUMMED[source.dtype], f"sums of {elements} elements are too long", source
    )
    multiplier = ctx.multiplier(float(input_scale) / float(output_scale))
    if is_mean:
        multiplier = mean_multiplier(multiplier, elements)
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
    opcode = Opcode.MEAN_S8 if source.dtype is DType.INT8 else Opcode.MEAN_S16
    return ctx.step(opcode, (tensor_operand(output), tensor_operand(source)), params)


def _extremum(ctx: Context, *, is_maximum: bool) -> Step:
    ctx.count((2,))
    source, output = ctx.input(0), ctx.output()
    ctx.typed(source, DType.INT8, DType.INT16, DType.INT32)
    ctx.typed(output, source.dtype)
    ctx.alike(source, output)
    axes = reduced_axes(ctx, source)
    _check_output(ctx, source, output, axes)
    kept, reduced = _loops(ctx, source.shape, axes)
    params = ReduceMaxParams(
        kept_dims=tuple(extent for extent, _ in kept),
        kept_strides=tuple(stride for _, stride in kept),
        reduced_dims=tuple(extent for extent, _ in reduced),
        reduced_strides=tuple(stride for _, stride in reduced),
        dtype=DTYPE_CODES[source.dtype],
        is_maximum=int(is_maximum),
    )
    return ctx.step(Opcode.REDUCE_MAX, (tensor_operand(output), tensor_operand(source)), params)


def reduced_axes(ctx: Context, source: Tensor) -> frozenset[int]:
    """The dimensions that a reduction goes over, counted from 0."""
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
