"""A final SOFTMAX is dropped, on request only: the model then returns what it would have been given.

The order of a row's outputs is that of its inputs, so the highest one is the same, but for those that the SOFTMAX's
8 or 16 bits cannot tell apart. Everything else that the outputs say changes.
"""

from __future__ import annotations

from dataclasses import replace

from harness.engines.plan.graph import Graph, Operator
from harness.engines.plan.optimise.edit import edited, readers
from harness.engines.plan.optimise.report import Optimisation


def drop_softmax(graph: Graph) -> tuple[Graph, tuple[Optimisation, ...]]:
    """Drop each SOFTMAX that writes a graph output and is read by nobody.

    One stays whose input is an input or output of the graph itself, or whose beta is not 1: what remained would not
    say what is missing.
    """
    read_by = readers(graph)
    outputs = list(graph.outputs)
    kept: list[Operator] = []
    done: list[Optimisation] = []
    for op in graph.operators:
        source = op.inputs[0] if op.inputs else -1
        if (
            op.kind == "SOFTMAX"
            and outputs.count(op.outputs[0]) == 1
            and op.outputs[0] not in read_by
            and source not in (*graph.inputs, *outputs)
            and graph.tensors[source].data is None
            and graph.tensors[source].state is None
            and op.options.get("beta") == 1.0
        ):
            outputs[outputs.index(op.outputs[0])] = source
            written = graph.tensors[op.outputs[0]].size_bytes
            done.append(Optimisation("softmax", op.kind, (op.index,), bytes=written))
        else:
            kept.append(op)
    if not done:
        return graph, ()
    return edited(replace(graph, outputs=tuple(outputs)), kept), tuple(done)
