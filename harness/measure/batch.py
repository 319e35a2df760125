"""Many jobs on all cores. Jobs on a real clock of this host run alone, so that nothing disturbs their time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from harness.errors import TinyhilError
from harness.measure.bench import measure
from harness.measure.job import Job
from harness.records import Measurement

PhaseReport = Callable[[Job, str], None]


@dataclass(frozen=True)
class Outcome:
    """What became of a job: a measurement or an error."""

    job: Job
    measurement: Measurement | None = None
    error: TinyhilError | None = None


def run_batch(jobs: Sequence[Job], workers: int, phase: PhaseReport) -> Iterator[Outcome]:
    """Carry out `jobs`, at most `workers` at a time, yielding each outcome as it comes.

    Emulators count instructions, which a busy host does not change: they share the cores. Targets of kind "host" are
    timed by this machine's clock and follow one by one, after all others have ended. Leaving the iterator early lets
    the jobs under way end and starts no more.

    Raises:
        Exception: only what is no TinyhilError, i.e. a defect.
    """
    quiet = [job for job in jobs if job.target.kind == "host"]
    shared = [job for job in jobs if job.target.kind != "host"]
    for batch, width in ((shared, workers), (quiet, 1)):
        if batch:
            yield from _run(batch, width, phase)


def _run(jobs: Sequence[Job], workers: int, phase: PhaseReport) -> Iterator[Outcome]:
    # The pool's threads outlive every device they start: drivers bind a child's life to its starting thread.
    with ThreadPoolExecutor(
        max_workers=min(workers, len(jobs)), thread_name_prefix="bench"
    ) as pool:
        waiting = {pool.submit(_one, job, phase) for job in jobs}
        try:
            while waiting:
                ended: set[Future[Outcome]]
                ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in ended:
                    yield future.result()
        finally:
            for future in waiting:
                future.cancel()


def _one(job: Job, phase: PhaseReport) -> Outcome:
    try:
        return Outcome(job, measurement=measure(job, lambda what: phase(job, what)))
    except TinyhilError as error:
        return Outcome(job, error=error)
