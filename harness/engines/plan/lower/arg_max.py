"""ARG_MAX and ARG_MIN."""

from __future__ import annotations

import math

from harness.engines.plan.graph import DType
from harness.engines.plan.lower.context import DTYPE_CODES, Context, tensor_operand
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import ArgMaxParams
from harness.engines.plan.program import Step


def lower_arg_max(ctx: Context) -> Step:
    """int8 and int32 -> int32. Input 1: the one axis, a constant."""
    return _lower(ctx, is_maximum=True)


def lower_arg_min(ctx: Context) -> Step:
    """As ARG_MAX."""
    return _lower(ctx, is_maximum=False)


def _lower(ctx: Context, *, is_maximum: bool) -> Step:
    ctx.count((2,))
    source, output = ctx.input(0), ctx.output()
    ctx.typed(source, DType.INT8, DType.INT32)
    ctx.typed(output, DType.INT32)
    axes = ctx.integers(ctx.input(1))
    ctx.require(len(axes) == 1, f"{len(axes)} axes instead of 1", ctx.input(1))
    axis = ctx.axis(axes[0], len(source.shape))
    ctx.shaped(output, (*source.shape[:axis], *source.shape[axis + 1 :]))
    params = ArgMaxParams(
        outer=math.prod(source.shape[:axis]),
        extent=source.shape[axis],
        inner=math.prod(source.shape[axis + 1 :]),
        dtype=DTYPE_CODES[source.dtype],
        is_maximum=int(is_maximum),
    )
    return ctx.step(Opcode.ARG_MAX, (tensor_operand(output), tensor_operand(source)), params)
