"""ArchSpec: one network, as layers by name; and the builder that strings them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from models.arch.layers import (
    Activation,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Elementwise,
    Layer,
    Nonlinearity,
    Padding,
    Pool2D,
    Reshape,
    Shape,
)

INPUT = "input"


@dataclass(frozen=True)
class Node:
    """One layer in its place.

    Attributes:
        name: unique; also of the tensor that the layer writes.
        layer: what it computes.
        inputs: names of earlier nodes, or "input".
        shares: name of an earlier node whose weights this one uses too; "" for weights of its own.
    """

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    shares: str = ""


@dataclass(frozen=True)
class ArchSpec:
    """A network with one input and one output, without weights.

    Attributes:
        name: of the network.
        input_shape: batch first, (1, height, width, channels) for example.
        nodes: in execution order; the last one's output is the network's.

    Raises:
        ValueError: a node that names what is not there, or whose layer cannot take its inputs.
    """

    name: str
    input_shape: Shape
    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        if not self.nodes:
            raise ValueError(f"{self.name}: a network has at least one layer")
        _ = self.shapes

    @property
    def output(self) -> str:
        """Name of the last node."""
        return self.nodes[-1].name

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        """Output shape of every node, and of "input"."""
        shapes: dict[str, Shape] = {INPUT: self.input_shape}
        for node in self.nodes:
            where = f"{self.name}, layer '{node.name}'"
            missing = [i for i in node.inputs if i not in shapes]
            if missing or node.name in shapes:
                what = f"no layer '{missing[0]}' before it" if missing else "the name is taken"
                raise ValueError(f"{where}: {what}")
            try:
                shapes[node.name] = node.layer.output_shape([shapes[i] for i in node.inputs])
            except ValueError as error:
                raise ValueError(f"{where}: {error}") from error
        return shapes

    def input_shapes(self, node: Node) -> list[Shape]:
        """Return the shapes of what a node reads."""
        return [self.shapes[name] for name in node.inputs]


@dataclass
class ArchBuilder:
    """Collects nodes; every method returns the new node's name and takes its input's, by default the last one's.

    Names are kind and number ("conv3"), unless given.
    """

    name: str
    input_shape: Shape
    last: str = INPUT
    _nodes: list[Node] = field(default_factory=list)

    def add(self, layer: Layer, *inputs: str, name: str = "", shares: str = "") -> str:
        """Append a layer."""
        node = Node(
            name or f"{type(layer).__name__.lower()}{len(self._nodes)}",
            layer,
            inputs or (self.last,),
            shares,
        )
        self._nodes.append(node)
        self.last = node.name
        return node.name

    def conv(
        self,
        channels: int,
        kernel: tuple[int, int] = (3, 3),
        stride: tuple[int, int] = (1, 1),
        activation: Activation = "RELU",
        padding: Padding = "SAME",
        source: str = "",
    ) -> str:
        """Append a convolution."""
        return self.add(Conv2D(channels, kernel, stride, padding, activation), source or self.last)

    def depthwise(
        self,
        kernel: tuple[int, int] = (3, 3),
        stride: tuple[int, int] = (1, 1),
        activation: Activation = "RELU",
        padding: Padding = "SAME",
    ) -> str:
        """Append a depthwise convolution."""
        return self.add(DepthwiseConv2D(kernel, stride, padding, activation))

    def residual(self, shortcut: str, other: str, activation: Activation = "NONE") -> str:
        """Append an addition."""
        return self.add(Elementwise("ADD", activation), shortcut, other)

    def classifier(self, classes: int, pool: bool = True) -> str:
        """Append average pooling over the whole map, flattening, a Dense and a softmax."""
        if pool:
            self.add(Pool2D())
        self.add(Reshape())
        self.add(Dense(classes))
        return self.add(Nonlinearity("SOFTMAX"))

    def build(self) -> ArchSpec:
        """Return the network.

        Raises:
            ValueError: see ArchSpec.
        """
        return ArchSpec(self.name, self.input_shape, tuple(self._nodes))
