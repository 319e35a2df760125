"""CONCATENATION, PACK, SPLIT, SPLIT_V and UNPACK: one step for every part."""

from __future__ import annotations

import math

from harness.engines.plan.graph import DType, Tensor
from harness.engines.plan.lower.context import Context
from harness.engines.plan.lower.movement import MOVED, Loop, copy_step
from harness.engines.plan.program import Step

MAX_PARTS = 1 << 12


def lower_concatenation(ctx: Context) -> tuple[Step, ...]:
    """Any number of inputs, of int8 quantised like the output, of int16 with zero point 0 and any
    scale, which TFLM does not look at; no activation.
    """
    output, parts = ctx.output(), _inputs(ctx)
    ctx.option_str("fused_activation_function", ("NONE",))
    rank = len(output.shape)
    ctx.require(rank >= 1, "a scalar has no dimension to join along", output)
    axis = ctx.axis(ctx.option_int("axis", -rank, rank - 1), rank)
    for part in parts:
        if output.dtype in (DType.INT8, DType.UINT8):
            ctx.alike(part, output)
    if output.dtype is DType.INT16:
        for tensor in (*parts, output):
            ctx.symmetric_int16(tensor)
    return _join(ctx, parts, output, axis)


def lower_pack(ctx: Context) -> tuple[Step, ...]:
    """Inputs of one shape, stacked along a new dimension."""
    output, parts = ctx.output(), _inputs(ctx)
    ctx.option_int("values_count", len(parts), len(parts))
    rank = len(output.shape)
    ctx.require(rank >= 1, "a scalar cannot hold a stack", output)
    axis = ctx.axis(ctx.option_int("axis", -rank, rank - 1), rank)
    expected = (*output.shape[:axis], *output.shape[axis + 1 :])
    for part in parts:
        ctx.shaped(part, expected)
    ctx.require(output.shape[axis] == len(parts), f"holds {output.shape[axis]} parts", output)
    return tuple(
        _part(ctx, part, output, axis, position, 1, joining=True)
        for position, part in enumerate(parts)
    )


def lower_split(ctx: Context) -> tuple[Step, ...]:
    """Input 0: the axis, a constant; input 1 is cut into parts of equal size."""
    parts = _outputs(ctx, inputs=2, option="num_splits")
    axis = _axis_input(ctx, 0, ctx.input(1))
    source = ctx.input(1)
    for part in parts:
        ctx.shaped(part, parts[0].shape)
    return _cut(ctx, source, parts, axis)


def lower_split_v(ctx: Context) -> tuple[Step, ...]:
    """Input 0 is cut into parts of the sizes of input 1 (-1: the rest) along input 2, constants."""
    parts = _outputs(ctx, inputs=3, option="num_splits")
    source = ctx.input(0)
    axis = _axis_input(ctx, 2, source)
    sizes = ctx.integers(ctx.input(1))
    steps = _cut(ctx, source, parts, axis)
    found = [part.shape[axis] for part in parts]
    ctx.require(
        len(sizes) == len(found)
        and all(size in (-1, extent) for size, extent in zip(sizes, found, strict=True)),
        f"sizes {sizes}, but the outputs have {found}",
    )
    return steps


def lower_unpack(ctx: Context) -> tuple[Step, ...]:
    """One output for every index of a dimension, which disappears."""
    parts = _outputs(ctx, inputs=1, option="num")
    source = ctx.input(0)
    rank = len(source.shape)
    ctx.require(rank >= 1, "a scalar cannot be unpacked", source)
    axis = ctx.axis(ctx.option_int("axis", -rank, rank - 1), rank)
    expected = (*source.shape[:axis], *source.shape[axis + 1 :])
    for part in parts:
        ctx.typed(part, source.dtype)
        ctx.shaped(part, expected)
    ctx.require(source.shape[axis] == len(parts), f"{len(parts)} outputs do not fit", source)
    return tuple(
        _part(ctx, part, source, axis, position, 1, joining=False)
        for position, part in enumerate(parts)
    )


def _inputs(ctx: Context) -> list[Tensor]:
    output = ctx.output()
    ctx.count((len(ctx.op.inputs),))
    ctx.require(1 <= len(ctx.op.inputs) <= MAX_PARTS, f"{len(ctx.op.inputs)} inputs")
    ctx.typed(output, *MOVED)
    parts = [ctx.input(i) for i in range(len(ctx.op.inputs))]
    for part in parts:
        ctx.typed(part, output.dtype)
    return parts


def _outputs(ctx: Context, *, inputs: int, option: str) -> list[Tensor]:
    count = len(ctx.op.outputs)
    ctx.require(1 <= count <= MAX_PARTS, f"{count} outputs")
    ctx.option_int(option, count, count)
    ctx.count((inputs,), outputs=count)
    return [ctx.output(i) for i in range(count)]


def _axis_input(ctx: Context, position: int, source: Tensor) -> int:
    tensor = ctx.input(position)
    values = ctx.integers(tensor)
    ctx.require(len(values) == 1, f"{len(values)} axes instead of 1", tensor)
    ctx.require(len(source.shape) >= 1, "a scalar cannot be split", source)
    return ctx.axis(values[0], len(source.shape))


def _join(ctx: Context, parts: list[Tensor], whole: Tensor, axis: int) -> tuple[Step, ...]:
    _check_parts(ctx, parts, whole, axis)
    steps, at = [], 0
    for part in parts:
        steps.append(_part(ctx, part, whole, axis, at, part.shape[axis], joining=True))
        at += part.shape[axis]
    return tuple(steps)


def _cut(ctx: Context, whole: Tensor, parts: list[Tensor], axis: int) -> tuple[Step, ...]:
    ctx.typed(whole, *MOVED)
    for part in parts:
        ctx.typed(part, whole.dtype)
    _check_parts(ctx, parts, whole, axis)
    steps, at = [], 0
    for part in parts:
        steps.append(_part(ctx, part, whole, axis, at, part.shape[axis], joining=False))
        at += part.shape[axis]
    return tuple(steps)


def _check_parts(ctx: Context, parts: list[Tensor], whole: Tensor, axis: int) -> None:
    """Refuse parts that differ from the whole elsewhere, or do not add up to it."""
    for part in parts:
        ctx.ranked(part, len(whole.shape))
        ctx.shaped(part, (*whole.shape[:axis], part.shape[axis], *whole.shape[axis + 1 :]))
    total = sum(part.shape[axis] for part in parts)
    ctx.require(
        total == whole.shape[axis],
        f"{whole.shape[axis]} elements along axis {axis}, but {total} in its parts",
        whole,
    )


def _part(
    ctx: Context, part: Tensor, whole: Tensor, axis: int, at: int, extent: int, *, joining: bool
) -> Step:
    """Move indices [at, at + extent) of the whole's dimension to or from a part."""
    outer = math.prod(whole.shape[:axis])
    inner = math.prod(whole.shape[axis + 1 :])
    run, pitch = extent * inner, whole.shape[axis] * inner
    if joining:
        loops = (Loop(outer, run, pitch), Loop(run, 1, 1))
        return copy_step(ctx, whole, part, loops, output_offset=at * inner)
    loops = (Loop(outer, pitch, run), Loop(run, 1, 1))
    return copy_step(ctx, part, whole, loops, input_offset=at * inner)
