"""What training has to know of an ArchSpec: what it can train, and which tensors share a quantisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.errors import UnsupportedModelError
from models.arch.layers import (
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Elementwise,
    Nonlinearity,
    PadChannels,
    Pool2D,
    Reshape,
)
from models.arch.spec import INPUT, ArchSpec, Node

Weighted = Conv2D | DepthwiseConv2D | Dense
MOVED = (Pool2D, Reshape, PadChannels)
"""Layers whose output has the quantisation of their input, as TensorFlow Lite's kernels ask."""


@dataclass(frozen=True)
class Topology:
    """A network without its final softmax.

    Attributes:
        nodes: that are computed in training, in order.
        logits: name of the tensor before the softmax, or the network's output.
        owners: of every tensor, the one whose quantisation it has; itself for most.
        quantised: tensors with a quantisation of their own, "input" first.
        normalised: layers with weights that a batch normalisation follows: all but those of the
            logits and those without a bias.
    """

    nodes: tuple[Node, ...]
    logits: str
    owners: Mapping[str, str]
    quantised: tuple[str, ...]
    normalised: frozenset[str]


def topology(arch: ArchSpec) -> Topology:
    """Examine a network.

    Raises:
        UnsupportedModelError: it has a layer that cannot be trained here.
    """
    softmax = isinstance(arch.nodes[-1].layer, Nonlinearity)
    nodes = arch.nodes[:-1] if softmax else arch.nodes
    if softmax:
        _check_softmax(arch, arch.nodes[-1])
    owners = {INPUT: INPUT}
    for node in nodes:
        _check(arch, node)
        moved = isinstance(node.layer, MOVED)
        owners[node.name] = owners[node.inputs[0]] if moved else node.name
    logits = arch.nodes[-1].inputs[0] if softmax else arch.output
    normalised = frozenset(
        node.name
        for node in nodes
        if isinstance(node.layer, Weighted)
        and node.name != owners[logits]
        and not (isinstance(node.layer, Dense) and not node.layer.bias)
    )
    quantised = tuple(name for name, owner in owners.items() if name == owner)
    return Topology(nodes, logits, owners, quantised, normalised)


def _check_softmax(arch: ArchSpec, node: Node) -> None:
    assert isinstance(node.layer, Nonlinearity)
    if node.layer.kind != "SOFTMAX" or node.inputs[0] == INPUT:
        raise _refusal(arch, node, node.layer.kind)


def _check(arch: ArchSpec, node: Node) -> None:
    layer = node.layer
    if isinstance(layer, Elementwise) and layer.kind != "ADD":
        raise _refusal(arch, node, layer.kind)
    if not isinstance(layer, (*MOVED, Conv2D, DepthwiseConv2D, Dense, Elementwise)):
        raise _refusal(arch, node, type(layer).__name__)
    if node.shares:
        raise _refusal(arch, node, "shared weights")
    if arch.shapes[node.name][0] != 1 or arch.input_shape[0] != 1:
        raise _refusal(arch, node, f"shape {arch.shapes[node.name]}")


def _refusal(arch: ArchSpec, node: Node, what: str) -> UnsupportedModelError:
    return UnsupportedModelError(
        f"{arch.name}, layer '{node.name}': {what} cannot be trained here",
        model=arch.name,
        where=node.name,
    )
