"""Spends a calibration's budget: which networks are measured, in which order, and which of them again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from harness.errors import UsageError
from harness.latency.fit import HELD_OUT, LEAST_NETWORKS, fit_model_or_none, outliers
from harness.latency.log import Log
from harness.latency.measure import Candidate, Measurer, Planned, Tally, Workers
from harness.latency.networks import Space
from harness.latency.sampling import Sampling, choose

Progress = Callable[[str], None]

POOL = 5
"""Candidates to choose one from."""
_ROUNDS = 10
_LEAST_ROUND = 4
_REPEAT_TOLERANCE = 0.01


@dataclass(frozen=True)
class Plan:
    """What to calibrate with.

    Attributes:
        spaces: networks are drawn from all of them.
        budget: networks to measure in all, those in the log included.
        sampling: how the networks to fit are chosen.
        seed: of the draw and of the split.

    Raises:
        UsageError: the budget is too small or there is no space.
    """

    spaces: Sequence[Space]
    budget: int
    sampling: Sampling = "random"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.budget < LEAST_NETWORKS:
            raise UsageError(f"a budget of {self.budget} is too small: {LEAST_NETWORKS} or more")
        if not self.spaces:
            raise UsageError("name a search space (--space)")

    @property
    def drawn(self) -> int:
        """How many networks are random draws: what intervals and errors are checked with must be."""
        return (
            self.budget if self.sampling == "random" else max(2, round(2 * HELD_OUT * self.budget))
        )


def collect(plan: Plan, workers: Workers, log: Log, progress: Progress = lambda _: None) -> Tally:
    """Measure until the log holds the budget's networks, then repeat outliers.

    Raises:
        UsageError: no network of a space fits the target.
        TinyhilError: a device that fails on every network, a missing tool.
    """
    names = {space.name for space in plan.spaces}
    known = len(log.entries.of(names))

    def tell(tally: Tally, name: str) -> None:
        progress(f"{known + tally.measured} of {plan.budget} networks measured: {name}")

    measurer = Measurer(workers, log, tell)
    share, more = divmod(plan.drawn, len(plan.spaces))
    for position, space in enumerate(plan.spaces):
        drawn = [s for s in log.entries.of({space.name}) if s.chosen == "random"]
        wanted = share + (position < more) - len(drawn)
        measurer.spend(_in_order(space, plan.seed, measurer), wanted)
    _choose(plan, measurer, log, names)
    progress("looking for outliers")
    odd = outliers(log.entries.of(names), log.identity.simd)
    for space in plan.spaces:
        own = {sample.sha256 for sample in log.entries.of({space.name})}
        measurer.repeat(space, [s for s in odd if s.sha256 in own], _REPEAT_TOLERANCE)
    return measurer.tally


def _choose(plan: Plan, measurer: Measurer, log: Log, names: set[str]) -> None:
    """Measure what is left of the budget in rounds: each one's networks are chosen from a pool of new ones."""
    size = max(_LEAST_ROUND, (plan.budget - plan.drawn) // _ROUNDS)
    streams = {space.name: _in_order(space, plan.seed, measurer) for space in plan.spaces}
    pool: list[Planned] = []
    while (left := plan.budget - len(log.entries.of(names))) > 0:
        wanted = min(size, left)
        for space in plan.spaces:
            own = sum(planned.candidate.space is space for planned in pool)
            lacking = -(-POOL * size // len(plan.spaces)) - own
            pool += measurer.plan(streams[space.name], lacking)
        samples = [s for s in log.entries.of(names) if s.chosen != "random"]
        simd = log.identity.simd
        model = fit_model_or_none(samples, simd)
        best = choose(
            plan.sampling, [p.steps for p in pool], wanted, simd, model, plan.seed + len(samples)
        )
        measurer.spend(iter([pool[i].candidate for i in best]), wanted, chosen=plan.sampling)
        pool = [planned for i, planned in enumerate(pool) if i not in set(best)]


def _in_order(space: Space, seed: int, measurer: Measurer) -> Iterator[Candidate]:
    """Members from `seed` on: every one is a random draw of its own."""
    index = seed
    while True:
        candidate = Candidate(space, index)
        if not measurer.known(candidate):
            yield candidate
        index += 1
