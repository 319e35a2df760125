"""The layers that a network is made of: shapes, multiply-accumulates and parameters of each.

Shapes are those of TensorFlow Lite, batch first: (1, height, width, channels) for images, (1, time,
features) for sequences, (rows, features) before a Dense. A layer says its output's shape, its
multiply-accumulates and its parameters (weights and biases, each one element) from the shapes of
its inputs; what it cannot take is a ValueError in one line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Shape = tuple[int, ...]
Padding = Literal["SAME", "VALID"]
Activation = Literal["NONE", "RELU", "RELU6"]


@dataclass(frozen=True)
class Conv2D:
    """2-D convolution with bias: weights (channels, *kernel, input channels)."""

    channels: int
    kernel: tuple[int, int] = (3, 3)
    stride: tuple[int, int] = (1, 1)
    padding: Padding = "SAME"
    activation: Activation = "RELU"

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """(1, h, w, c) -> (1, h', w', channels)."""
        return (1, *_window_map(self, inputs), self.channels)

    def macs(self, inputs: Sequence[Shape]) -> int:
        """One for every weight at every output position."""
        return math.prod(_window_map(self, inputs)) * (self.parameters(inputs) - self.channels)

    def parameters(self, inputs: Sequence[Shape]) -> int:
        """Weights and biases."""
        return self.channels * (math.prod(self.kernel) * inputs[0][3] + 1)


@dataclass(frozen=True)
class DepthwiseConv2D:
    """Depthwise 2-D convolution with bias: weights (1, *kernel, input channels)."""

    kernel: tuple[int, int] = (3, 3)
    stride: tuple[int, int] = (1, 1)
    padding: Padding = "SAME"
    activation: Activation = "RELU"

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """(1, h, w, c) -> (1, h', w', c)."""
        return (1, *_window_map(self, inputs), inputs[0][3])

    def macs(self, inputs: Sequence[Shape]) -> int:
        """One for every weight at every output position."""
        return math.prod(_window_map(self, inputs)) * math.prod(self.kernel) * inputs[0][3]

    def parameters(self, inputs: Sequence[Shape]) -> int:
        """Weights and biases."""
        return inputs[0][3] * (math.prod(self.kernel) + 1)


@dataclass(frozen=True)
class Dense:
    """Fully connected layer on the last axis: weights (units, features), a bias if `bias`."""

    units: int
    activation: Activation = "NONE"
    bias: bool = True

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """(rows, features) -> (rows, units)."""
        (shape,) = inputs
        if len(shape) != 2:
            raise ValueError(f"Dense takes (rows, features), not {shape}: put a Reshape before it")
        return (shape[0], self.units)

    def macs(self, inputs: Sequence[Shape]) -> int:
        """One for every weight in every row."""
        return inputs[0][0] * inputs[0][1] * self.units

    def parameters(self, inputs: Sequence[Shape]) -> int:
        """Weights and biases."""
        return self.units * (inputs[0][1] + self.bias)


@dataclass(frozen=True)
class Pool2D:
    """Average or maximum of windows; size () stands for the whole map, and stride () for the size."""

    kind: Literal["AVERAGE", "MAX"] = "AVERAGE"
    size: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()
    padding: Padding = "VALID"

    def window(self, shape: Shape) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return size and stride for an input of this shape."""
        height, width = self.size or shape[1:3]
        down, right = self.stride or (height, width)
        return (height, width), (down, right)

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """(1, h, w, c) -> (1, h', w', c)."""
        _check_map(self, inputs)
        (height, width), stride = self.window(inputs[0])
        extents = window_extents(inputs[0], (height, width), stride, self.padding)
        return (1, *extents, inputs[0][3])

    def macs(self, inputs: Sequence[Shape]) -> int:
        """None: additions only."""
        return 0

    def parameters(self, inputs: Sequence[Shape]) -> int:
        """None."""
        return 0


