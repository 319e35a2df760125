"""From samples to one figure per benchmark. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from harness.microbench.device import Sample
from harness.microbench.suite import Kind

EMPTY = "empty"
"""The loop around nothing, which is subtracted from all other loops of its form."""


def per_iteration(sample: Sample) -> float:
    """Count of one iteration: what 2 N iterations take beyond N, over N; of several repeats the median.

    Call, set-up and the reading of the counter are in both, and cancel.
    """
    once, twice = statistics.median(sample.once), statistics.median(sample.twice)
    return (twice - once) / sample.iterations


def per_unit(samples: Sequence[Sample]) -> Mapping[str, float]:
    """Count of one unit of every benchmark, in the order given (suite.Kind says what a unit is)."""
    loop = next((per_iteration(s) for s in samples if s.benchmark.name == EMPTY), 0.0)
    figures = {}
    for sample in samples:
        inside = per_iteration(sample)
        if sample.benchmark.kind is Kind.MICRO and sample.benchmark.name != EMPTY:
            inside -= loop
        figures[sample.benchmark.name] = inside / sample.benchmark.units
    return figures
