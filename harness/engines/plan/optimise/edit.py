"""Looking at a graph and changing it: who reads a tensor, who writes it, new constants, what is left over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from harness.engines.plan.graph import Graph, Operator, Tensor


def readers(graph: Graph) -> dict[int, list[Operator]]:
    """Return the operators that read each tensor, one entry per operator, in execution order."""
    found: dict[int, list[Operator]] = {}
    for op in graph.operators:
        for tensor in dict.fromkeys(op.inputs):
            if tensor >= 0:
                found.setdefault(tensor, []).append(op)
    return found


def writers(graph: Graph) -> dict[int, Operator]:
    """Return the operator that writes each tensor; variables, which have several, are left out."""
    return {
        tensor: op
        for op in graph.operators
        for tensor in op.outputs
        if graph.tensors[tensor].state is None
    }


def touches_state(graph: Graph, op: Operator) -> bool:
    """Whether the operator reads or writes a variable."""
    every = (*op.inputs, *op.outputs)
    return any(tensor >= 0 and graph.tensors[tensor].state is not None for tensor in every)


def sole_reader(
    graph: Graph, read_by: Mapping[int, list[Operator]], tensor: int
) -> Operator | None:
    """Return the only operator that reads `tensor`; None where there are more or it is a graph output."""
    found = read_by.get(tensor, [])
    if len(found) != 1 or tensor in graph.outputs or found[0].inputs.count(tensor) != 1:
        return None
    return found[0]


def edited(
    graph: Graph,
    operators: Iterable[Operator],
    tensors: Iterable[Tensor] = (),
    views: Mapping[int, int] | None = None,
) -> Graph:
    """Return the graph with these operators, and `tensors` new or in the place of old ones.

    Tensors that nothing refers to any more are left out.
    """
    kept = tuple(operators)
    found_views = graph.views if views is None else views
    every = {**graph.tensors, **{tensor.index: tensor for tensor in tensors}}
    used = {t for op in kept for t in (*op.inputs, *op.outputs) if t >= 0}
    used |= {*graph.inputs, *graph.outputs, *found_views.values()}
    # A variable stays although nobody reads it: whether it is there is seen from outside.
    used |= {index for index, tensor in every.items() if tensor.state is not None}
    return replace(
        graph,
        operators=kept,
        tensors={index: every[index] for index in sorted(used)},
        views=dict(found_views),
    )
