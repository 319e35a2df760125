"""Data sets in the layout of MLCommons Tiny: a folder of raw input files and y_labels.csv.

One line per file: name, number of classes, class and, for anomaly detection, bytes of a window and
bytes from one window to the next. Source: mlcommons/tiny, benchmark/runner/README.md.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from harness.engines.plan.compile import TensorInfo
from harness.errors import UsageError

LABELS = "y_labels.csv"


@dataclass(frozen=True)
class Item:
    """One file of a data set.

    Attributes:
        path: of the raw bytes.
        classes: how many there are.
        label: the true class.
        window_bytes: what is given to the model at a time; None for all.
        stride_bytes: from one window's begin to the next one's.
    """

    path: Path
    classes: int
    label: int
    window_bytes: int | None = None
    stride_bytes: int | None = None

    def windows(self) -> list[bytes]:
        """Read the file and cut it.

        Raises:
            UsageError: it cannot be read, or is shorter than one window.
        """
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise UsageError(f"{self.path}: {error.strerror}") from None
        if self.window_bytes is None or self.stride_bytes is None:
            return [data]
        starts = range(0, len(data) - self.window_bytes + 1, self.stride_bytes)
        if not starts:
            raise UsageError(f"{self.path}: {len(data)} bytes, less than a window")
        return [data[at : at + self.window_bytes] for at in starts]


def read_labels(folder: Path) -> list[Item]:
    """Return the files of the data set in `folder`, in order.

    Raises:
        UsageError: y_labels.csv cannot be read, or a line of it makes no sense.
    """
    path = folder / LABELS
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{path}: {reason}") from None
    if not rows:
        raise UsageError(f"{path}: no files")
    return [_item(folder, row, f"{path}, line {number}") for number, row in enumerate(rows, 1)]


def _item(folder: Path, row: Sequence[str], where: str) -> Item:
    try:
        numbers = [int(field) for field in row[1:]]
    except ValueError:
        raise UsageError(f"{where}: numbers expected after the file's name") from None
    if len(numbers) not in (2, 4):
        raise UsageError(f"{where}: file, classes, class[, window, stride] expected")
    classes, label = numbers[:2]
    if classes < 1 or not 0 <= label < classes or any(number < 1 for number in numbers[2:]):
        raise UsageError(f"{where}: class {label} of {classes}, or a window, is out of range")
    return Item(folder / row[0], classes, label, *numbers[2:])


def to_input(data: bytes, tensor: TensorInfo, where: str) -> bytes:
    """Return `data` as the bytes of the model's input `tensor`.

    As they are when they have its size; 32-bit floats, little endian, are quantised.

    Raises:
        UsageError: neither fits.
    """
    if len(data) == tensor.size_bytes:
        return data
    count = int(np.prod(tensor.shape))
    if len(data) != 4 * count or not tensor.scale:
        raise UsageError(
            f"{where}: {len(data)} bytes, but input '{tensor.name}' takes {tensor.size_bytes}"
        )
    values = np.frombuffer(data, "<f4").astype(np.float64)
    if not np.isfinite(values).all():
        raise UsageError(f"{where}: not all values are finite")
    limits = np.iinfo(tensor.dtype.numpy.name)
    steps = np.rint(values / tensor.scale) + tensor.zero_point
    quantised: npt.NDArray[np.generic] = np.clip(steps, limits.min, limits.max)
    return quantised.astype(tensor.dtype.numpy).tobytes()


def to_real(data: bytes, tensor: TensorInfo) -> npt.NDArray[np.float64]:
    """Return a tensor's elements as real numbers; as they are when it is not quantised."""
    values = np.frombuffer(data, tensor.dtype.numpy).astype(np.float64)
    return (values - tensor.zero_point) * tensor.scale if tensor.scale else values
