"""Choosing examples by seed: class by class, so that every part has the classes in proportion."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.tasks.task import Examples

Indices = npt.NDArray[np.int64]

VALIDATION_SHARE = 0.1
"""Of the images that are not test."""


def cut(y: npt.NDArray[np.int64], share: float, seed: int) -> tuple[Indices, Indices]:
    """Return the indices of a random `share` of every class of `y`, and those of the rest; both ascending.

    Of a class of two or more, either has at least one.
    """
    random = np.random.default_rng(seed)
    chosen = np.zeros(len(y), np.bool_)
    for label in np.unique(y):
        members = random.permutation(np.flatnonzero(y == label))
        count = min(max(1, round(share * len(members))), len(members) - 1)
        chosen[members[:count]] = True
    return np.flatnonzero(chosen), np.flatnonzero(~chosen)


def limited(y: npt.NDArray[np.int64], limit: int, seed: int) -> Indices:
    """Return the indices of at most `limit` examples, the classes in proportion; of all when it is 0."""
    if not 0 < limit < len(y):
        return np.arange(len(y), dtype=np.int64)
    random = np.random.default_rng(seed)
    # The k-th of m examples of a class has rank (k + 1/2) / m: the lowest ranks hold every class in proportion.
    ranks = np.zeros(len(y))
    for label in np.unique(y):
        members = random.permutation(np.flatnonzero(y == label))
        ranks[members] = (np.arange(len(members)) + 0.5) / len(members)
    return np.sort(np.argsort(ranks, kind="stable")[:limit])


def limit_examples(examples: Examples, limit: int, seed: int) -> Examples:
    """Return at most `limit` of the examples, the classes in proportion; all when it is 0."""
    return examples.take(limited(examples.y, limit, seed))
