"""Operators of two inputs that broadcast as in NumPy."""

from __future__ import annotations

from dataclasses import dataclass

from harness.engines.plan.graph import Tensor
from harness.engines.plan.lower.context import Context, tensor_operand
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import BROADCAST_MAX_DIMS, Params
from harness.engines.plan.program import Step


@dataclass(frozen=True)
class Loops:
    """The loop nest over the output, BROADCAST_MAX_DIMS deep, outermost first.

    Attributes:
        dims: extents.
        strides1: elements to advance in input 1, 0 where it is broadcast.
        strides2: the same for input 2.
    """

    dims: tuple[int, ...]
    strides1: tuple[int, ...]
    strides2: tuple[int, ...]


def broadcast_loops(ctx: Context, first: Tensor, second: Tensor, output: Tensor) -> Loops:
    """Neighbouring dimensions that both inputs pass in the same way become one.

    Raises:
        UnsupportedModelError: the shapes do not broadcast to the output's, or alternate too often.
    """
    shape1, shape2 = first.shape, second.shape
    rank = max(len(shape1), len(shape2))
    padded1 = (1,) * (rank - len(shape1)) + shape1
    padded2 = (1,) * (rank - len(shape2)) + shape2
    compatible = all(a == b or 1 in (a, b) for a, b in zip(padded1, padded2, strict=True))
    expected = tuple(max(pair) for pair in zip(padded1, padded2, strict=True))
    ctx.require(
        compatible and output.shape == expected,
        f"shapes {shape1} and {shape2} do not broadcast to {output.shape}",
    )
    loops: list[tuple[int, int, int]] = []  # innermost first
    size1 = size2 = 1
    for extent, extent1, extent2 in zip(
        reversed(expected), reversed(padded1), reversed(padded2), strict=True
    ):
        if extent == 1:
            continue
        stride1 = size1 if extent1 > 1 else 0
        stride2 = size2 if extent2 > 1 else 0
        size1 *= extent1
        size2 *= extent2
        if loops:
            inner, inner1, inner2 = loops[-1]
            if stride1 == inner * inner1 and stride2 == inner * inner2:
                loops[-1] = (inner * extent, inner1, inner2)
                continue
        loops.append((extent, stride1, stride2))
    ctx.require(
        len(loops) <= BROADCAST_MAX_DIMS,
        f"broadcasting alternates over more than {BROADCAST_MAX_DIMS} dimensions",
    )
    loops += [(1, 0, 0)] * (BROADCAST_MAX_DIMS - len(loops))
    dims, strides1, strides2 = zip(*reversed(loops), strict=True)
    return Loops(dims, strides1, strides2)


def binary_step(
    ctx: Context, opcode: Opcode, output: Tensor, first: Tensor, second: Tensor, params: Params
) -> Step:
    """The Step of a kernel that may work in place on each input of the output's size and type."""
    in_place = tuple(
        (0, position)
        for position, tensor in ((1, first), (2, second))
        if tensor.elements == output.elements and tensor.dtype is output.dtype
    )
    operands = (tensor_operand(output), tensor_operand(first), tensor_operand(second))
    return ctx.step(opcode, operands, params, in_place=in_place)
