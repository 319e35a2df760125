"""Do two latencies differ by more than noise? Picks the rule of harness/compare/noise.py that fits the records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.compare.noise import (
    FEWEST_FOR_RANGES,
    holm,
    least_p,
    notches_apart,
    ranges_apart,
    rank_sum_p,
)
from harness.records import Latency


@dataclass(frozen=True)
class Noise:
    """Whether two figures differ by more than noise.

    Attributes:
        real: None where nothing says how large the noise is.
        rule: how that was decided.
        p: adjusted p-value where the rank sum test decided.
    """

    real: bool | None
    rule: str
    p: float | None = None


@dataclass(frozen=True)
class Series:
    """The latency of one pair on one side.

    Attributes:
        latency: of the newest run.
        runs: medians of all its runs, in microseconds, oldest first.
    """

    latency: Latency
    runs: tuple[float, ...]


def noise_of(series: Sequence[tuple[Series, Series]], alpha: float) -> list[Noise]:
    """Return the verdict on each (before, after); those that the rank sum test decides share `alpha` among them."""
    samples = [None if _both_exact(a, b) else _runs_or_repeats(a, b) for a, b in series]
    noisy = sum(one is not None for one in samples)
    testable = [
        index
        for index, one in enumerate(samples)
        if one is not None and least_p(len(one[0]), len(one[1])) <= alpha / noisy
    ]
    p_values = holm([rank_sum_p(*one) for i in testable if (one := samples[i]) is not None])
    adjusted = dict(zip(testable, p_values, strict=True))
    return [
        Noise(adjusted[i] <= alpha, f"rank sum test of {of_what(*pair)}", adjusted[i])
        if i in adjusted
        else _rule(*pair, samples[i])
        for i, pair in enumerate(series)
    ]


def several_runs(a: Series, b: Series) -> bool:
    """Return whether both sides have enough runs to judge by what differs between runs."""
    return min(len(a.runs), len(b.runs)) >= FEWEST_FOR_RANGES


def of_what(a: Series, b: Series) -> str:
    """Return what the noise is taken from: "runs", or "repeats" of the newest run."""
    return "runs" if several_runs(a, b) else "repeats"


_Samples = tuple[Sequence[float], Sequence[float]]


def _runs_or_repeats(a: Series, b: Series) -> _Samples | None:
    """Medians of the runs where there are several, else the repeats of the newest; None where those were not kept."""
    if several_runs(a, b):
        return a.runs, b.runs
    repeats = _repeats(a.latency), _repeats(b.latency)
    return repeats if all(repeats) else None


def _rule(a: Series, b: Series, samples: _Samples | None) -> Noise:
    """The verdict where the rank sum test has none."""
    if _both_exact(a, b):
        return Noise(a.latency.us != b.latency.us, "exact")
    if samples is not None:
        if min(map(len, samples)) < FEWEST_FOR_RANGES:
            return Noise(None, f"fewer than {FEWEST_FOR_RANGES} repeats")
        return Noise(ranges_apart(*samples), f"ranges of few {of_what(a, b)}")
    one, other = a.latency, b.latency
    if min(one.repeats, other.repeats) < FEWEST_FOR_RANGES:
        return Noise(None, f"fewer than {FEWEST_FOR_RANGES} repeats")
    quartiles = [(x.us, x.spread * x.us, x.repeats) for x in (one, other)]
    return Noise(notches_apart(*quartiles[0], *quartiles[1]), "notches of quartiles")


def _both_exact(a: Series, b: Series) -> bool:
    return counted_exactly(a.latency) and counted_exactly(b.latency)


def counted_exactly(latency: Latency) -> bool:
    """Return whether it is counted by an emulator: the same in every run, though repeats differ as caches warm."""
    return latency.kind == "modelled"


def _repeats(latency: Latency) -> list[float]:
    """Every repeat in microseconds; empty where the record does not hold them."""
    if len(latency.cycles_all) != latency.repeats or not latency.cycles:
        return []
    return [cycles * latency.us / latency.cycles for cycles in latency.cycles_all]
