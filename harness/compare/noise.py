"""Is a difference between two series of repeats more than noise? Pure functions.

- Repeats that do not differ at all, of an emulator that counts, have no noise: every difference is real.
- Otherwise the Wilcoxon-Mann-Whitney rank sum test, two-sided (Mann and Whitney, "On a test of whether one of two
  random variables is stochastically larger than the other", Annals of Mathematical Statistics 18, 1947). Its p-value is
  exact, with ties: the share of all ways to split the pooled ranks that are at least as extreme. Over several
  comparisons, p-values are adjusted after Holm ("A simple sequentially rejective multiple test procedure",
  Scandinavian Journal of Statistics 6, 1979).
- Where there are too few repeats for the test ever to say so, a plain rule: the ranges do not overlap, and the gap
  between them is more than twice the larger range. Equal distributions pass it in less than 0.5 % of cases from three
  repeats each on (tests/unit/test_compare_noise.py).
- Where a record has no single repeats, the notches of box plots: medians differ where M +- 1.57 IQR / sqrt(n) do not
  overlap, about 95 % (McGill, Tukey and Larsen, "Variations of box plots", The American Statistician 32, 1978).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

NOTCH = 1.57
GAP_OVER_RANGE = 2.0
FEWEST_FOR_RANGES = 3


def rank_sum_p(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the exact two-sided p-value of the rank sum test; under equal distributions P(p <= x) <= x.

    Args:
        a, b: at least one value each; together at most a few hundred (time grows with the fourth power).
    """
    pooled = np.concatenate([np.asarray(a, float), np.asarray(b, float)])
    ranks = _doubled_ranks(pooled)
    observed = int(ranks[: len(a)].sum())
    ways = _rank_sums(tuple(sorted(ranks.tolist())), len(a))
    total = ways.sum()
    low, high = ways[: observed + 1].sum() / total, ways[observed:].sum() / total
    return float(min(1.0, 2.0 * min(low, high)))


def least_p(n_a: int, n_b: int) -> float:
    """Return the smallest p-value that so many repeats can have."""
    return min(1.0, 2.0 / math.comb(n_a + n_b, n_a))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values adjusted for their number, in the same order."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for position, index in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - position) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def ranges_apart(a: Sequence[float], b: Sequence[float]) -> bool:
    """Whether the ranges are apart by more than GAP_OVER_RANGE times the larger one."""
    gap = max(min(a) - max(b), min(b) - max(a))
    return gap > GAP_OVER_RANGE * max(max(a) - min(a), max(b) - min(b))


def notches_apart(
    median_a: float, iqr_a: float, n_a: int, median_b: float, iqr_b: float, n_b: int
) -> bool:
    """Whether the notches of two box plots do not overlap."""
    reach = NOTCH * (iqr_a / math.sqrt(n_a) + iqr_b / math.sqrt(n_b))
    return abs(median_a - median_b) > reach


def _doubled_ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Twice the ranks 1..n, where equal values share the mean of theirs: whole numbers."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    shared = 2 * last - counts + 1
    return np.asarray(shared[inverse.reshape(-1)], np.int64)


@functools.lru_cache(maxsize=64)
def _rank_sums(doubled_ranks: tuple[int, ...], size: int) -> npt.NDArray[np.float64]:
    """In how many ways `size` of the ranks sum up to 0, 1, 2, ...; the counting is that of subset sums."""
    largest = sum(doubled_ranks)
    ways = np.zeros((size + 1, largest + 1))
    ways[0, 0] = 1.0
    for rank in doubled_ranks:
        ways[1:, rank:] += ways[:-1, : largest + 1 - rank].copy()
    of_size: npt.NDArray[np.float64] = ways[size]
    return of_size
