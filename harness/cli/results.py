"""What `tinyhil run` has to say at its end, from memory for a few jobs, from the store for a campaign."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from harness.campaign.runner import Campaign
from harness.cli import output
from harness.cli.jobs import Done, measure_all, shown
from harness.cli.junit import Case, junit_xml, measured_case
from harness.files import write_atomic
from harness.measure.batch import Outcome
from harness.measure.job import Job
from harness.records import Measurement
from harness.store import Store
from harness.store.codec import document_parts
from harness.store.jobs import JobRecord

_MOST_SHOWN = 50  # measurements that a terminal shows one by one


class Results(Protocol):
    """The end of a run."""

    def write(self, path: Path) -> None:
        """Write the JSON document to `path`, whole or not at all."""

    def write_junit(self, path: Path) -> None:
        """Write JUnit XML to `path`, whole or not at all."""

    def show(self, *, as_json: bool) -> None:
        """Print to stdout."""

    def leave(self) -> None:
        """Exit with the first error's code, or 1 when outputs differ; return when all is well."""


def run_once(jobs: Sequence[Job], workers: int, store: Store | None, label: str) -> Results:
    """Measure everything, and keep it in memory and in `store`."""
    walls: dict[int, Outcome] = {}

    def keep(outcome: Outcome) -> None:
        walls[id(outcome.job)] = outcome
        if store is not None and outcome.measurement is not None:
            store.add(outcome.measurement, label=label or None)

    done = measure_all(jobs, workers, keep)
    return _Once(done, [walls[id(job)] for job in jobs])


def run_campaign(
    name: str, jobs: Sequence[Job], workers: int, store: Store, label: str, retry_failed: bool
) -> Results:
    """Measure what is left of a campaign. Results go to the store and are read back as they are needed.

    Raises:
        UsageError: no valid name.
        StoreError: another process runs it, or results cannot be kept.
    """
    with Campaign.opened(name, jobs, store, label=label, retry_failed=retry_failed) as campaign:
        carried_out = 0
        for _ in shown(campaign.todo, workers, lambda phase: campaign.run(workers, phase)):
            carried_out += 1
        return _OfCampaign(name, store, campaign.records(), carried_out)


class _Once:
    """Results of one call, in memory."""

    def __init__(self, done: Done, outcomes: Sequence[Outcome]) -> None:
        self._done = done
        self._outcomes = outcomes

    def write(self, path: Path) -> None:
        """See Results."""
        write_atomic(path, _encoded(self._done.measurements))

    def write_junit(self, path: Path) -> None:
        """See Results."""
        write_atomic(path, junit_xml(map(_case_of, self._outcomes)))

    def show(self, *, as_json: bool) -> None:
        """See Results."""
        if as_json:
            output.print_json(self._done.measurements)
        elif self._done.measurements:
            output.print_results(self._done.measurements)

    def leave(self) -> None:
        """See Results."""
        self._done.leave()


class _OfCampaign:
    """Results of all calls of a campaign with these jobs, in the store."""

    def __init__(
        self, name: str, store: Store, records: Sequence[JobRecord], carried_out: int
    ) -> None:
        self._name = name
        self._store = store
        self._records = records
        self._carried_out = carried_out

    def write(self, path: Path) -> None:
        """See Results."""
        write_atomic(path, _encoded(self._measurements()))

    def write_junit(self, path: Path) -> None:
        """See Results."""
        write_atomic(path, junit_xml(self._cases()))

    def show(self, *, as_json: bool) -> None:
        """See Results."""
        if as_json:
            for part in document_parts(self._measurements()):
                sys.stdout.write(part)
            return
        done = [record for record in self._records if record.state == "done"]
        if 0 < len(done) <= _MOST_SHOWN:
            output.print_results(list(self._measurements()))
        failed = len(self._records) - len(done)
        output.stdout().print(
            f"campaign {self._name}: {len(done)} done, {failed} failed; {self._carried_out} of them in this run."
            f" `tinyhil campaign {self._name}` lists them, `tinyhil report --label {self._name}` shows them.",
            soft_wrap=True,
            markup=False,
        )

    def leave(self) -> None:
        """See Results."""
        for record in self._records:
            if record.state == "failed":
                sys.exit(record.exit_code)
        if any(record.bit_exact is False for record in self._records):
            sys.exit(1)

    def _measurements(self) -> Iterator[Measurement]:
        return self._store.stream(r.measurement_id for r in self._records if r.measurement_id)

    def _cases(self) -> Iterator[Case]:
        measured = self._measurements()
        for record in self._records:
            if record.measurement_id:
                yield measured_case(next(measured), record.wall_s)
            else:
                yield Case(
                    model=record.model,
                    target=record.target,
                    engine=record.engine,
                    kernels=record.kernels,
                    wall_s=record.wall_s,
                    error=record.error or "not measured",
                    kind=f"exit code {record.exit_code}",
                )


def _encoded(measurements: Iterable[Measurement]) -> bytes:
    return b"".join(part.encode("ascii") for part in document_parts(measurements))


def _case_of(outcome: Outcome) -> Case:
    if outcome.measurement is not None:
        return measured_case(outcome.measurement, outcome.wall_s)
    job, error = outcome.job, outcome.error
    return Case(
        model=job.name,
        target=job.target.name,
        engine=job.engine,
        kernels=job.kernels,
        wall_s=outcome.wall_s,
        error=" ".join(str(error).split()),
        kind=type(error).__name__,
    )
