"""SLICE and STRIDED_SLICE."""

from __future__ import annotations

from harness.engines.plan.graph import Tensor
from harness.engines.plan.lower.context import Context
from harness.engines.plan.lower.movement import MOVED, Loop, copy_step, strides
from harness.engines.plan.program import Step


def lower_slice(ctx: Context) -> Step:
    """Input 1: where it begins; input 2: how long it is (-1: up to the end); constants."""
    ctx.count((3,))
    source, output = _tensors(ctx)
    rank = len(source.shape)
    begins, sizes = _vector(ctx, 1, rank), _vector(ctx, 2, rank)
    extents = [
        size - begin if length == -1 else length
        for begin, length, size in zip(begins, sizes, source.shape, strict=True)
    ]
    ctx.require(
        all(
            begin >= 0 and 0 < extent <= size - begin
            for begin, extent, size in zip(begins, extents, source.shape, strict=True)
        ),
        f"begin {begins} and size {sizes} leave shape {source.shape}",
    )
    ctx.shaped(output, tuple(extents))
    return _slice(ctx, source, output, begins, [1] * rank, extents)


def lower_strided_slice(ctx: Context) -> Step:
    """Inputs 1 to 3: begin, end and stride of every dimension, constants; begin_mask and end_mask
    open an end, shrink_axis_mask drops a dimension.
    """
    ctx.count((4,))
    source, output = _tensors(ctx)
    rank = len(source.shape)
    for name in ("ellipsis_mask", "new_axis_mask"):
        ctx.require(ctx.option_int(name, -(2**31), 2**31 - 1) == 0, f"{name} is not supported")
    ctx.require(not ctx.option_bool("offset"), "ends that count from the begin are not supported")
    masks = {
        name: ctx.option_int(name, -(2**31), 2**31 - 1)
        for name in ("begin_mask", "end_mask", "shrink_axis_mask")
    }
    ends, steps = _vector(ctx, 2, rank), _vector(ctx, 3, rank)
    starts, extents, kept = [], [], []
    for axis, begin in enumerate(_vector(ctx, 1, rank)):
        bit, size, step = 1 << axis, source.shape[axis], steps[axis]
        ctx.require(step != 0, f"the stride of dimension {axis} is 0")
        start = _clamped(None if masks["begin_mask"] & bit else begin, size, step, 0)
        if masks["shrink_axis_mask"] & bit:
            ctx.require(
                step > 0 and 0 <= start < size, f"index {begin} of dimension {axis} is out of range"
            )
            extent = 1
        else:
            end = _clamped(None if masks["end_mask"] & bit else ends[axis], size, step, 1)
            extent = max(0, -(-(end - start) // step))
            ctx.require(extent > 0, f"dimension {axis} is empty")
            kept.append(extent)
        starts.append(start)
        extents.append(extent)
    ctx.shaped(output, tuple(kept))
    return _slice(ctx, source, output, starts, steps, extents)


def _clamped(index: int | None, size: int, step: int, end: int) -> int:
    """A begin (end = 0) or end (end = 1) within the dimension; None is open
    (kernels/internal/strided_slice_logic.h).
    """
    low, high = (0, size) if step > 0 else (-1, size - 1)
    if index is None:
        return high if (step > 0) == bool(end) else low
    if index < 0:
        index += size
    return min(max(index, low), high)


def _tensors(ctx: Context) -> tuple[Tensor, Tensor]:
    source, output = ctx.input(0), ctx.output()
    ctx.typed(source, *MOVED)
    ctx.typed(output, source.dtype)
    return source, output


def _vector(ctx: Context, position: int, rank: int) -> list[int]:
    tensor = ctx.input(position)
    values = ctx.integers(tensor)
    ctx.require(len(values) == rank, f"{len(values)} elements for {rank} dimensions", tensor)
    return values


def _slice(
    ctx: Context,
    source: Tensor,
    output: Tensor,
    starts: list[int],
    steps: list[int],
    extents: list[int],
) -> Step:
    """Every index is inside: start + (extent - 1) * step is, by construction."""
    input_strides, output_strides = strides(source.shape), strides(tuple(extents))
    loops = [
        Loop(extent, step * input_stride, output_stride)
        for extent, step, input_stride, output_stride in zip(
            extents, steps, input_strides, output_strides, strict=True
        )
    ]
    offset = sum(start * stride for start, stride in zip(starts, input_strides, strict=True))
    return copy_step(ctx, output, source, loops, input_offset=offset)
