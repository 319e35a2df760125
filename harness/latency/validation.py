"""How good a model is on networks that it was not fitted to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from harness.latency.conformal import coverage
from harness.latency.features import features
from harness.latency.model import LayerModel
from harness.latency.networks import Sample
from harness.records import Record


class Point(Record):
    """One network: measured and predicted cycles, and its relative interval."""

    name: str
    measured: float
    predicted: float
    width: float | None


class FamilyError(Record):
    """Errors of the steps of one family: relative; share is that of all measured cycles."""

    family: str
    steps: int
    share: float
    median: float
    p95: float


class CurvePoint(Record):
    """Errors on the held-out networks after `budget` measurements chosen by `sampling`, mean over `seeds` draws."""

    sampling: str
    budget: int
    seeds: int
    mean_error: float
    median_error: float
    within_10: float


class Validation(Record):
    """The check on held-out networks.

    Attributes:
        networks: how many were held out.
        median_error, p95_error, worst_error: |predicted / measured - 1|.
        within_10: share within +-10 %.
        covered: share inside its interval; None without intervals.
        mean_width: mean relative half-width of the intervals.
        kendall_tau: rank correlation of measured and predicted.
        points, families, curve: for the report.
    """

    networks: int
    median_error: float
    p95_error: float
    worst_error: float
    within_10: float
    covered: float | None
    mean_width: float | None
    kendall_tau: float | None
    points: tuple[Point, ...]
    families: tuple[FamilyError, ...] = ()
    curve: tuple[CurvePoint, ...] = ()


def validate(
    model: LayerModel,
    factor: float | None,
    held_out: Sequence[Sample],
    curve: Sequence[CurvePoint] = (),
) -> Validation | None:
    """Hold predictions against `held_out`; None where there are none."""
    if not held_out:
        return None
    points = []
    for sample in held_out:
        estimate = model.estimate(sample.steps)
        width = None if factor is None else factor * model.scale(estimate)
        points.append(
            Point(
                name=sample.name,
                measured=sample.latency,
                predicted=estimate.cycles,
                width=width if width is None or math.isfinite(width) else None,
            )
        )
    errors = np.array([abs(p.predicted / p.measured - 1.0) for p in points])
    widths = [p.width for p in points if p.width is not None]
    whole = len(widths) == len(points)
    measured, predicted = [p.measured for p in points], [p.predicted for p in points]
    return Validation(
        networks=len(points),
        median_error=float(np.median(errors)),
        p95_error=float(np.quantile(errors, 0.95)),
        worst_error=float(errors.max()),
        within_10=float(np.mean(errors <= 0.1)),
        covered=coverage(measured, predicted, widths) if whole else None,
        mean_width=float(np.mean(widths)) if whole else None,
        kendall_tau=kendall_tau(measured, predicted),
        points=tuple(points),
        families=tuple(family_errors(model, held_out)),
        curve=tuple(curve),
    )


def family_errors(model: LayerModel, samples: Sequence[Sample]) -> list[FamilyError]:
    """Return the errors of single steps, the family with the most cycles first."""
    errors: dict[str, list[float]] = {}
    spent: dict[str, int] = {}
    for sample in samples:
        if not sample.step_cycles:
            continue
        predicted = model.estimate(sample.steps).steps
        for step, guess, cycles in zip(sample.steps, predicted, sample.step_cycles, strict=True):
            family, _ = features(step, model.simd)
            errors.setdefault(family, []).append(abs(guess / max(cycles, 1) - 1.0))
            spent[family] = spent.get(family, 0) + cycles
    total = sum(spent.values()) or 1
    return [
        FamilyError(
            family=family,
            steps=len(errors[family]),
            share=spent[family] / total,
            median=float(np.median(errors[family])),
            p95=float(np.quantile(errors[family], 0.95)),
        )
        for family in sorted(spent, key=lambda name: -spent[name])
    ]


def kendall_tau(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Kendall's tau-b of two rankings; None where one of them has no order."""
    agree = ties_a = ties_b = 0
    pairs = 0
    for i, j in combinations(range(len(a)), 2):
        x, y = np.sign(a[i] - a[j]), np.sign(b[i] - b[j])
        agree += int(x * y)
        ties_a += int(x == 0)
        ties_b += int(y == 0)
        pairs += 1
    below = math.sqrt((pairs - ties_a) * (pairs - ties_b))
    return agree / below if below else None
