"""Finding the data sets of tasks, and reading their array files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.errors import DataError
from models.tasks.task import Array

_BESIDE_REPOSITORY = Path(__file__).resolve().parents[3] / "shared" / "data"


def data_folder(given: Path | None) -> Path | None:
    """Return the folder of data sets: the given one, else $TINYHIL_DATA, else ../shared/data; None without any.

    Raises:
        DataError: the folder that is named does not exist.
    """
    variable = os.environ.get("TINYHIL_DATA", "")
    named = given or (Path(variable) if variable else None)
    if named is None:
        return _BESIDE_REPOSITORY if _BESIDE_REPOSITORY.is_dir() else None
    if not named.is_dir():
        origin = "" if given else " (TINYHIL_DATA)"
        raise DataError(f"no folder {named}{origin}", path=str(named))
    return named


@dataclass(frozen=True)
class Source:
    """A data set and where it may lie.

    Attributes:
        title: for messages.
        places: glob patterns relative to the data folder, the preferred one first.
        origin: where to get it.
    """

    title: str
    places: tuple[str, ...]
    origin: str

    def locate(self, folder: Path | None) -> Path:
        """Return the first file or folder that matches one of the places.

        Raises:
            DataError: nothing does; the text says what was looked for and where to get it.
        """
        root = data_folder(folder)
        if root:
            matches = (_first(root, pattern) for pattern in self.places)
            if found := next(filter(None, matches), None):
                return found
        where = f"in {root}" if root else "(TINYHIL_DATA is not set)"
        raise DataError(
            f"no {self.title} {where}: looked for {', '.join(self.places)}; "
            f"get it from {self.origin} and set TINYHIL_DATA to its folder",
            path=str(root or ""),
        )


def _first(root: Path, pattern: str) -> Path | None:
    try:
        return min(root.glob(pattern), default=None)
    except OSError as error:
        raise DataError(f"cannot read {root}: {error.strerror or error}", path=str(root)) from error


def read_arrays(path: Path, wanted: Mapping[str, tuple[str, int]]) -> dict[str, Array]:
    """Return the named arrays of a .npz file.

    Args:
        path: of the file.
        wanted: kinds (letters of numpy.dtype.kind) and number of dimensions of each.

    Raises:
        DataError: not a .npz file, or an array is missing or of another kind.
    """
    found: dict[str, Array] = {}
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            for name in wanted:
                found[name] = archive[name]
    except KeyError as error:
        raise DataError(f"{path}: no array {error}", path=str(path)) from None
    except Exception as error:  # numpy and zipfile raise almost anything on garbage
        detail = " ".join(str(error).split())
        raise DataError(f"{path}: not a readable .npz file ({detail})", path=str(path)) from None
    for name, (kinds, dimensions) in wanted.items():
        array = found[name]
        if array.dtype.kind not in kinds or array.ndim != dimensions:
            raise DataError(
                f"{path}: array '{name}' is {array.dtype} with {array.ndim} dimensions",
                path=str(path),
            )
    return found
