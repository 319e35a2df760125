"""A campaign: jobs with a name, carried out over any number of calls, each measured once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.campaign.keys import Planner
from harness.campaign.locks import MachineLocks, opened, try_lock
from harness.errors import ModelFileError, StoreError, TinyhilError, UsageError
from harness.measure import bench
from harness.measure.batch import Measure, Outcome, PhaseReport, run_batch
from harness.measure.job import Job
from harness.paths import data_dir
from harness.store import Store
from harness.store.jobs import JobRecord, PlannedJob

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Campaign:
    """One call's share of a campaign; use Campaign.opened.

    Attributes:
        name: of the campaign; its measurements carry it as their label.
        todo: the jobs that are left to do, in order.
    """

    def __init__(
        self,
        name: str,
        store: Store,
        planned: Sequence[tuple[Job, PlannedJob]],
        todo: tuple[Job, ...],
        labels: tuple[str, ...],
    ) -> None:
        """Wrap what Campaign.opened has prepared."""
        self.name = name
        self.todo = todo
        self._store = store
        self._ledger = store.ledger()
        self._planned = {id(job): plan for job, plan in planned}
        self._labels = labels

    @classmethod
    @contextmanager
    def opened(
        cls,
        name: str,
        jobs: Sequence[Job],
        store: Store,
        *,
        label: str = "",
        retry_failed: bool = False,
    ) -> Iterator[Campaign]:
        """Enter `jobs` into the campaign and yield what is left to do; no other process of this machine can meanwhile.

        Args:
            name: letters, digits, ".", "_", "-"; at most 100.
            jobs: all that this call is about; those of the same content count once.
            store: where results and the campaign's state are kept.
            label: a further label of the measurements.
            retry_failed: whether jobs that failed in an earlier call are tried again.

        Raises:
            UsageError: the name has other characters.
            StoreError: another process runs this campaign, or the store cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"campaign name '{name}': use up to 100 letters, digits, '.', '_' and '-'"
            )
        with ExitStack() as stack:
            if not try_lock(stack.enter_context(opened(_lock_file(store, name)))):
                raise StoreError(f"campaign '{name}' is being run by another process; wait for it")
            planner = Planner()
            planned = {id(job): planner.planned(job) for job in jobs}
            ledger = store.ledger()
            states = ledger.plan(name, list(planned.values()))
            if retry_failed:
                again = [key for key, state in states.items() if state == "failed"]
                ledger.reopen(name, again)
                states.update(dict.fromkeys(again, "open"))
            first = {plan.key: job for job in reversed(jobs) for plan in (planned[id(job)],)}
            todo = tuple(
                job
                for job in jobs
                if first[(key := planned[id(job)].key)] is job and states[key] == "open"
            )
            labels = tuple(dict.fromkeys((name, label))) if label else (name,)
            yield cls(name, store, [(job, planned[id(job)]) for job in jobs], todo, labels)

    def run(
        self,
        workers: int,
        phase: PhaseReport,
        *,
        measure: Measure = bench.measure,
        locks: MachineLocks | None = None,
    ) -> Iterator[Outcome]:
        """Carry out what is left, yielding each outcome once it is in the store; see run_batch.

        Raises:
            StoreError: results cannot be kept. The job concerned stays open.
        """
        for outcome in run_batch(self.todo, workers, phase, measure=measure, locks=locks):
            yield self._kept(outcome)

    def records(self) -> list[JobRecord]:
        """Return what has become of this call's jobs, each once, in their order."""
        found = {record.key: record for record in self._ledger.jobs(self.name)}
        keys = dict.fromkeys(plan.key for plan in self._planned.values())
        return [found[key] for key in keys]

    def _kept(self, outcome: Outcome) -> Outcome:
        plan = self._planned[id(outcome.job)]
        error = outcome.error
        measurement = outcome.measurement
        if measurement is not None and measurement.model.sha256 != plan.model_sha256:
            error = ModelFileError(
                "the file changed while the campaign ran; run it again", model=plan.model_path
            )
            outcome = Outcome(outcome.job, error=error, wall_s=outcome.wall_s)
        elif measurement is not None:
            self._ledger.finish(
                self.name, plan.key, measurement, labels=self._labels, wall_s=outcome.wall_s
            )
        if isinstance(error, StoreError):
            # A full disk is no fault of the job, and would be the end of all that follow.
            raise error
        if error is not None:
            self._ledger.fail(
                self.name,
                plan.key,
                _one_line(error),
                exit_code=error.exit_code,
                wall_s=outcome.wall_s,
            )
        return outcome


def is_running(store: Store, name: str) -> bool:
    """Whether a process of this user runs the campaign now."""
    path = _lock_file(store, name)
    if not path.exists():
        return False
    with opened(path) as descriptor:
        return not try_lock(descriptor, shared=True)


def _one_line(error: TinyhilError) -> str:
    return " ".join(str(error).split())


def _lock_file(store: Store, name: str) -> Path:
    digest = hashlib.sha256(f"{store.name}\0{name}".encode("utf-8", "backslashreplace"))
    return data_dir() / "locks" / f"campaign-{digest.hexdigest()[:32]}.lock"
