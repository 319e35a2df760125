"""The bar under a running batch: what is being done, how far it is, how long it still takes."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from harness.campaign.remaining import Costs, Remaining, Running, Waiting, in_words, remaining
from harness.cli import output
from harness.measure.batch import WAITING, Outcome
from harness.measure.job import Job


class BatchProgress:
    """A progress bar of `jobs` on a terminal; where stderr is none, a line once jobs wait. A context manager.

    Args:
        jobs: those that will be carried out.
        workers: how many at a time.
        console: of stderr.
    """

    def __init__(self, jobs: Sequence[Job], workers: int, console: Console) -> None:
        self._workers = workers
        self._costs = Costs()
        self._tell_waiting = output.waiting_line(console)
        self._waiting: dict[str, Waiting] = {}
        self._running: dict[int, tuple[str, int, float]] = {}
        for job in jobs:
            self._count(job, 1)
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TimeElapsedColumn(),
            _Remaining(self),
            console=console,
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._bar.add_task("measuring", total=len(jobs))

    def phase(self, job: Job, what: str) -> None:
        """Show what is being done; called from the threads that do it."""
        if what != WAITING:
            begin = (job.target.name, _size(job), time.monotonic())
            self._running.setdefault(id(job), begin)
        elif self._bar.disable:
            self._tell_waiting()
        self._bar.update(self._task, description=f"{job.name} on {job.target.name}: {what}")

    def ended(self, outcome: Outcome) -> None:
        """Count a job that has come to its end, and learn from the time it took."""
        job = outcome.job
        self._running.pop(id(job), None)
        self._count(job, -1)
        # A refused model fails in no time: that says nothing about a measurement.
        if outcome.measurement is not None:
            self._costs = self._costs.with_sample(
                job.target.name, _size(job), outcome.wall_s, alone=job.target.kind == "host"
            )
        self._bar.advance(self._task)

    def remaining(self) -> Remaining:
        """Return what is expected to be left."""
        now = time.monotonic()
        running = [Running(name, size, now - begin) for name, size, begin in _copy(self._running)]
        return remaining(self._costs, self._waiting, running, self._workers)

    def _count(self, job: Job, change: int) -> None:
        name = job.target.name
        before = self._waiting.get(name, Waiting(0, 0.0, job.target.kind == "host"))
        size = before.size_bytes + change * _size(job)
        self._waiting[name] = Waiting(before.count + change, size, before.alone)

    def __enter__(self) -> BatchProgress:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()


class _Remaining(ProgressColumn):
    """'about 3 min left'."""

    max_refresh = 0.5

    def __init__(self, batch: BatchProgress) -> None:
        super().__init__()
        self._batch = batch

    def render(self, task: Task) -> Text:
        """See ProgressColumn."""
        return Text(in_words(self._batch.remaining()), style="dim")


def _copy(running: dict[int, tuple[str, int, float]]) -> list[tuple[str, int, float]]:
    """The values, taken at once: other threads add to them."""
    return list(running.copy().values())


def _size(job: Job) -> int:
    try:
        return job.model.stat().st_size
    except OSError:
        return 0
