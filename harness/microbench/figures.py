"""From samples to one figure per benchmark. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from harness.microbench.device import Sample
from harness.microbench.suite import Benchmark, Kind

EMPTY = "empty"
"""The loop around nothing, which is subtracted from all other loops of its form."""

_SIGMA_PER_MAD = 1.4826  # of a normal distribution


@dataclass(frozen=True)
class Figure:
    """What one unit of a benchmark takes (suite.Kind says what a unit is).

    Attributes:
        count: in the counter's unit; of several repeats the median.
        spread: standard deviation of a single repeat, estimated from the median absolute deviation, so that outliers
            do not count.
        checksum: of a kernel; None where it changed from run to run.
    """

    benchmark: Benchmark
    count: float
    spread: float
    checksum: int | None


def figures_of(samples: Sequence[Sample]) -> tuple[Figure, ...]:
    """Return the figure of every sample, in their order.

    What 2 N iterations take beyond N is free of call, set-up and the reading of the counter, which are in both.
    """
    empty = next((s for s in samples if s.benchmark.name == EMPTY), None)
    loop, loop_spread = _per_iteration(empty) if empty else (0.0, 0.0)
    figures = []
    for sample in samples:
        inside, spread = _per_iteration(sample)
        if sample.benchmark.kind is Kind.MICRO and sample is not empty:
            inside -= loop
            spread += loop_spread
        units = sample.benchmark.units
        figures.append(Figure(sample.benchmark, inside / units, spread / units, sample.checksum))
    return tuple(figures)


def _per_iteration(sample: Sample) -> tuple[float, float]:
    """Median count of an iteration, and the spread of one repeat's."""
    each = [
        (twice - once) / sample.iterations
        for once, twice in zip(sample.once, sample.twice, strict=True)
    ]
    middle = (statistics.median(sample.twice) - statistics.median(sample.once)) / sample.iterations
    deviation = statistics.median(abs(one - statistics.median(each)) for one in each)
    return middle, _SIGMA_PER_MAD * deviation
