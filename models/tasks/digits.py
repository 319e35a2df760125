"""Task `digits`: handwritten digits of 8 x 8 grey pixels, which scikit-learn ships."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from harness.errors import MissingToolError
from models.tasks.options import Limits
from models.tasks.split import cut
from models.tasks.task import Array, Examples, Metric, Splits, accuracy, one_hot

if TYPE_CHECKING:
    import torch

TEST_SHARE = 0.3
VALIDATION_SHARE = 0.2
"""Of what is not test."""

_LARGEST_PIXEL = 16.0


@dataclass(frozen=True)
class Digits(Limits):
    """Optical recognition of handwritten digits (UCI), 1,797 images of 8 x 8 pixels 0..16; always at hand.

    30 % of every class are test, 20 % of the rest validation, all by seed (MicroNets check of
    03-micronets.md section 7.4). No augmentation.
    """

    name: ClassVar[str] = "digits"
    metric: ClassVar[Metric] = "accuracy"
    input_shape: ClassVar[tuple[int, ...]] = (1, 8, 8, 1)
    classes: ClassVar[tuple[str, ...]] = tuple("0123456789")

    def load(self, folder: Path | None, seed: int) -> Splits:
        """Split scikit-learn's digits; the folder is not looked at."""
        try:
            from sklearn.datasets import load_digits
        except ImportError:
            way_out = "pip install 'tinyhil[search]'"
            raise MissingToolError("scikit-learn", "task digits", way_out) from None
        found = load_digits()
        everything = Examples(
            x=found.images[..., None].astype(np.float32), y=found.target.astype(np.int64)
        )
        test, rest = cut(everything.y, TEST_SHARE, seed)
        remaining = everything.take(rest)
        validation, train = cut(remaining.y, VALIDATION_SHARE, seed)
        return self.limited(
            Splits(remaining.take(train), remaining.take(validation), everything.take(test)), seed
        )

    def inputs(self, raw: torch.Tensor) -> torch.Tensor:
        """Pixels 0..16 to -1..1, float32 (n, 8, 8, 1)."""
        return raw.float() * (2.0 / _LARGEST_PIXEL) - 1.0

    def augmented(
        self, raw: torch.Tensor, y: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the inputs as they are, and the classes."""
        return self.inputs(raw), one_hot(y, len(self.classes))

    def score(self, logits: Array, examples: Examples) -> float:
        """Accuracy in percent."""
        return accuracy(logits, examples)
