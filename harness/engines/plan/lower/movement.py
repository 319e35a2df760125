"""What operators share that only move data: loops over two regular grids become one kernel call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.engines.plan.graph import DType, Tensor
from harness.engines.plan.lower.context import Context, tensor_operand
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import STRIDED_COPY_MAX_DIMS, CopyParams, StridedCopyParams
from harness.engines.plan.program import Step

MOVED = (DType.INT8, DType.UINT8, DType.INT16, DType.INT32, DType.INT64, DType.BOOL)
"""The types that are moved without being looked at."""


@dataclass(frozen=True)
class Loop:
    """One dimension of a grid; strides in elements."""

    extent: int
    input_stride: int
    output_stride: int


def strides(shape: tuple[int, ...]) -> list[int]:
    """Elements from one index to the next, for every dimension of a dense tensor."""
    found: list[int] = []
    step = 1
    for extent in reversed(shape):
        found.append(step)
        step *= extent
    return found[::-1]


def copy_step(
    ctx: Context,
    output: Tensor,
    source: Tensor,
    loops: Iterable[Loop],
    *,
    input_offset: int = 0,
    output_offset: int = 0,
) -> Step:
    """The Step that moves one grid; loops outermost first, offsets in elements.

    The caller guarantees that every index lies inside its tensor.

    Raises:
        UnsupportedModelError: too many dimensions remain after merging.
    """
    merged = _merged(loops)
    size = source.dtype.size_bytes
    block = 1
    if merged and merged[0].input_stride == merged[0].output_stride == 1:
        block = merged.pop(0).extent
    operands = (tensor_operand(output), tensor_operand(source))
    if not merged and block == source.elements == output.elements:
        return ctx.step(Opcode.COPY, operands, CopyParams(source.size_bytes), in_place=((0, 1),))
    ctx.require(
        len(merged) <= STRIDED_COPY_MAX_DIMS,
        f"moves data in {len(merged)} dimensions, more than {STRIDED_COPY_MAX_DIMS}",
    )
    merged += [Loop(1, 0, 0)] * (STRIDED_COPY_MAX_DIMS - len(merged))
    merged.reverse()
    params = StridedCopyParams(
        dims=tuple(loop.extent for loop in merged),
        input_strides=tuple(loop.input_stride * size for loop in merged),
        output_strides=tuple(loop.output_stride * size for loop in merged),
        input_offset=input_offset * size,
        output_offset=output_offset * size,
        block_bytes=block * size,
    )
    return ctx.step(Opcode.STRIDED_COPY, operands, params)


def _merged(loops: Iterable[Loop]) -> list[Loop]:
    """Innermost first, without extents of 1, neighbours that continue each other made one."""
    merged: list[Loop] = []
    for loop in reversed(list(loops)):
        if loop.extent == 1:
            continue
        if merged:
            inner = merged[-1]
            if (loop.input_stride, loop.output_stride) == (
                inner.extent * inner.input_stride,
                inner.extent * inner.output_stride,
            ):
                merged[-1] = Loop(
                    inner.extent * loop.extent, inner.input_stride, inner.output_stride
                )
                continue
        merged.append(loop)
    return merged
