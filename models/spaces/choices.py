"""Random choices by seed, the same on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")

# Keeps the stream of choices apart from that of the weights of the same seed.
_STREAM = 20101126


class Choices:
    """A frozen stream of uniform choices."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.RandomState([_STREAM, seed])

    def integer(self, low: int, high: int) -> int:
        """One of low ... high."""
        return low + int(self._random.random_sample() * (high - low + 1))

    def width(self, low: int, high: int) -> int:
        """A multiple of 4 in low ... high, both multiples of 4."""
        return 4 * self.integer(low // 4, high // 4)

    def one_of(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.integer(0, len(options) - 1)]
