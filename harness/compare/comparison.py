"""BASE against NEW, pair by pair: a pure function from measurements to changes and regressions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from harness.compare.limits import Limits
from harness.compare.noise import (
    FEWEST_FOR_RANGES,
    holm,
    least_p,
    notches_apart,
    ranges_apart,
    rank_sum_p,
)
from harness.records import Latency, Measurement
from harness.store.codec import utc

ALPHA = 0.01
LEAST_LAYER_SHARE = 0.01

Verdict = Literal["same", "better", "worse", "noise", "unknown"]


class Pair(NamedTuple):
    """What is compared with its like."""

    model: str
    target: str
    engine: str
    kernels: str

    def __str__(self) -> str:
        return f"{self.model} on {self.target}, {self.engine}/{self.kernels}"


@dataclass(frozen=True)
class Change:
    """One figure, before and after.

    Attributes:
        metric: of harness/compare/limits.py.
        unit: "us", "uj" or "bytes".
        base, new: the figures.
        verdict: "same"; "better" or "worse" beyond noise; "noise": no more than that; "unknown": nothing says how
            large the noise is.
        rule: how that was decided.
        p: of the rank sum test, adjusted for the number of pairs; None where another rule decided.
        regression: worse, and beyond the limit.
        detail: which layer.
    """

    metric: str
    unit: str
    base: float
    new: float
    verdict: Verdict
    rule: str
    p: float | None = None
    regression: bool = False
    detail: str = ""

    @property
    def relative(self) -> float | None:
        """(new - base) / base; None where base is 0."""
        return (self.new - self.base) / self.base if self.base else None


@dataclass(frozen=True)
class PairChange:
    """All that changed in one pair.

    Attributes:
        check_base, check_new: whether outputs were bit-exact; None: not compared.
        check_regression: outputs were exact and are not known to be so any more, or are now known to differ.
        notes: what makes the two less comparable.
    """

    pair: Pair
    changes: tuple[Change, ...]
    check_base: bool | None
    check_new: bool | None
    check_regression: bool
    notes: tuple[str, ...]

    @property
    def regressed(self) -> bool:
        """Whether anything is a regression."""
        return self.check_regression or any(change.regression for change in self.changes)


@dataclass(frozen=True)
class Comparison:
    """The outcome.

    Attributes:
        pairs: those that both sides have, in NEW's order.
        missing: those that only BASE has.
        added: those that only NEW has.
        limits: what was asked for.
    """

    pairs: tuple[PairChange, ...]
    missing: tuple[Pair, ...]
    added: tuple[Pair, ...]
    limits: Limits

    @property
    def failed(self) -> bool:
        """Whether there is a regression."""
        return any(p.regressed for p in self.pairs) or bool(self.limits.missing and self.missing)


@dataclass(frozen=True)
class _Noise:
    """Whether two latencies differ by more than noise; None: unknown."""

    real: bool | None
    rule: str
    p: float | None = None


def compare(
    base: Iterable[Measurement],
    new: Iterable[Measurement],
    limits: Limits,
    *,
    alpha: float = ALPHA,
) -> Comparison:
    """Compare the newest measurements of each pair.

    Args:
        base, new: measurements in any order; of several of one pair the newest counts.
        limits: which increase is a regression.
        alpha: probability that, although nothing changed, any latency of the whole comparison is called changed.
    """
    before, after = newest(base), newest(new)
    common = [pair for pair in after if pair in before]
    noise = _noise([(before[p].latency, after[p].latency) for p in common], alpha)
    return Comparison(
        pairs=tuple(
            _pair_change(pair, before[pair], after[pair], about, limits)
            for pair, about in zip(common, noise, strict=True)
        ),
        missing=tuple(pair for pair in before if pair not in after),
        added=tuple(pair for pair in after if pair not in before),
        limits=limits,
    )


def newest(measurements: Iterable[Measurement]) -> dict[Pair, Measurement]:
    """Return the measurement of each pair that was started last; of two at the same time, the later in order."""
    found: dict[Pair, Measurement] = {}
    for m in measurements:
        pair = Pair(m.model.name, m.target, m.engine, m.kernels)
        if pair not in found or _age(m) >= _age(found[pair]):
            found[pair] = m
    return found


def _age(measurement: Measurement) -> str:
    try:
        return utc(measurement.provenance.started).isoformat()
    except (ValueError, OverflowError):
        return ""


def _noise(latencies: Sequence[tuple[Latency, Latency]], alpha: float) -> list[_Noise]:
    """The verdicts on all pairs; those that the rank sum test decides share alpha among them."""
    noisy = [
        index
        for index, (a, b) in enumerate(latencies)
        if not (_exact(a) and _exact(b)) and _samples(a) and _samples(b)
    ]
    testable = [i for i in noisy if _least_p(*latencies[i]) <= alpha / len(noisy)]
    p_values = holm([rank_sum_p(*map(_samples, latencies[i])) for i in testable])
    adjusted = dict(zip(testable, p_values, strict=True))
    return [
        _Noise(adjusted[i] <= alpha, "rank sum test", adjusted[i]) if i in adjusted else _rule(a, b)
        for i, (a, b) in enumerate(latencies)
    ]


def _rule(a: Latency, b: Latency) -> _Noise:
    """The verdict where the rank sum test has none."""
    if _exact(a) and _exact(b):
        return _Noise(a.us != b.us, "exact")
    if min(a.repeats, b.repeats) < FEWEST_FOR_RANGES:
        return _Noise(None, f"fewer than {FEWEST_FOR_RANGES} repeats")
    if _samples(a) and _samples(b):
        return _Noise(ranges_apart(_samples(a), _samples(b)), "ranges of few repeats")
    apart = notches_apart(a.us, a.spread * a.us, a.repeats, b.us, b.spread * b.us, b.repeats)
    return _Noise(apart, "notches of quartiles")


def _exact(latency: Latency) -> bool:
    """Whether it is counted by an emulator, without any difference between repeats."""
    return latency.kind == "modelled" and latency.min_us == latency.max_us


def _samples(latency: Latency) -> list[float]:
    """Every repeat in microseconds; empty where the record does not hold them."""
    if len(latency.cycles_all) != latency.repeats or not latency.cycles:
        return []
    return [cycles * latency.us / latency.cycles for cycles in latency.cycles_all]


def _least_p(a: Latency, b: Latency) -> float:
    return least_p(a.repeats, b.repeats)


def _pair_change(
    pair: Pair, base: Measurement, new: Measurement, noise: _Noise, limits: Limits
) -> PairChange:
    exact = _Noise(True, "exact")
    memory = [
        ("flash", base.memory.flash_bytes, new.memory.flash_bytes),
        ("ram", base.memory.ram_bytes, new.memory.ram_bytes),
        ("arena", base.memory.arena_bytes, new.memory.arena_bytes),
        ("stack", base.memory.stack_bytes, new.memory.stack_bytes),
    ]
    changes = [_change("latency", "us", base.latency.us, new.latency.us, noise, limits)]
    changes += _worst_layer(base.latency, new.latency, limits)
    if base.energy.uj is not None and new.energy.uj is not None:
        # An estimated energy is a power times the latency: what holds of that, holds of it.
        estimated = base.energy.kind == new.energy.kind == "estimated"
        about = noise if estimated else _Noise(None, "one figure")
        changes.append(_change("energy", "uj", base.energy.uj, new.energy.uj, about, limits))
    changes += [_change(name, "bytes", a, b, exact, limits) for name, a, b in memory]
    was, now = base.check.bit_exact, new.check.bit_exact
    return PairChange(
        pair=pair,
        changes=tuple(changes),
        check_base=was,
        check_new=now,
        check_regression=(was is True and now is not True) or (was is None and now is False),
        notes=_notes(base, new),
    )


def _change(
    metric: str,
    unit: str,
    base: float,
    new: float,
    noise: _Noise,
    limits: Limits,
    detail: str = "",
) -> Change:
    verdict: Verdict
    if noise.real is None:
        verdict = "unknown"
    elif noise.real and base != new:
        verdict = "worse" if new > base else "better"
    else:
        verdict = "same" if base == new else "noise"
    regression = verdict == "worse" and limits.exceeded(metric, base, new)
    return Change(metric, unit, base, new, verdict, noise.rule, noise.p, regression, detail)


def _worst_layer(base: Latency, new: Latency, limits: Limits) -> list[Change]:
    """The layer that slowed down most, relatively, among those with 1 % of the time or more; none where the
    operators are not the same. Layers are profiled once: only counted ones can be judged."""
    ops = [[(layer.index, layer.op) for layer in side.layers] for side in (base, new)]
    if ops[0] != ops[1]:
        return []
    floor_us = LEAST_LAYER_SHARE * sum(layer.us for layer in base.layers)
    pairs = [
        (a, b) for a, b in zip(base.layers, new.layers, strict=True) if a.us and a.us >= floor_us
    ]
    if not pairs:
        return []
    a, b = max(pairs, key=lambda pair: pair[1].us / pair[0].us)
    counted = _exact(base) and _exact(new)
    noise = _Noise(True, "exact") if counted else _Noise(None, "profiled once")
    return [_change("layer", "us", a.us, b.us, noise, limits, f"{a.index} {a.op}")]


def _notes(base: Measurement, new: Measurement) -> tuple[str, ...]:
    old, now = base.provenance, new.provenance
    told = {
        "the model's content differs": base.model.sha256 != new.model.sha256,
        "the target's description differs": old.target_sha256 != now.target_sha256,
        "counted in other units": base.latency.unit != new.latency.unit,
        "measured on different hosts": base.latency.kind == "measured" and old.host != now.host,
        "other compilers": old.compiler != now.compiler,
        "other emulators or drivers": old.driver != now.driver,
        "the operators differ": [x.op for x in base.latency.layers]
        != [x.op for x in new.latency.layers],
    }
    return tuple(note for note, applies in told.items() if applies)
