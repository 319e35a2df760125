"""Which networks to measure next: at random, spread out (Sobol), or where the model is least sure.

All choose from a pool of candidates whose plans are known. The active choice is I-optimal design for the linear model
of harness/latency/regression.py: it takes the network whose measurement lowers the mean squared relative error that is
expected over the pool the most, then behaves as if that were measured and takes the next one.

Sources: Fedorov, Theory of Optimal Experiments (1972); Chaloner and Verdinelli, Bayesian Experimental Design: A Review
(1995), section 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from harness.errors import UsageError
from harness.latency.features import features
from harness.latency.model import LayerModel
from harness.latency.regression import NOISE_FLOOR, PRIOR_CYCLES, Array
from harness.latency.steps import StepShape
from targets.schema import Simd

Sampling = Literal["active", "random", "sobol"]
SAMPLINGS: tuple[Sampling, ...] = ("active", "random", "sobol")


def sampling_named(word: str) -> Sampling:
    """Return the word of --sampling. Raises UsageError for one that is not known."""
    for known in SAMPLINGS:
        if word == known:
            return known
    raise UsageError(f"no sampling '{word}'; there is: {', '.join(SAMPLINGS)}")


Steps = Sequence[StepShape]

_FIRST_NOISE = 0.02
"""Relative deviation of a step that is assumed before anything is measured."""
_FIRST_CYCLES = 8.0
"""Of a multiply-accumulate, before anything is measured; and of a byte written."""
_LEAST_STEP_CYCLES = 100.0


def choose(
    sampling: Sampling,
    pool: Sequence[Steps],
    wanted: int,
    simd: Simd,
    model: LayerModel | None,
    seed: int = 0,
) -> list[int]:
    """Return the positions in `pool` of the `wanted` networks to measure next, the most useful first.

    Args:
        sampling: how.
        pool: plans of the networks to choose from.
        wanted: how many; all where the pool is no larger.
        simd: of the core.
        model: of what was measured so far; None before anything was.
        seed: of all choices that are drawn.
    """
    wanted = min(wanted, len(pool))
    if sampling == "random":
        order = np.random.default_rng(seed).permutation(len(pool))
        return [int(at) for at in order[:wanted]]
    if sampling == "sobol":
        return sobol(pool, wanted, seed)
    return _Design(pool, simd, model).take(wanted)


def sobol(pool: Sequence[Steps], wanted: int, seed: int) -> list[int]:
    """Return the networks nearest to a scrambled Sobol sequence in size, depth and bytes, by rank in the pool."""
    from scipy.stats import qmc

    what = np.array(
        [
            (
                sum(step.macs for step in steps),
                len(steps),
                sum(step.constant_bytes for step in steps),
                max(step.output_bytes for step in steps),
            )
            for steps in pool
        ],
        np.float64,
    )
    ranks = (np.argsort(np.argsort(what, axis=0, kind="stable"), axis=0) + 0.5) / len(pool)
    points = qmc.Sobol(what.shape[1], seed=seed).random(1 << max(1, wanted - 1).bit_length())
    left = list(range(len(pool)))
    chosen = []
    for point in points[:wanted]:
        nearest = min(left, key=lambda i: float(np.sum((ranks[i] - point) ** 2)))
        left.remove(nearest)
        chosen.append(nearest)
    return chosen


class _Design:
    """What the costs' covariances are, and would be."""

    def __init__(self, pool: Sequence[Steps], simd: Simd, model: LayerModel | None) -> None:
        self._rows: list[Mapping[str, Array]] = []
        """Of every network: features over cycles and noise, by family, one row for each step."""
        sums: dict[str, list[Array]] = {}
        self._covariances: dict[str, Array] = {}
        for steps in pool:
            rows: dict[str, list[Array]] = {}
            vectors: dict[str, Array] = {}
            total = 0.0
            for step in steps:
                family, own = features(step, simd)
                vector = np.array(list(own.values()), np.float64)
                cycles, noise = _expected(step, family, vector, model)
                total += cycles
                rows.setdefault(family, []).append(vector / (cycles * noise))
                vectors[family] = vectors[family] + vector if family in vectors else vector
            self._rows.append({family: np.array(r) for family, r in rows.items()})
            for family, vector in vectors.items():
                sums.setdefault(family, []).append(vector / total)
                if family not in self._covariances:
                    self._covariances[family] = _covariance(family, len(vector), model)
        self._sums = {family: np.array(own) for family, own in sums.items()}
        """Of every network that has the family: its features over its cycles."""

    def take(self, wanted: int) -> list[int]:
        """Return the best `wanted` networks, each given those before it."""
        chosen: list[int] = []
        left = set(range(len(self._rows)))
        gains = {at: np.inf for at in left}
        while len(chosen) < wanted:
            # Gains only shrink as more is measured: what is behind another one's fresh gain need not be looked at.
            order = sorted(left, key=lambda at: -gains[at])
            best = -1
            for at in order:
                if best >= 0 and gains[at] <= gains[best]:
                    break
                gains[at] = self._gain(at)
                if best < 0 or gains[at] > gains[best]:
                    best = at
            chosen.append(best)
            left.remove(best)
            self._measure(best)
        return chosen

    def _gain(self, at: int) -> float:
        """How much measuring a network lowers the relative variances of the predictions, summed over the pool."""
        gain = 0.0
        for family, rows in self._rows[at].items():
            moved = self._sums[family] @ (covariance := self._covariances[family]) @ rows.T
            inner = rows @ covariance @ rows.T
            inner[np.diag_indices_from(inner)] += 1.0
            gain += float(np.sum(moved * np.linalg.solve(inner, moved.T).T))
        return gain

    def _measure(self, at: int) -> None:
        for family, rows in self._rows[at].items():
            covariance = self._covariances[family]
            across = covariance @ rows.T
            inner = rows @ across
            inner[np.diag_indices_from(inner)] += 1.0
            self._covariances[family] = covariance - across @ np.linalg.solve(inner, across.T)


def _expected(
    step: StepShape, family: str, vector: Array, model: LayerModel | None
) -> tuple[float, float]:
    """Return a step's expected cycles, and their relative noise."""
    fit = model.fits.get(family) if model is not None else None
    if fit is None:
        guess = _FIRST_CYCLES * (step.macs + step.output_bytes)
        return max(guess, _LEAST_STEP_CYCLES), _FIRST_NOISE
    return max(float(vector @ fit.costs), _LEAST_STEP_CYCLES), max(fit.noise, NOISE_FLOOR)


def _covariance(family: str, size: int, model: LayerModel | None) -> Array:
    fit = model.fits.get(family) if model is not None else None
    return PRIOR_CYCLES**2 * np.eye(size) if fit is None else fit.covariance
