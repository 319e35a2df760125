"""Tasks `image` (CIFAR-10) and `image-grey` (two classes of grey images, in the manner of visual wake words)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from harness.errors import UsageError
from models.tasks.cifar import CLASSES, cifar10
from models.tasks.draw import Draw
from models.tasks.image_augment import cut_out, flipped, mixed, shifted
from models.tasks.options import Limits, check_mixup
from models.tasks.split import VALIDATION_SHARE, cut, limited
from models.tasks.task import Array, Examples, Metric, Splits, accuracy, one_hot
from models.tasks.vww import visual_wake_words

if TYPE_CHECKING:
    import torch

CIFAR10 = "cifar10"
VWW = "vww"
ANIMALS = ("bird", "cat", "deer", "dog", "frog", "horse")
ANIMAL = "animal"

_CIFAR_SIDE = 32
_SHIFT_SHARE = 8
_SIDES = (16, 224)
_LUMA = (0.299, 0.587, 0.114)
"""ITU-R BT.601."""


@dataclass(frozen=True)
class _Augmented(Limits, ABC):
    """What both tasks do to images.

    Attributes:
        cutout: side of the square that is set to zero in training, pixels; 0 for none.
        mixup: parameter of mixup's Beta distribution, 0.1 to 1; 0 for none.
    """

    cutout: int = 0
    mixup: float = 0.0

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """Names, in the order of the network's outputs."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.cutout <= _SIDES[1]:
            raise UsageError(f"task option cutout={self.cutout}: a number of pixels, 0 for none")
        check_mixup(self.mixup)

    def inputs(self, raw: torch.Tensor) -> torch.Tensor:
        """Bytes (n, h, w, c) to (byte - 128) / 128: an input scale of 1/128 with zero point 0 is exact."""
        return (raw.float() - 128.0) / 128.0

    def augmented(
        self, raw: torch.Tensor, y: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Mirror half of the images, shift them by up to an eighth of their side, then cutout and mixup if chosen."""
        draw = Draw(generator, raw.device)
        images = self.inputs(raw)
        images = shifted(flipped(images, draw), images.shape[1] // _SHIFT_SHARE, draw)
        targets = one_hot(y, len(self.classes))
        if self.cutout:
            images = cut_out(images, self.cutout, draw)
        return mixed(images, targets, self.mixup, draw) if self.mixup else (images, targets)

    def score(self, logits: Array, examples: Examples) -> float:
        """Accuracy in percent."""
        return accuracy(logits, examples)

    def _split(self, train: Examples, test: Examples, seed: int) -> Splits:
        """Take 10 % of every class from train as validation, and keep the limits."""
        validation, rest = cut(train.y, VALIDATION_SHARE, seed)
        return self.limited(Splits(train.take(rest), train.take(validation), test), seed)


@dataclass(frozen=True)
class Image(_Augmented):
    """CIFAR-10: 32 x 32 colour images of ten classes, the official test split."""

    name: ClassVar[str] = "image"
    metric: ClassVar[Metric] = "accuracy"
    input_shape: ClassVar[tuple[int, ...]] = (1, _CIFAR_SIDE, _CIFAR_SIDE, 3)

    @property
    def classes(self) -> tuple[str, ...]:
        """Those of CIFAR-10."""
        return CLASSES

    def load(self, folder: Path | None, seed: int) -> Splits:
        """Read CIFAR-10."""
        return self._split(*cifar10(folder), seed)


@dataclass(frozen=True)
class ImageGrey(_Augmented):
    """Two classes of grey images: the second is what is looked for.

    Attributes:
        data: "cifar10", or "vww" for folders of images with and without a person.
        positive: of cifar10: "animal" (six classes against the four of vehicles), or one class against
            the rest, of which as many images are kept.
        size: side of the images, pixels; 32 for cifar10.

    Raises:
        UsageError: an option that is none of these.
    """

    data: str = CIFAR10
    positive: str = ANIMAL
    size: int = _CIFAR_SIDE

    name: ClassVar[str] = "image-grey"
    metric: ClassVar[Metric] = "accuracy"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.data not in (CIFAR10, VWW):
            raise UsageError(f"task option data={self.data}: {CIFAR10} or {VWW}")
        if self.positive not in (ANIMAL, *CLASSES):
            raise UsageError(
                f"task option positive={self.positive}: {ANIMAL}, or one of {', '.join(CLASSES)}"
            )
        if self.data == VWW and self.positive != ANIMAL:
            raise UsageError(f"task option positive={self.positive}: of {CIFAR10} only")
        if self.data == CIFAR10 and self.size != _CIFAR_SIDE:
            raise UsageError(f"task option size={self.size}: images of {CIFAR10} have 32 pixels")
        if not _SIDES[0] <= self.size <= _SIDES[1]:
            raise UsageError(f"task option size={self.size}: {_SIDES[0]} to {_SIDES[1]} pixels")

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(1, size, size, 1)."""
        return (1, self.size, self.size, 1)

    @property
    def classes(self) -> tuple[str, ...]:
        """What it is not, what it is."""
        if self.data == VWW:
            return ("no person", "person")
        return ("vehicle", ANIMAL) if self.positive == ANIMAL else ("other", self.positive)

    def load(self, folder: Path | None, seed: int) -> Splits:
        """Read the images; those of CIFAR-10 become grey by the luma of BT.601."""
        if self.data == VWW:
            return visual_wake_words(folder, self.size, self, seed)
        train, test = cifar10(folder)
        return self._split(self._two_classes(train), self._two_classes(test), seed)

    def _two_classes(self, examples: Examples) -> Examples:
        wanted = ANIMALS if self.positive == ANIMAL else (self.positive,)
        y = np.isin(examples.y, [CLASSES.index(name) for name in wanted]).astype(np.int64)
        chosen = np.arange(len(y))
        if self.positive != ANIMAL:
            # As many of the rest as of the class, its nine classes in proportion; the same for every seed.
            rest = np.flatnonzero(y == 0)
            kept = rest[limited(examples.y[rest], int(y.sum()), seed=0)]
            chosen = np.sort(np.concatenate([np.flatnonzero(y == 1), kept]))
        grey = np.round(examples.x[chosen] @ np.array(_LUMA, np.float32))
        return Examples(grey.astype(np.uint8)[..., None], y[chosen])
