"""The per-layer model: families' costs and a network's overhead, summed over the steps of a plan."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.latency.features import features
from harness.latency.networks import Sample
from harness.latency.regression import (
    PRIOR_CYCLES,
    FamilyFit,
    families,
    fit_family,
    non_negative,
)
from harness.latency.steps import Features, StepShape
from targets.schema import Simd

_UNKNOWN_BYTE_CYCLES = 20.0
"""A guess for kernels that were never measured, for each byte they read or write."""


@dataclass(frozen=True)
class Estimate:
    """What a model says of one network, without an interval.

    Attributes:
        cycles: of one inference.
        steps: of each step.
        deviation: relative standard deviation that the costs' own uncertainty leaves.
        unknown: families that were never measured.
        unknown_cycles: the guessed part of `cycles` that is theirs.
    """

    cycles: float
    steps: tuple[float, ...]
    deviation: float
    unknown: tuple[str, ...]
    unknown_cycles: float


@dataclass(frozen=True)
class LayerModel:
    """Fitted costs of one target with one kernel set.

    Attributes:
        simd: of the core.
        fits: by family.
        overhead: cycles of an inference, and of each step, that no step accounts for.
        noise: relative standard deviation of a whole network that the costs' uncertainty does not explain.
    """

    simd: Simd
    fits: Mapping[str, FamilyFit]
    overhead: tuple[float, float]
    noise: float

    def estimate(self, steps: Sequence[StepShape]) -> Estimate:
        """Predict one inference from the steps of its plan."""
        counts: dict[str, Features] = {}
        spent = []
        unknown: dict[str, float] = {}
        for step in steps:
            family, own = features(step, self.simd)
            fit = self.fits.get(family)
            if fit is None:
                guess = _UNKNOWN_BYTE_CYCLES * (step.input_bytes + step.output_bytes)
                guess += _mac_cost(self.fits) * step.macs
                unknown[family] = unknown.get(family, 0.0) + guess
                spent.append(guess)
                continue
            spent.append(fit.cycles(own))
            if (summed := counts.get(family)) is None:
                counts[family] = dict(own)
            else:
                for name, count in own.items():
                    summed[name] += count
        total = sum(spent) + self.overhead[0] + self.overhead[1] * len(steps)
        variance = sum(
            _variance(self.fits[family], summed) for family, summed in counts.items()
        ) + sum(guess**2 for guess in unknown.values())
        return Estimate(
            cycles=total,
            steps=tuple(spent),
            deviation=math.sqrt(max(variance, 0.0)) / total if total else 0.0,
            unknown=tuple(unknown),
            unknown_cycles=sum(unknown.values()),
        )

    def scale(self, estimate: Estimate) -> float:
        """Return the relative standard deviation of a prediction, noise included."""
        return math.hypot(self.noise, estimate.deviation)


def _variance(fit: FamilyFit, summed: Features) -> float:
    vector = fit.vector(summed)
    return float(vector @ fit.covariance @ vector)


def _mac_cost(fits: Mapping[str, FamilyFit]) -> float:
    """Cycles of a multiply-accumulate, of the dearest family that tells."""
    told = [
        float(fit.costs[fit.names.index("macs")]) for fit in fits.values() if "macs" in fit.names
    ]
    return max(told, default=PRIOR_CYCLES)


def fit_model(samples: Sequence[Sample], simd: Simd) -> LayerModel:
    """Fit all families that the samples have.

    Args:
        samples: measured networks; those without step times count for nothing here.
        simd: of the core they were measured on.

    Raises:
        ValueError: no sample has step times.
    """
    timed = [sample for sample in samples if sample.step_cycles]
    if not timed:
        raise ValueError("no network was measured step by step")
    items = [
        (*features(step, simd), cycles)
        for sample in timed
        for step, cycles in zip(sample.steps, sample.step_cycles, strict=True)
    ]
    fits = {family: fit_family(*rows) for family, rows in families(items).items()}
    model = LayerModel(simd, fits, _overhead(timed), 0.0)
    errors = [model.estimate(s.steps).cycles / s.latency - 1.0 for s in timed]
    noise = float(np.sqrt(np.mean(np.square(errors))))
    return LayerModel(simd, fits, model.overhead, max(noise, 1e-6))


def _overhead(samples: Sequence[Sample]) -> tuple[float, float]:
    """Cycles of an inference outside its steps: a constant, and a part for each step; least relative error."""
    latency = np.array([s.latency for s in samples], np.float64)
    rest = np.array([s.latency - sum(s.step_cycles) for s in samples], np.float64)
    design = np.array([(1.0, len(s.steps)) for s in samples])
    base, each = non_negative(design / latency[:, None], rest / latency)
    return float(base), float(each)
