"""Operators whose outputs nobody reads are left out, from the last one to the first."""

from __future__ import annotations

from harness.engines.plan.graph import Graph, Operator
from harness.engines.plan.optimise.edit import edited, touches_state
from harness.engines.plan.optimise.report import Optimisation


def drop_unused(graph: Graph) -> tuple[Graph, tuple[Optimisation, ...]]:
    """Exact because operators that touch no variable have no effect but their outputs."""
    needed = set(graph.outputs)
    kept: list[Operator] = []
    done: list[Optimisation] = []
    for op in reversed(graph.operators):
        if touches_state(graph, op) or needed.intersection(op.outputs):
            kept.append(op)
            needed.update(op.inputs)
        else:
            written = sum(graph.tensors[tensor].size_bytes for tensor in op.outputs)
            done.append(Optimisation("unused", op.kind, (op.index,), bytes=written))
    if not done:
        return graph, ()
    return edited(graph, reversed(kept)), tuple(reversed(done))
