"""Learning curves: how good a model is after so many measurements, chosen at random, spread out, or actively.

Replayed on networks that are measured already: each way chooses from the same ones, and errors are those on others.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.latency.model import LayerModel, fit_model
from harness.latency.networks import Sample
from harness.latency.sampling import SAMPLINGS, Sampling, choose
from harness.latency.validation import CurvePoint
from targets.schema import Simd

BUDGETS = (0, 10, 25, 50, 100, 120, 200)
SEEDS = 5
POOL_SHARE = 0.8
_ROUND = 8


def learning_curve(
    pool: Sequence[Sample],
    check: Sequence[Sample],
    simd: Simd,
    budgets: Sequence[int] = BUDGETS,
    seeds: int = SEEDS,
    share: float = POOL_SHARE,
) -> list[CurvePoint]:
    """Return a point for each way of sampling and budget, mean of `seeds` draws from the pool.

    Args:
        pool: measured networks to choose from.
        check: measured networks to predict.
        simd: of the core.
        budgets: those above `share` of the pool are left out.
        seeds: how many draws.
        share: of the pool, that each draw chooses from.
    """
    pool = [sample for sample in pool if sample.step_cycles]
    size = int(share * len(pool))
    budgets = [budget for budget in budgets if budget <= size]
    if not budgets or not check:
        return []
    points = []
    for sampling in SAMPLINGS:
        errors = np.array(
            [_errors(pool, check, simd, sampling, budgets, size, seed) for seed in range(seeds)]
        )
        for position, budget in enumerate(budgets):
            found = errors[:, position]
            points.append(
                CurvePoint(
                    sampling=sampling,
                    budget=budget,
                    seeds=seeds,
                    mean_error=float(found.mean()),
                    median_error=float(np.median(found, axis=1).mean()),
                    within_10=float((found <= 0.1).mean()),
                )
            )
    return points


def _errors(
    pool: Sequence[Sample],
    check: Sequence[Sample],
    simd: Simd,
    sampling: Sampling,
    budgets: Sequence[int],
    size: int,
    seed: int,
) -> list[list[float]]:
    """|predicted / measured - 1| of every checked network after each budget."""
    order = np.random.default_rng(seed).permutation(len(pool))[:size]
    drawn = [pool[i] for i in order]
    chosen = _order(drawn, simd, sampling, max(budgets), seed)
    found = []
    for budget in budgets:
        empty = LayerModel(simd, {}, (0.0, 0.0), 0.0)
        model = fit_model(chosen[:budget], simd) if budget else empty
        found.append([abs(model.estimate(s.steps).cycles / s.latency - 1.0) for s in check])
    return found


def _order(
    drawn: Sequence[Sample], simd: Simd, sampling: Sampling, most: int, seed: int
) -> list[Sample]:
    """The samples in the order in which they would have been measured."""
    if sampling != "active":
        plans = [sample.steps for sample in drawn]
        return [drawn[i] for i in choose(sampling, plans, most, simd, None, seed)]
    chosen: list[Sample] = []
    left = list(drawn)
    while len(chosen) < most and left:
        model = fit_model(chosen, simd) if chosen else None
        wanted = min(_ROUND, most - len(chosen))
        best = choose("active", [sample.steps for sample in left], wanted, simd, model, seed)
        chosen += [left[i] for i in best]
        left = [sample for i, sample in enumerate(left) if i not in set(best)]
    return chosen
