"""Backbones: chains of blocks whose widths and presence a search decides.

A `Backbone` says which decisions there are; a `Choice` takes them, and `Backbone.arch` makes the
network of it. The three of MicroNets (arXiv 2010.11267, sections on VWW, KWS and AD) and a plain CNN.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from models.arch.layers import Activation, PadChannels, Pool2D, Reshape, Shape
from models.arch.spec import ArchBuilder, ArchSpec

MULTIPLE = 4
"""Of every width: CMSIS-NN's and our kernels are fastest there (MicroNets, section 3.2)."""

Pair = tuple[int, int]


@dataclass(frozen=True)
class ConvBlock:
    """A convolution.

    Attributes:
        widths: options for its channels, ascending.
        kernel, stride: of the window.
    """

    widths: tuple[int, ...]
    kernel: Pair = (3, 3)
    stride: Pair = (1, 1)
    optional: bool = False


@dataclass(frozen=True)
class SeparableBlock:
    """A depthwise convolution and a 1 x 1 convolution.

    Attributes:
        widths: options for its output channels, ascending.
        stride, kernel: of the depthwise convolution.
        optional: whether the search may leave it out (average pooling stays where it has a stride).
    """

    widths: tuple[int, ...]
    stride: Pair = (1, 1)
    kernel: Pair = (3, 3)
    optional: bool = True


@dataclass(frozen=True)
class Bottleneck:
    """An inverted bottleneck (MobileNetV2): 1 x 1 expansion, depthwise convolution, 1 x 1 projection.

    Attributes:
        expanded: options for the channels between, ascending.
        widths: options for the output channels, ascending.
        stride, kernel: of the depthwise convolution.
        residual: the input is added to the output; the narrower one gets zero channels.
    """

    expanded: tuple[int, ...]
    widths: tuple[int, ...]
    stride: Pair = (1, 1)
    kernel: Pair = (3, 3)
    residual: bool = False

    @property
    def optional(self) -> bool:
        """Never: depth is not searched in this backbone."""
        return False


Block = ConvBlock | SeparableBlock | Bottleneck


@dataclass(frozen=True)
class Taken:
    """What was decided of one block: its output channels, those between (0 where there are none), its presence."""

    width: int
    expanded: int = 0
    kept: bool = True

    def with_widths(self, widths: Mapping[str, int]) -> Taken:
        """Return the same with other widths, by the names of `decisions`."""
        return replace(self, **dict[str, Any](widths))


Choice = tuple[Taken, ...]
"""One for each block."""


@dataclass(frozen=True)
class Backbone:
    """A search space.

    Attributes:
        name: also of the space that random members are drawn from.
        input_shape: batch first.
        classes: of the classifier.
        blocks: in order; their widths are multiples of 4.
        activation: of every convolution but projections.
    """

    name: str
    input_shape: Shape
    classes: int
    blocks: tuple[Block, ...]
    activation: Activation = "RELU"

    def widest(self) -> Choice:
        """Return the choice of the largest network."""
        return tuple(_extreme(block, -1) for block in self.blocks)

    def narrowest(self) -> Choice:
        """Return the choice of the smallest network of full depth."""
        return tuple(_extreme(block, 0) for block in self.blocks)

    def arch(self, choice: Choice, name: str = "") -> ArchSpec:
        """Return the network that a choice stands for: logits, no softmax.

        Raises:
            ValueError: not one item for each block, or no block is left.
        """
        b = ArchBuilder(name or self.name, self.input_shape)
        for block, taken in zip(self.blocks, choice, strict=True):
            _append(b, block, taken, self.activation)
        b.add(Pool2D())
        b.conv(self.classes, (1, 1), activation="NONE")
        b.add(Reshape())
        return b.build()


def options(low: int, high: int, count: int) -> tuple[int, ...]:
    """Return about `count` multiples of 4 from `low` to `high`, evenly spread."""
    step = (high - low) / max(count - 1, 1)
    return tuple(sorted({MULTIPLE * round((low + i * step) / MULTIPLE) for i in range(count)}))


def decisions(block: Block) -> Iterator[tuple[str, Sequence[int]]]:
    """Yield (attribute of Taken, options) of a block's widths."""
    yield "width", block.widths
    if isinstance(block, Bottleneck):
        yield "expanded", block.expanded


def _extreme(block: Block, at: int) -> Taken:
    return Taken(0).with_widths({name: values[at] for name, values in decisions(block)})


def _append(b: ArchBuilder, block: Block, taken: Taken, activation: Activation) -> None:
    if not taken.kept:
        stride = block.stride
        if stride != (1, 1):
            b.add(Pool2D("AVERAGE", stride, stride, "SAME"))
        return
    if isinstance(block, ConvBlock):
        b.conv(taken.width, block.kernel, block.stride, activation)
        return
    if isinstance(block, SeparableBlock):
        b.depthwise(block.kernel, block.stride, activation)
        b.conv(taken.width, (1, 1), activation=activation)
        return
    shortcut, before = b.last, _channels(b)
    b.conv(taken.expanded, (1, 1), activation=activation)
    b.depthwise(block.kernel, block.stride, activation)
    other = b.conv(taken.width, (1, 1), activation="NONE")
    if not block.residual:
        return
    if taken.width < before:
        other = b.add(PadChannels(before), other)
    elif taken.width > before:
        shortcut = b.add(PadChannels(taken.width), shortcut)
    b.residual(shortcut, other)


def _channels(b: ArchBuilder) -> int:
    return b.build().shapes[b.last][3]
