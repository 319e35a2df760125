"""Whether a device still is what a latency model was made on.

While nothing has changed, a new network of the calibrated spaces lies outside its interval with a probability of at
most 1 - level (harness/latency/conformal.py), so the number of those outside is at most binomial. Drift is a
number outside that has a probability below ALARM.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.latency.model_file import ModelFile
from harness.latency.networks import Sample
from harness.records import Record

ALARM = 0.01


class Drift(Record):
    """The test.

    Attributes:
        networks: how many new ones it rests on.
        outside: how many of them lie outside their interval.
        probability: of so many or more, had nothing changed.
        ratio: median of measured / predicted.
        drifted: whether the probability is below ALARM.
    """

    networks: int
    outside: int
    probability: float
    ratio: float
    drifted: bool

    @property
    def text(self) -> str:
        """The finding in one line."""
        what = "no longer fits the device" if self.drifted else "still fits the device"
        return (
            f"the model {what}: {self.outside} of {self.networks} new networks outside their interval"
            f" (probability {self.probability:.2g} if nothing had changed),"
            f" measured / predicted {self.ratio:.4f} (median)"
        )


def drift(model: ModelFile, samples: Sequence[Sample]) -> Drift | None:
    """Hold new measurements against a model's intervals; None without samples or intervals.

    Two networks or more are needed for an alarm: one alone is outside with a probability of 1 - level.
    """
    factor = model.interval.factor
    if not samples or factor is None:
        return None
    layers = model.layer_model()
    outside = 0
    ratios = []
    for sample in samples:
        estimate = layers.estimate(sample.steps)
        ratio = sample.latency / estimate.cycles
        outside += abs(ratio - 1.0) > factor * layers.scale(estimate)
        ratios.append(ratio)
    probability = tail(outside, len(samples), 1.0 - model.interval.level)
    return Drift(
        networks=len(samples),
        outside=outside,
        probability=probability,
        ratio=sorted(ratios)[len(ratios) // 2],
        drifted=probability < ALARM,
    )


def tail(count: int, trials: int, probability: float) -> float:
    """Return the binomial probability of `count` or more."""
    return sum(
        math.comb(trials, k) * probability**k * (1.0 - probability) ** (trials - k)
        for k in range(count, trials + 1)
    )
