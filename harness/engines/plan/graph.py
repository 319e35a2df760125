"""A model as the importer hands it on: tensors and operators of one subgraph, everything checked and static.

The importer guarantees to the rest of the engine: every index is in range, every shape is static and positive, every
tensor that an operator reads is a graph input, a constant, a variable, or the output of an earlier operator, and
constants carry data of exactly their shape. Variables keep their content from one inference to the next; operators may
write them more than once (ASSIGN_VARIABLE has its variable as output) or update them (SVDF has its state as input).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

_CODES = {
    "FLOAT32": "f4",
    "INT8": "i1",
    "UINT8": "u1",
    "INT16": "i2",
    "INT32": "i4",
    "BOOL": "?",
    "INT64": "i8",
}


class DType(enum.Enum):
    """Element types of a tensor, with their .tflite names."""

    FLOAT32 = "FLOAT32"
    INT8 = "INT8"
    UINT8 = "UINT8"
    INT16 = "INT16"
    INT32 = "INT32"
    BOOL = "BOOL"
    INT64 = "INT64"

    @property
    def numpy(self) -> np.dtype[np.generic]:
        """The matching NumPy type, little endian."""
        dtype: np.dtype[np.generic] = np.dtype(f"<{_CODES[self.value]}")
        return dtype

    @property
    def size_bytes(self) -> int:
        """Bytes of one element."""
        return int(self.numpy.itemsize)


@dataclass(frozen=True)
class Quantization:
    """Affine quantisation, real = scale * (q - zero_point) (TensorFlow Lite 8-bit quantisation specification).

    Attributes:
        scales: float32, shape (1,) per tensor or (n,) per channel.
        zero_points: int64, same shape.
        axis: quantised dimension when per channel.
    """

    scales: npt.NDArray[np.float32]
    zero_points: npt.NDArray[np.int64]
    axis: int = 0

    @property
    def per_channel(self) -> bool:
        """Whether more than one scale is given."""
        return len(self.scales) > 1


@dataclass(frozen=True)
class State:
    """What a variable holds before the first inference: `initial`, or nothing but bytes of value `fill`."""

    fill: int = 0
    initial: bytes | None = None


@dataclass(frozen=True)
class Tensor:
    """One tensor; `data` is set for constants only, `state` for variables only."""

    index: int
    name: str
    dtype: DType
    shape: tuple[int, ...]
    quant: Quantization | None = None
    data: npt.NDArray[np.generic] | None = None
    state: State | None = None

    @property
    def elements(self) -> int:
        """Number of elements; 1 for a scalar."""
        count = 1
        for extent in self.shape:
            count *= extent
        return count

    @property
    def size_bytes(self) -> int:
        """Bytes of the tensor's data."""
        return self.elements * self.dtype.size_bytes

    @property
    def label(self) -> str:
        """How messages name this tensor."""
        return f"tensor {self.index} ('{self.name}')"


OptionValue = bool | int | float | str | tuple[int, ...]


@dataclass(frozen=True)
class Operator:
    """One operator.

    Attributes:
        index: its position in the .tflite file's subgraph.
        kind: TFLite's name, "CONV_2D".
        inputs: tensor indices; -1 for an optional input that is absent.
        outputs: tensor indices.
        options: the builtin options by their schema names ("stride_w"), defaults filled in.
    """

    index: int
    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, OptionValue] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """How messages name this operator."""
        return f"operator {self.index} ({self.kind})"


@dataclass(frozen=True)
class Graph:
    """A whole model.

    Attributes:
        name: the model's name (file stem).
        sha256: of the .tflite file, 32 bytes.
        tensors: by their index in the file.
        operators: in execution order; folded ones are left out.
        inputs: tensor indices.
        outputs: tensor indices.
        views: tensors that are the bytes of another one, under another shape: tensor -> that one, which is no
            view. Nothing writes a view; graph inputs and outputs are never views.
    """

    name: str
    sha256: bytes
    tensors: Mapping[int, Tensor]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    views: Mapping[int, int] = field(default_factory=dict)
