"""Operators that change no byte are left out; who read their output reads their input.

RESHAPE, SQUEEZE, EXPAND_DIMS, a QUANTIZE to the same type, scale and zero point, and whatever else is lowered to one
copy of a whole tensor (TRANSPOSE of dimensions of extent 1, CONCATENATION of one part, a SLICE of everything).
"""

from __future__ import annotations

from harness.engines.plan.graph import DType, Graph, Operator
from harness.engines.plan.lower import lower_operator
from harness.engines.plan.lower.context import Context
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.optimise.edit import edited, touches_state
from harness.engines.plan.optimise.report import Optimisation
from harness.engines.plan.program import TensorOperand

_COPYING = frozenset(
    {
        "CONCATENATION",
        "EXPAND_DIMS",
        "PACK",
        "RESHAPE",
        "SLICE",
        "SPLIT",
        "SPLIT_V",
        "SQUEEZE",
        "STRIDED_SLICE",
        "TRANSPOSE",
        "UNPACK",
    }
)


def drop_views(graph: Graph) -> tuple[Graph, tuple[Optimisation, ...]]:
    """Make the output of every such operator a view (Graph.views).

    Of tensors that are one and the same afterwards, the graph's input or output keeps its memory; where two of them
    would meet (an input that is handed on, one tensor for two outputs), the operator stays.
    """
    fixed = {*graph.inputs, *graph.outputs}
    views = dict(graph.views)
    kept: list[Operator] = []
    done: list[Optimisation] = []
    for op in graph.operators:
        pair = _same_bytes(graph, op)
        if pair is None:
            kept.append(op)
            continue
        source, output = (views.get(tensor, tensor) for tensor in pair)
        if output not in fixed:
            owner, view = source, output
        elif source not in fixed:
            owner, view = output, source
        else:
            kept.append(op)
            continue
        views = {other: owner if old == view else old for other, old in views.items()}
        views[view] = owner
        copied = graph.tensors[output].size_bytes
        done.append(Optimisation("view", op.kind, (op.index,), bytes=copied))
    if not done:
        return graph, ()
    return edited(graph, kept, views=views), tuple(done)


def _same_bytes(graph: Graph, op: Operator) -> tuple[int, int] | None:
    """(input, output) of an operator that only copies one activation."""
    if touches_state(graph, op):
        return None
    if op.kind == "QUANTIZE":
        return _same_quantization(graph, op)
    if op.kind not in _COPYING:
        return None
    steps = lower_operator(graph, op)
    if len(steps) != 1 or steps[0].opcode != Opcode.COPY:
        return None
    output, source = steps[0].operands
    if not isinstance(output, TensorOperand) or not isinstance(source, TensorOperand):
        return None
    if graph.tensors[source.tensor].data is not None:
        return None
    return source.tensor, output.tensor


def _same_quantization(graph: Graph, op: Operator) -> tuple[int, int] | None:
    source, output = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    if source.dtype is not output.dtype or source.dtype not in (DType.INT8, DType.INT16):
        return None
    ctx = Context(graph, op)
    if source.data is not None or ctx.quantized(source) != ctx.quantized(output):
        return None
    return source.index, output.index
