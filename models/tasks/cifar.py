"""CIFAR-10, from arrays or from the public "python version" (batches of pickles)."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from harness.errors import DataError
from models.tasks.data import Source, read_arrays
from models.tasks.task import Array, Examples

CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)

CIFAR10 = Source(
    "CIFAR-10",
    ("cifar10_train.npz", "cifar-10-batches-py/data_batch_1", "data_batch_1"),
    "https://www.cs.toronto.edu/~kriz/cifar.html (the python version)",
)

_SIDE = 32
_PIXELS = 3 * _SIDE * _SIDE
_BATCHES = tuple(f"data_batch_{i}" for i in range(1, 6))


def cifar10(folder: Path | None) -> tuple[Examples, Examples]:
    """Return the official train and test examples, x uint8 (n, 32, 32, 3) RGB.

    Raises:
        DataError: they are missing, or a file is broken.
    """
    found = CIFAR10.locate(folder)
    if found.suffix == ".npz":
        return _of_arrays(found), _of_arrays(found.with_name("cifar10_test.npz"))
    batches = [_of_batch(found.with_name(name)) for name in _BATCHES]
    train = Examples(np.concatenate([b.x for b in batches]), np.concatenate([b.y for b in batches]))
    return train, _of_batch(found.with_name("test_batch"))


def _of_arrays(path: Path) -> Examples:
    arrays = read_arrays(path, {"x": ("u", 4), "y": ("iu", 1)})
    return _checked(path, arrays["x"], arrays["y"])


def _of_batch(path: Path) -> Examples:
    """Read a pickled {b"data": uint8 (n, 3072), channels first, b"labels": list of n}."""
    try:
        with path.open("rb") as stream:
            found = _Unpickler(io.BytesIO(stream.read()), encoding="bytes").load()
        planes = np.asarray(found[b"data"])
        labels = np.asarray(found[b"labels"])
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}", path=str(path)) from None
    except Exception as error:  # pickle raises almost anything on garbage
        detail = " ".join(str(error).split())
        raise DataError(f"{path}: not a CIFAR-10 batch ({detail})", path=str(path)) from None
    if planes.ndim != 2 or planes.shape[1] != _PIXELS:
        raise DataError(f"{path}: 'data' is of shape {planes.shape}, not (n, 3072)", path=str(path))
    images = planes.reshape(-1, 3, _SIDE, _SIDE).transpose(0, 2, 3, 1)
    return _checked(path, images, labels)


def _checked(path: Path, x: Array, y: Array) -> Examples:
    if not (
        x.dtype == np.uint8
        and x.shape[1:] == (_SIDE, _SIDE, 3)
        and y.shape == x.shape[:1]
        and len(y)
        and y.dtype.kind in "iu"
        and np.all((y >= 0) & (y < len(CLASSES)))
    ):
        raise DataError(
            f"{path}: not images of 32 x 32 x 3 bytes with classes 0 to 9", path=str(path)
        )
    return Examples(np.ascontiguousarray(x), y.astype(np.int64))


def _encode(text: str, encoding: str) -> bytes:
    """Stand in for _codecs.encode, which Python 2's byte strings are pickled with."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"encoding {encoding}")
    return text.encode("latin1")


class _Unpickler(pickle.Unpickler):
    """Builds arrays and nothing else: a pickle may otherwise run any program."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what arrays are pickled with; refuse all else."""
        known: dict[tuple[str, str], Callable[..., Any]] = {
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): np.dtype,
            ("_codecs", "encode"): _encode,
        }
        if name == "_reconstruct" and module in ("numpy.core.multiarray", "numpy._core.multiarray"):
            return np.zeros(0).__reduce__()[0]
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return known[module, name]
