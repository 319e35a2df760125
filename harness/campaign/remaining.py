"""How long a batch of measurements still takes: pure arithmetic over what was measured so far.

A measurement's wall time on a target is taken to be a + b x size of the model file, fitted by least squares to the
measurements made, with a, b >= 0; older ones fade, because the first on a target also builds its firmware. A target
without any measurement yet borrows the fit over all targets of its kind: emulators from emulators. Where there is none
to borrow (the host's own clock comes last), its jobs are counted apart instead of being guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

FADE = 0.97  # weight of a measurement after each further one on the same target
_RUNNING_SHARE = 0.95  # of its estimate that a running job can have behind it


@dataclass(frozen=True)
class Fit:
    """Weighted sums of (size, seconds) from which the line is fitted; immutable.

    Attributes:
        n: sum of the weights.
        x, y, xx, xy: weighted sums of size, seconds, size squared, size x seconds.
    """

    n: float = 0.0
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    xy: float = 0.0

    def with_sample(self, size_bytes: float, wall_s: float) -> Fit:
        """Return the fit after one more measurement."""
        return Fit(
            self.n * FADE + 1,
            self.x * FADE + size_bytes,
            self.y * FADE + wall_s,
            self.xx * FADE + size_bytes * size_bytes,
            self.xy * FADE + size_bytes * wall_s,
        )

    def line(self) -> tuple[float, float]:
        """Return (a seconds, b seconds per byte), both >= 0; (0, 0) without a measurement."""
        if not self.n:
            return 0.0, 0.0
        mean_x, mean_y = self.x / self.n, self.y / self.n
        variance = self.xx / self.n - mean_x * mean_x
        # Sizes that hardly differ say nothing about the slope.
        if variance <= 1e-6 * mean_x * mean_x or variance <= 0:
            return mean_y, 0.0
        slope = (self.xy / self.n - mean_x * mean_y) / variance
        if slope <= 0:
            return mean_y, 0.0
        offset = mean_y - slope * mean_x
        if offset >= 0:
            return offset, slope
        return 0.0, self.xy / self.xx


@dataclass(frozen=True)
class Waiting:
    """Jobs of one target that are not finished, running ones included.

    Attributes:
        count: how many.
        size_bytes: sum of their models' sizes.
        alone: whether they run one by one (timed by this machine's clock) instead of sharing the cores.
    """

    count: int
    size_bytes: float
    alone: bool = False


@dataclass(frozen=True)
class Running:
    """A job under way.

    Attributes:
        target: its name.
        size_bytes: of its model.
        elapsed_s: since it began.
    """

    target: str
    size_bytes: float
    elapsed_s: float


@dataclass(frozen=True)
class Costs:
    """What measurements have cost so far; immutable.

    Attributes:
        targets: fit of each target.
        kinds: fit over all targets that run alone (True), and over all others (False).
    """

    targets: Mapping[str, Fit] = field(default_factory=dict)
    kinds: Mapping[bool, Fit] = field(default_factory=dict)

    def with_sample(self, target: str, size_bytes: float, wall_s: float, *, alone: bool) -> Costs:
        """Return the costs after one more measurement."""
        fit = self.targets.get(target, Fit()).with_sample(size_bytes, wall_s)
        kind = self.kinds.get(alone, Fit()).with_sample(size_bytes, wall_s)
        return Costs({**self.targets, target: fit}, {**self.kinds, alone: kind})

    def total_s(self, target: str, count: int, size_bytes: float, *, alone: bool) -> float | None:
        """Return the expected seconds of `count` measurements with `size_bytes` of models together; None: unknown."""
        fit = self.targets.get(target) or self.kinds.get(alone)
        if fit is None:
            return None
        offset, slope = fit.line()
        return offset * count + slope * size_bytes


@dataclass(frozen=True)
class Remaining:
    """What is left.

    Attributes:
        seconds: wall time of the jobs whose cost is known.
        unknown: how many jobs come on top, about whose cost nothing is known.
    """

    seconds: float
    unknown: int


def remaining(
    costs: Costs,
    waiting: Mapping[str, Waiting],
    running: Iterable[Running],
    workers: int,
) -> Remaining:
    """Return the expected wall time until all `waiting` jobs are done.

    Args:
        costs: of what was measured.
        waiting: jobs not finished, by target.
        running: those of them that are under way, whose time so far is taken off.
        workers: how many jobs that share the cores run at a time.
    """
    work = {True: 0.0, False: 0.0}
    known = {True: 0, False: 0}
    unknown = 0
    for target, jobs in waiting.items():
        expected = costs.total_s(target, jobs.count, jobs.size_bytes, alone=jobs.alone)
        if expected is None:
            unknown += jobs.count
        else:
            work[jobs.alone] += expected
            known[jobs.alone] += jobs.count
    for job in running:
        alone = job.target in waiting and waiting[job.target].alone
        expected = costs.total_s(job.target, 1, job.size_bytes, alone=alone)
        if expected is not None:
            work[alone] -= min(job.elapsed_s, _RUNNING_SHARE * expected)
    at_once = max(1, min(workers, known[False]))
    return Remaining(max(0.0, work[True]) + max(0.0, work[False]) / at_once, unknown)


def spoken(seconds: float) -> str:
    """'40 s', '12 min', '3 h 20 min': no more digits than an estimate has."""
    if seconds < 100:
        step = 1 if seconds < 20 else 5
        return f"{max(1, round(seconds / step) * step)} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    minutes = round(minutes / 10) * 10
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


def in_words(left: Remaining) -> str:
    """'about 3 min left', '... and 40 more'; "" while nothing is known."""
    if not left.seconds:
        return ""
    more = f" and {left.unknown} more" if left.unknown else ""
    return f"about {spoken(left.seconds)} left{more}"
