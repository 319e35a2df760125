"""Predictions for a compiled network: cycles with an interval, layers, energy, memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from harness.errors import UnsupportedModelError
from harness.latency.model_file import ModelFile
from harness.latency.steps import StepShape
from harness.records import CycleUnit, Record


class LayerPrediction(Record):
    """One operator of the .tflite; it may be several steps of the plan."""

    index: int
    op: str
    cycles: float
    us: float
    macs: int


class Prediction(Record):
    """What a model says of one network. Every figure is estimated.

    Attributes:
        cycles, low, high: of one inference, with its interval; None where the model has none.
        us, low_us, high_us: at the core's clock.
        level: probability that a network like the calibrated ones lies inside the interval.
        layers: in order of execution; the rest up to `cycles` is the engine's.
        energy_uj: active power x time; None where no power figure exists.
        arena_bytes: working memory as the planner places it: exact. None where it was not planned.
        unknown: kernels that were not calibrated.
        unknown_share: the guessed part of `cycles` that is theirs.
    """

    kind: Literal["estimated"] = "estimated"
    cycles: float
    low: float | None
    high: float | None
    unit: CycleUnit
    us: float
    low_us: float | None
    high_us: float | None
    level: float
    layers: tuple[LayerPrediction, ...]
    energy_uj: float | None
    arena_bytes: int | None
    unknown: tuple[str, ...]
    unknown_share: float


MOST_UNKNOWN = 0.1
"""Share of a latency that may be guessed."""


class Predictor:
    """Predicts with one model, which must apply (ModelFile.require)."""

    def __init__(self, model: ModelFile) -> None:
        self._file = model
        self._model = model.layer_model()
        self._us_per_cycle = 1e6 / model.identity.clock_hz

    def cycles(self, steps: Sequence[StepShape]) -> tuple[float, float | None]:
        """Return the cycles of one inference and its interval's relative half-width."""
        estimate = self._model.estimate(steps)
        factor = self._file.interval.factor
        return estimate.cycles, None if factor is None else factor * self._model.scale(estimate)

    def predict(self, steps: Sequence[StepShape], arena_bytes: int | None = None) -> Prediction:
        """Return the whole prediction for the steps of a plan.

        Raises:
            UnsupportedModelError: kernels that the model does not know make up too much of it.
        """
        estimate = self._model.estimate(steps)
        share = estimate.unknown_cycles / estimate.cycles if estimate.cycles else 0.0
        if share > MOST_UNKNOWN:
            raise UnsupportedModelError(
                f"{', '.join(estimate.unknown)} were not calibrated and make up about {share:.0%} of its latency;"
                " calibrate with a search space that has them"
            )
        factor = self._file.interval.factor
        width = None if factor is None else factor * self._model.scale(estimate)
        low = None if width is None else max(0.0, estimate.cycles * (1.0 - width))
        high = None if width is None else estimate.cycles * (1.0 + width)
        us = estimate.cycles * self._us_per_cycle
        power_mw = self._file.power_mw
        return Prediction(
            cycles=estimate.cycles,
            low=low,
            high=high,
            unit=self._file.identity.unit,
            us=us,
            low_us=None if low is None else low * self._us_per_cycle,
            high_us=None if high is None else high * self._us_per_cycle,
            level=self._file.interval.level,
            layers=self._layers(steps, estimate.steps),
            energy_uj=None if power_mw is None else us * power_mw / 1000.0,
            arena_bytes=arena_bytes,
            unknown=estimate.unknown,
            unknown_share=share,
        )

    def _layers(
        self, steps: Sequence[StepShape], cycles: Sequence[float]
    ) -> tuple[LayerPrediction, ...]:
        spent: dict[int, float] = {}
        macs: dict[int, int] = {}
        kinds: dict[int, str] = {}
        for step, cost in zip(steps, cycles, strict=True):
            at = step.source_index
            spent[at] = spent.get(at, 0.0) + cost
            macs[at] = macs.get(at, 0) + step.macs
            kinds[at] = step.kind
        return tuple(
            LayerPrediction(
                index=at, op=kinds[at], cycles=cost, us=cost * self._us_per_cycle, macs=macs[at]
            )
            for at, cost in spent.items()
        )
