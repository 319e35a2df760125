"""Many jobs on all cores. Jobs on a real clock of this host run alone, so that nothing disturbs their time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from threading import Event

from harness.campaign.locks import WAIT_LIMIT_S, MachineLocks
from harness.errors import TinyhilError
from harness.measure.bench import measure
from harness.measure.job import Job
from harness.records import Measurement
from targets.deadline import Deadline

PhaseReport = Callable[[Job, str], None]
Measure = Callable[[Job, Callable[[str], None]], Measurement]
WAITING = "waiting for this machine"


@dataclass(frozen=True)
class Outcome:
    """What became of a job: a measurement or an error.

    Attributes:
        wall_s: seconds that it took, without waiting for its turn.
    """

    job: Job
    measurement: Measurement | None = None
    error: TinyhilError | None = None
    wall_s: float = 0.0


def run_batch(
    jobs: Sequence[Job],
    workers: int,
    phase: PhaseReport,
    *,
    measure: Measure = measure,
    locks: MachineLocks | None = None,
) -> Iterator[Outcome]:
    """Carry out `jobs`, at most `workers` at a time, yielding each outcome as it comes.

    Emulators count modelled cycles, which a busy host does not change: they share the cores. Targets of kind "host" are
    timed by this machine's clock and follow one by one, after all others have ended, and while no other process of
    this machine measures (harness/campaign/locks.py). Memory does not grow with the number of jobs: no outcome is
    kept, and no more work is begun while the caller is busy with one than `workers` can hold. Leaving the iterator
    early lets the jobs under way end and starts no more.

    Args:
        jobs: what to measure.
        workers: of emulated jobs.
        phase: told what is being done.
        measure: makes one measurement.
        locks: of this machine.

    Raises:
        Exception: only what is no TinyhilError, i.e. a defect.
    """
    bench = _Bench(phase, measure, locks or MachineLocks())
    quiet = (job for job in jobs if job.target.kind == "host")
    shared = (job for job in jobs if job.target.kind != "host")
    yield from bench.run(shared, workers)
    yield from bench.run(quiet, 1)


class _Bench:
    """Carries jobs out in threads, each under the machine's locks."""

    def __init__(self, phase: PhaseReport, measure: Measure, locks: MachineLocks) -> None:
        self._phase = phase
        self._measure = measure
        self._locks = locks
        self._stop = Event()

    def run(self, jobs: Iterable[Job], workers: int) -> Iterator[Outcome]:
        """Carry out `jobs` and yield the outcomes."""
        rest = iter(jobs)
        first = list(islice(rest, workers))
        if not first:
            return
        # The pool's threads outlive every device they start: drivers bind a child's life to its starting thread.
        with ThreadPoolExecutor(max_workers=len(first), thread_name_prefix="bench") as pool:
            under_way = {pool.submit(self._one, job) for job in first}
            try:
                while under_way:
                    ended: set[Future[Outcome]]
                    ended, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                    under_way |= {pool.submit(self._one, job) for job in islice(rest, len(ended))}
                    while ended:
                        yield ended.pop().result()
            finally:
                self._stop.set()
                for future in under_way:
                    future.cancel()
        self._stop.clear()

    def _one(self, job: Job) -> Outcome:
        begin_s = time.monotonic()
        try:
            with self._locks.held(
                alone=job.target.kind == "host",
                deadline=Deadline.after(WAIT_LIMIT_S),
                stop=self._stop,
                waiting=lambda: self._phase(job, WAITING),
            ):
                begin_s = time.monotonic()
                measurement = self._measure(job, lambda what: self._phase(job, what))
            return Outcome(job, measurement=measurement, wall_s=time.monotonic() - begin_s)
        except TinyhilError as error:
            return Outcome(job, error=error, wall_s=time.monotonic() - begin_s)
