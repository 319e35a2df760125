"""Exact graph optimisations: the outputs are the same bytes for every input (docs/optimisations.md).

One module per pass; each takes a graph that the engine can run (lower() has taken it) and returns a smaller one with
what it did. drop_softmax is none of them: it changes what the model returns, and is made on request only.
"""

from __future__ import annotations

from harness.engines.plan.graph import Graph
from harness.engines.plan.optimise.activations import fuse_activations
from harness.engines.plan.optimise.channels import remove_channels
from harness.engines.plan.optimise.padding import fold_padding
from harness.engines.plan.optimise.report import Optimisation, summary
from harness.engines.plan.optimise.softmax import drop_softmax
from harness.engines.plan.optimise.unused import drop_unused
from harness.engines.plan.optimise.views import drop_views

__all__ = ["Optimisation", "drop_softmax", "optimise_graph", "summary"]

_PASSES = (drop_unused, fuse_activations, fold_padding, remove_channels, drop_views)


def optimise_graph(graph: Graph) -> tuple[Graph, tuple[Optimisation, ...]]:
    """Return the optimised graph and what was done.

    Args:
        graph: one that lower() accepts.
    """
    done: list[Optimisation] = []
    for apply in _PASSES:
        graph, found = apply(graph)
        done += found
    return graph, tuple(done)
