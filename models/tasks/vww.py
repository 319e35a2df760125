"""Images with and without a person, in the folders of Visual Wake Words."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from harness.errors import DataError, MissingToolError
from models.tasks.data import Source
from models.tasks.options import Limits
from models.tasks.split import VALIDATION_SHARE, cut, limited
from models.tasks.task import Array, Examples, Splits

FOLDERS = ("non_person", "person")
"""One for each class, in their order."""

VWW = Source(
    "Visual Wake Words",
    ("person", "train/person", "vw_coco2014_96/person", "*/train/person"),
    "https://www.silabs.com/public/files/github/machine_learning/benchmarks/datasets/vw_coco2014_96.tar.gz",
)

_OFFICIAL_TEST = ("test", "val", "validation")
_TEST_SHARE = 0.2
_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp")

Listed = list[tuple[Path, int]]


def visual_wake_words(folder: Path | None, size: int, limits: Limits, seed: int) -> Splits:
    """Return grey images, x uint8 (n, size, size, 1); y 1 where there is a person.

    A folder `person` and a folder `non_person`, either both under `train` and both under `test` (or
    `val`), or without that division; then the fifth of the images whose hashed names come first is test.
    10 % of train, by seed, are validation.

    Args:
        folder: of the data, as for Task.load.
        size: images are scaled to size x size pixels, whatever their shape.
        limits: largest numbers of examples; what they leave out is not read.
        seed: of the validation part and of what the limits keep.

    Raises:
        DataError: they are missing, or an image is broken.
        MissingToolError: Pillow is not installed.
    """
    root = VWW.locate(folder).parent
    if root.name == "train":
        parts = [root.with_name(name) for name in _OFFICIAL_TEST]
        test = next((_listed(found) for found in parts if found.is_dir()), [])
        train = _listed(root)
    else:
        everything = _listed(root)
        train = [each for each in everything if not _in_test(each[0])]
        test = [each for each in everything if _in_test(each[0])]
    for part, found in (("train", train), ("test", test)):
        if {label for _, label in found} != {0, 1}:
            raise DataError(f"{root}: no {part} images in {' or '.join(FOLDERS)}", path=str(root))
    validation, rest = cut(_labels(train), VALIDATION_SHARE, seed)
    return Splits(
        _read([train[i] for i in rest], size, limits.train, seed),
        _read([train[i] for i in validation], size, limits.validation, seed),
        _read(test, size, limits.test, 0),
    )


def _listed(root: Path) -> Listed:
    return [
        (path, label)
        for label, name in enumerate(FOLDERS)
        for path in sorted((root / name).glob("*"))
        if path.suffix.lower() in _SUFFIXES
    ]


def _in_test(path: Path) -> bool:
    hashed = hashlib.sha256(path.name.encode()).digest()
    return int.from_bytes(hashed[:4], "big") < _TEST_SHARE * 2**32


def _labels(listed: Listed) -> npt.NDArray[np.int64]:
    return np.array([label for _, label in listed], np.int64)


def _read(listed: Listed, size: int, limit: int, seed: int) -> Examples:
    labels = _labels(listed)
    chosen = limited(labels, limit, seed)
    x = np.zeros((len(chosen), size, size, 1), np.uint8)
    for row, index in enumerate(chosen):
        x[row] = _image(listed[index][0], size)
    return Examples(x, labels[chosen])


def _image(path: Path, size: int) -> Array:
    """Return uint8 (size, size, 1)."""
    try:
        from PIL import Image
    except ImportError:
        way_out = "pip install 'tinyhil[search]'"
        raise MissingToolError("Pillow", "images of Visual Wake Words", way_out) from None
    try:
        with Image.open(path) as image:
            grey = image.convert("L").resize((size, size), Image.Resampling.BILINEAR)
            return np.asarray(grey, np.uint8)[..., None]
    except Exception as error:  # Pillow raises almost anything on garbage
        detail = " ".join(str(error).split())
        raise DataError(f"{path}: not a readable image ({detail})", path=str(path)) from None
