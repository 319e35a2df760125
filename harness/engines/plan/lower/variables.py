"""READ_VARIABLE and ASSIGN_VARIABLE: copies from and to a state tensor of any type."""

from __future__ import annotations

from harness.engines.plan.lower.context import Context, tensor_operand
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import CopyParams
from harness.engines.plan.program import Step


def lower_read_variable(ctx: Context) -> Step:
    """Input: the state (importer); the output has its type and as many elements."""
    return _copy(ctx, state=ctx.op.inputs)


def lower_assign_variable(ctx: Context) -> Step:
    """Output: the state (importer); the input has its type and as many elements."""
    return _copy(ctx, state=ctx.op.outputs)


def _copy(ctx: Context, state: tuple[int, ...]) -> Step:
    ctx.count((1,))
    source, output = ctx.input(0), ctx.output()
    variable = ctx.graph.tensors[state[0]]
    ctx.require(variable.state is not None, "must be a variable", variable)
    ctx.typed(output, source.dtype)
    ctx.require(
        source.elements == output.elements,
        f"{source.elements} elements cannot become {output.elements}",
        output,
    )
    return ctx.step(
        Opcode.COPY, (tensor_operand(output), tensor_operand(source)), CopyParams(source.size_bytes)
    )