@dataclass(frozen=True)
class Reshape:
    """The same elements in another shape; () flattens to (1, elements)."""

    shape: Shape = ()

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Any -> `shape`."""
        (source,) = inputs
        shape = self.shape or (1, math.prod(source))
        if math.prod(shape) != math.prod(source):
            raise ValueError(f"Reshape cannot make {shape} of {source}")
        return shape

    def macs(self, inputs: Sequence[Shape]) -> int:
        """None."""
        return 0

    def parameters(self, inputs: Sequence[Shape]) -> int:
        """None."""
        return 0


@dataclass(frozen=True)
class PadChannels:
    """Zero channels behind the last one, up to `channels`."""

    channels: int

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """(1, h, w, c) -> (1, h, w, channels)."""
        _check_map(self, inputs)
        if self.channels < inputs[0][3]:
            raise ValueError(f"PadChannels to {self.channels}, of {inputs[0][3]}")
        return (*inputs[0][:3], self.channels)

    def macs(self, inputs: Sequence[Shape]) -> int:
        """None."""
        return 0

    def parameters(self, inputs: Sequence[Shape]) -> int:
        """None."""
        return 0


@dataclass(frozen=True)
class Elementwise:
    """Two tensors of one shape joined element by element; MUL and SUB take no activation here."""

    kind: Literal["ADD", "SUB", "MUL"] = "ADD"
    activation: Activation = "NONE"

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Two equal shapes -> the same."""
        first, second = inputs
        if first != second:
            raise ValueError(f"{self.kind} of {first} and {second}: the shapes differ")
        return first

    def macs(self, inputs: Sequence[Shape]) -> int:
        """None."""
        return 0

    def parameters(self, inputs: Sequence[Shape]) -> int:
        """None."""
        return 0


@dataclass(frozen=True)
class Nonlinearity:
    """A function of each element; SOFTMAX of the last axis."""

    kind: Literal["SOFTMAX", "LOGISTIC", "TANH"] = "SOFTMAX"

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Any -> the same."""
        (shape,) = inputs
        return shape

    def macs(self, inputs: Sequence[Shape]) -> int:
        """None."""
        return 0

    def parameters(self, inputs: Sequence[Shape]) -> int:
        """None."""
        return 0


@dataclass(frozen=True)
class Slice:
    """A box of the input."""

    begin: Shape
    size: Shape

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Any -> `size`."""
        (shape,) = inputs
        ends = [b + n for b, n in zip(self.begin, self.size, strict=True)]
        if len(ends) != len(shape) or any(e > n for e, n in zip(ends, shape, strict=True)):
            raise ValueError(f"Slice from {self.begin}, size {self.size}, does not lie in {shape}")
        return self.size

    def macs(self, inputs: Sequence[Shape]) -> int:
        """None."""
        return 0

    def parameters(self, inputs: Sequence[Shape]) -> int:
        """None."""
        return 0


@dataclass(frozen=True)
class Lstm:
    """Long short-term memory, all steps of a sequence; its state lasts from one inference to the next."""

    units: int

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """(1, time, features) -> (1, time, units)."""
        (shape,) = inputs
        if len(shape) != 3:
            raise ValueError(f"Lstm takes (1, time, features), not {shape}")
        return (*shape[:2], self.units)

    def macs(self, inputs: Sequence[Shape]) -> int:
        """Four gates, each with input and recurrent weights, at every step."""
        _, time, features = inputs[0]
        return 4 * time * self.units * (features + self.units)

    def parameters(self, inputs: Sequence[Shape]) -> int:
        """Weights and biases of the four gates."""
        return 4 * self.units * (inputs[0][2] + self.units + 1)


Layer = (
    Conv2D
    | DepthwiseConv2D
    | Dense
    | Pool2D
    | Reshape
    | PadChannels
    | Elementwise
    | Nonlinearity
    | Slice
    | Lstm
)


def window_extents(
    shape: Shape, kernel: tuple[int, int], stride: tuple[int, int], padding: Padding
) -> tuple[int, int]:
    """Return height and width of a window operator's output (TensorFlow's SAME and VALID)."""
    if padding == "SAME":
        height, width = (-(-n // s) for n, s in zip(shape[1:3], stride, strict=True))
    else:
        height, width = (
            (n - k) // s + 1 for n, k, s in zip(shape[1:3], kernel, stride, strict=True)
        )
    if height < 1 or width < 1:
        raise ValueError(f"a window of {kernel} does not fit into {shape}")
    return height, width


def _window_map(layer: Conv2D | DepthwiseConv2D, inputs: Sequence[Shape]) -> tuple[int, int]:
    _check_map(layer, inputs)
    return window_extents(inputs[0], layer.kernel, layer.stride, layer.padding)


def _check_map(layer: object, inputs: Sequence[Shape]) -> None:
    (shape,) = inputs
    if len(shape) != 4:
        raise ValueError(f"{type(layer).__name__} takes (1, height, width, channels), not {shape}")
