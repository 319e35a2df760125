"""What makes an ArchSpec a quantised network: integer weights, and the scale of every tensor.

After the TensorFlow Lite 8-bit quantisation specification: activations int8 with one scale and zero
point, weights int8 with zero point 0 (a scale per output channel in convolutions, one scale in
Dense and Lstm), biases int32 with scale (input scale x weight scale).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Quant:
    """real = scale * (q - zero_point); the scale is a float32 number."""

    scale: float
    zero_point: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", float(np.float32(self.scale)))


@dataclass(frozen=True)
class Weights:
    """Of a convolution or Dense.

    Attributes:
        values: int8, in TensorFlow Lite's layout: Conv2D (channels, kernel height, kernel width,
            input channels), DepthwiseConv2D (1, kernel height, kernel width, channels), Dense
            (units, features).
        scales: float32, (channels,) or (1,).
        bias: int32, (channels,); None where the layer has none.
    """

    values: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float32]
    bias: npt.NDArray[np.int32] | None


@dataclass(frozen=True)
class LstmWeights:
    """Of an Lstm; gates in the order input, forget, cell, output.

    Attributes:
        input: four int8 arrays (units, features).
        recurrent: four int8 arrays (units, units).
        input_scales: one for each of `input`.
        recurrent_scales: one for each of `recurrent`.
        bias: four int32 arrays (units,), scale (input scale x input weight scale).
        cell_scale: of the int16 cell state, a power of two.
    """

    input: tuple[npt.NDArray[np.int8], ...]
    recurrent: tuple[npt.NDArray[np.int8], ...]
    input_scales: tuple[float, ...]
    recurrent_scales: tuple[float, ...]
    bias: tuple[npt.NDArray[np.int32], ...]
    cell_scale: float


@dataclass(frozen=True)
class Parameters:
    """All of a network's.

    Attributes:
        quants: of every node's output by its name, and of "input".
        weights: by node; nodes that share weights are not in it.
    """

    quants: Mapping[str, Quant]
    weights: Mapping[str, Weights | LstmWeights]


Array = npt.NDArray[Any]
