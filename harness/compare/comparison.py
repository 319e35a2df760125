"""BASE against NEW, pair by pair: a pure function from measurements to changes and regressions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal, NamedTuple

from harness.compare.limits import Limits
from harness.compare.verdict import Noise, Series, counted_exactly, noise_of, several_runs
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


def compare(
    base: Iterable[Measurement],
    new: Iterable[Measurement],
    limits: Limits,
    *,
    alpha: float = ALPHA,
) -> Comparison:
    """Compare the newest measurements of each pair.

    Args:
        base, new: measurements in any order; of several of one pair the newest counts. Where both sides have three or
            more runs of a pair, with the same model and image as the newest, latency is the median of those runs, and
            noise what they differ among themselves.
        limits: which increase is a regression.
        alpha: probability that, although nothing changed, any latency of the whole comparison is called changed.
    """
    before, after = runs_of(base), runs_of(new)
    common = [pair for pair in after if pair in before]
    series = [(_series(before[pair]), _series(after[pair])) for pair in common]
    return Comparison(
        pairs=tuple(
            _pair_change(pair, (before[pair][-1], after[pair][-1]), both, noise, limits)
            for pair, both, noise in zip(common, series, noise_of(series, alpha), strict=True)
        ),
        missing=tuple(pair for pair in before if pair not in after),
        added=tuple(pair for pair in after if pair not in before),
        limits=limits,
    )


def runs_of(measurements: Iterable[Measurement]) -> dict[Pair, list[Measurement]]:
    """Return the runs of each pair, oldest first; of two at the same time, the later in order is newer."""
    found: dict[Pair, list[Measurement]] = {}
    for m in measurements:
        found.setdefault(Pair(m.model.name, m.target, m.engine, m.kernels), []).append(m)
    return {pair: sorted(runs, key=_age) for pair, runs in found.items()}


def _series(runs: Sequence[Measurement]) -> Series:
    """The newest run, and those that measured the same."""

    def content(m: Measurement) -> tuple[str, str, str]:
        return m.model.sha256, m.provenance.image_id, m.provenance.target_sha256

    alike = tuple(m.latency.us for m in runs if content(m) == content(runs[-1]))
    return Series(runs[-1].latency, alike)


def _age(measurement: Measurement) -> str:
    try:
        return utc(measurement.provenance.started).isoformat()
    except (ValueError, OverflowError):
        return ""


def _pair_change(
    pair: Pair,
    newest: tuple[Measurement, Measurement],
    series: tuple[Series, Series],
    noise: Noise,
    limits: Limits,
) -> PairChange:
    base, new = newest
    by_runs = several_runs(*series)
    us = [median(one.runs) if by_runs else one.latency.us for one in series]
    exact = Noise(True, "exact")
    memory = [
        ("flash", base.memory.flash_bytes, new.memory.flash_bytes),
        ("ram", base.memory.ram_bytes, new.memory.ram_bytes),
        ("arena", base.memory.arena_bytes, new.memory.arena_bytes),
        ("stack", base.memory.stack_bytes, new.memory.stack_bytes),
    ]
    changes = [_change("latency", "us", us[0], us[1], noise, limits)]
    changes += _worst_layer(base.latency, new.latency, limits)
    if base.energy.uj is not None and new.energy.uj is not None:
        # An estimated energy is a power times the latency: what holds of that, holds of it.
        estimated = base.energy.kind == new.energy.kind == "estimated"
        about = noise if estimated else Noise(None, "one figure")
        uj = [
            energy * median_us / latency.us if estimated and latency.us else energy
            for energy, median_us, latency in (
                (base.energy.uj, us[0], base.latency),
                (new.energy.uj, us[1], new.latency),
            )
        ]
        changes.append(_change("energy", "uj", uj[0], uj[1], about, limits))
    changes += [
        _change(name, "bytes", a, b, exact, limits)
        for name, a, b in memory
        if a is not None and b is not None
    ]
    was, now = base.check.bit_exact, new.check.bit_exact
    return PairChange(
        pair=pair,
        changes=tuple(changes),
        check_base=was,
        check_new=now,
        check_regression=(was is True and now is not True) or (was is None and now is False),
        notes=_notes(base, new, one_run=bool(noise.real and not by_runs)),
    )


def _change(
    metric: str,
    unit: str,
    base: float,
    new: float,
    noise: Noise,
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
    counted = counted_exactly(base) and counted_exactly(new)
    noise = Noise(True, "exact") if counted else Noise(None, "profiled once")
    return [_change("layer", "us", a.us, b.us, noise, limits, f"{a.index} {a.op}")]


def _notes(base: Measurement, new: Measurement, *, one_run: bool) -> tuple[str, ...]:
    old, now = base.provenance, new.provenance
    told = {
        "the model's content differs": base.model.sha256 != new.model.sha256,
        "the target's description differs": old.target_sha256 != now.target_sha256,
        "one run each: what differs between runs is not in the noise": one_run
        and "measured" in (base.latency.kind, new.latency.kind),
        "counted in other units": base.latency.unit != new.latency.unit,
        "other timing models": base.latency.unit == new.latency.unit
        and (old.timing_sha256, old.timing_plugin_sha256)
        != (now.timing_sha256, now.timing_plugin_sha256),
        "measured on different hosts": base.latency.kind == "measured" and old.host != now.host,
        "other compilers": old.compiler != now.compiler,
        "other emulators or drivers": old.driver != now.driver,
        "the operators differ": [x.op for x in base.latency.layers]
        != [x.op for x in new.latency.layers],
    }
    return tuple(note for note, applies in told.items() if applies)
