"""SLICE and STRIDED_SLICE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.engines.plan.graph import DType, Tensor
from harness.engines.plan.lower.context import Context
from harness.engines.plan.lower.movement import MOVED, Loop, copy_step, strides
from harness.engines.plan.program import Step

_MASKS = ("begin_mask", "end_mask", "shrink_axis_mask", "ellipsis_mask", "new_axis_mask")


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
    open an end, shrink_axis_mask drops a dimension, ellipsis_mask stands for the dimensions that the
    others leave, new_axis_mask adds one of extent 1.

    TFLM ignores the last two: where it runs the file nevertheless, both readings must be one.
    """
    ctx.count((4,))
    source, output = _tensors(ctx)
    ctx.require(not ctx.option_bool("offset"), "ends that count from the begin are not supported")
    masks = {name: ctx.option_int(name, -(2**31), 2**31 - 1) for name in _MASKS}
    vectors = [ctx.integers(ctx.input(position)) for position in (1, 2, 3)]
    for position in (1, 2, 3):  # the reference reads any type as int32
        ctx.typed(ctx.input(position), DType.INT32)
    ctx.require(
        len(set(map(len, vectors))) == 1,
        f"begin, end and stride have {', '.join(str(len(vector)) for vector in vectors)} elements",
    )
    begins, ends, steps = vectors
    try:
        ranges, shape = _read(source.shape, begins, ends, steps, masks)
    except ValueError as error:
        ctx.refuse(str(error))
    ctx.shaped(output, shape)
    if masks["ellipsis_mask"] or masks["new_axis_mask"]:
        rank = len(source.shape)
        plain = masks | {"ellipsis_mask": 0, "new_axis_mask": 0}
        try:
            other = _read(source.shape, begins[:rank], ends[:rank], steps[:rank], plain)
        except ValueError:
            other = None
        ctx.require(
            other is None or other[1] != shape or other[0] == ranges,
            "ellipsis_mask and new_axis_mask, which TFLM ignores, decide which elements are taken",
        )
    return _slice(
        ctx,
        source,
        output,
        [taken.start for taken in ranges],
        [taken.step for taken in ranges],
        [taken.extent for taken in ranges],
    )


@dataclass(frozen=True)
class _Range:
    """The indices that are taken of one dimension."""

    start: int
    step: int
    extent: int


def _read(
    shape: tuple[int, ...],
    begins: Sequence[int],
    ends: Sequence[int],
    steps: Sequence[int],
    masks: Mapping[str, int],
) -> tuple[list[_Range], tuple[int, ...]]:
    """What is taken of every dimension, and the shape that it makes.

    Raises:
        ValueError: the numbers do not go with the shape, or take nothing.
    """
    bits = [1 << position for position in range(len(begins))]
    ellipses = [bit for bit in bits if masks["ellipsis_mask"] & bit]
    if len(ellipses) > 1:
        raise ValueError(f"ellipsis_mask has {len(ellipses)} bits")
    added = [bit for bit in bits if masks["new_axis_mask"] & bit and bit not in ellipses]
    named = len(bits) - len(ellipses) - len(added)
    if named > len(shape) or (not ellipses and named < len(shape)):
        raise ValueError(f"begin has {named} elements for {len(shape)} dimensions")
    if ellipses and named == len(shape):
        raise ValueError("the ellipsis stands for no dimension, which LiteRT misreads")
    ranges: list[_Range] = []
    found: list[int] = []
    for bit, begin, end, step in zip(bits, begins, ends, steps, strict=True):
        if bit in ellipses:
            whole = shape[len(ranges) : len(ranges) + len(shape) - named]
            ranges += [_Range(0, 1, size) for size in whole]
            found += whole
        elif bit in added:
            found.append(1)
        else:
            opened = bool(masks["begin_mask"] & bit), bool(masks["end_mask"] & bit)
            index = bool(masks["shrink_axis_mask"] & bit)
            ranges.append(_range(shape, len(ranges), (begin, end, step), opened, index=index))
            if not index:
                found.append(ranges[-1].extent)
    return ranges, tuple(found)


def _range(
    shape: tuple[int, ...],
    axis: int,
    numbers: tuple[int, int, int],
    opened: tuple[bool, bool],
    *,
    index: bool,
) -> _Range:
    """What `numbers` (begin, end, stride) take of a dimension; `index`: one element alone."""
    begin, end, step = numbers
    size = shape[axis]
    if step == 0:
        raise ValueError(f"the stride of dimension {axis} is 0")
    start = _clamped(None if opened[0] else begin, size, step, 0)
    if index:
        if step < 0 or not 0 <= start < size:
            raise ValueError(f"index {begin} of dimension {axis} is out of range")
        return _Range(start, step, 1)
    stop = _clamped(None if opened[1] else end, size, step, 1)
    extent = max(0, -(-(stop - start) // step))
    if extent == 0:
        raise ValueError(f"dimension {axis} is empty")
    return _Range(start, step, extent)


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
