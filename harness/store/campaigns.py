"""Campaigns in the store: which jobs each has, and what became of them.

A measurement and the mark that its job is done are written in one transaction: after a crash a job is either done and
has its measurement, or is still open and has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any, cast

from sqlalchemy import Select, case, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from harness.errors import StoreError
from harness.records import Measurement
from harness.store.codec import column_text
from harness.store.database import Database
from harness.store.jobs import CampaignSummary, JobRecord, PlannedJob, State
from harness.store.tables import CampaignJobRow, MeasurementRow

_CHUNK = 500  # names in one IN (...): below every database's limit
_RACES = 3
_table = CampaignJobRow


class Ledger:
    """The campaigns of one open database. Every method raises StoreError when it cannot be read or written."""

    def __init__(self, database: Database) -> None:
        """Wrap an open database; use Store.ledger."""
        self._database = database

    def plan(self, campaign: str, jobs: Sequence[PlannedJob]) -> dict[str, State]:
        """Make sure that every job is in the campaign, and return their states by key.

        What is done or failed already stays so. A job that was not done and is asked for with other content (its key
        differs, the rest does not) is replaced by the new one.
        """
        for races_left in reversed(range(_RACES)):
            try:
                with self._database.session(writes=True, races=True) as session:
                    return _plan(session, column_text(campaign), jobs)
            except IntegrityError:
                # Another machine planned the same campaign at this moment.
                if not races_left:
                    raise
        raise AssertionError("unreachable: the last race returns or raises")

    def finish(
        self,
        campaign: str,
        key: str,
        measurement: Measurement,
        *,
        labels: Sequence[str] = (),
        wall_s: float = 0.0,
    ) -> bool:
        """Store the measurement of a job and mark it done, in one transaction.

        Returns:
            Whether it was stored: a job that is done already (by another machine) keeps its first measurement.

        Raises:
            StoreError: the campaign has no such job; see Database.add.
        """
        with self._job(campaign, key) as (session, job):
            if job.state == "done":
                return False
            stored = self._database.add_in(session, measurement, labels)
            session.flush()
            _close(job, "done", wall_s)
            job.measurement_row = stored.row
            return True

    def fail(
        self, campaign: str, key: str, error: str, *, exit_code: int, wall_s: float = 0.0
    ) -> None:
        """Record that a job failed; one that is done stays done."""
        with self._job(campaign, key) as (_, job):
            if job.state != "done":
                _close(job, "failed", wall_s)
                job.error, job.exit_code = column_text(error), exit_code

    def reopen(self, campaign: str, keys: Sequence[str]) -> None:
        """Make failed jobs open again; they keep their count of attempts."""
        with self._database.session(writes=True) as session:
            for chunk in _chunks(keys):
                session.execute(
                    update(_table)
                    .where(_table.campaign == column_text(campaign), _table.key.in_(chunk))
                    .where(_table.state == "failed")
                    .values(state="open", error="", exit_code=0)
                )

    def campaigns(self) -> list[CampaignSummary]:
        """Return all campaigns, the most recently active last."""

        def tally(state: str) -> Any:
            return func.sum(case((_table.state == state, 1), else_=0))

        last = func.max(_table.finished)
        statement = (
            select(_table.campaign, tally("done"), tally("failed"), tally("open"), last)
            .group_by(_table.campaign)
            .order_by(last, _table.campaign)
        )
        with self._database.session() as session:
            return [
                CampaignSummary(name, int(done), int(failed), int(left), _iso(when))
                for name, done, failed, left, when in session.execute(statement)
            ]

    def jobs(self, campaign: str) -> list[JobRecord]:
        """Return the jobs of a campaign in the order in which they were planned."""
        statement = (
            select(_table, MeasurementRow.id, MeasurementRow.bit_exact)
            .outerjoin(MeasurementRow, _table.measurement_row == MeasurementRow.row)
            .where(_table.campaign == column_text(campaign))
            .order_by(_table.row)
        )
        with self._database.session() as session:
            return [
                _record(row, identity, exact) for row, identity, exact in session.execute(statement)
            ]

    @contextmanager
    def _job(self, campaign: str, key: str) -> Iterator[tuple[Session, CampaignJobRow]]:
        """One job's row, locked against other writers until the block ends."""
        with self._database.session(writes=True) as session:
            job = session.scalar(_one(campaign, key).with_for_update())
            if job is None:
                raise StoreError(f"has no job {key} in campaign '{campaign}'")
            yield session, job


def _plan(session: Session, campaign: str, jobs: Sequence[PlannedJob]) -> dict[str, State]:
    wanted = {job.key: job for job in jobs}
    slots = {_slot(job) for job in jobs}
    slot = (_table.model_path, _table.target, _table.engine, _table.kernels)
    found = session.execute(
        select(_table.row, _table.key, _table.state, *slot).where(_table.campaign == campaign)
    ).all()
    states = {key: cast(State, state) for _, key, state, *_ in found if key in wanted}
    stale = [
        row
        for row, key, state, *about in found
        if key not in wanted and state != "done" and tuple(about) in slots
    ]
    for chunk in _chunks(stale):
        session.execute(delete(_table).where(_table.row.in_(chunk)))
    missing = [job for key, job in wanted.items() if key not in states]
    if missing:
        session.execute(insert(_table), [_values(campaign, job) for job in missing])
    return {**states, **{job.key: "open" for job in missing}}


def _chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))


def _one(campaign: str, key: str) -> Select[Any]:
    return select(_table).where(_table.campaign == column_text(campaign), _table.key == key)


def _slot(job: PlannedJob) -> tuple[str, ...]:
    """What a job is about, whatever its content."""
    return tuple(
        column_text(text) for text in (job.model_path, job.target, job.engine, job.kernels)
    )


def _values(campaign: str, job: PlannedJob) -> dict[str, Any]:
    path, target, engine, kernels = _slot(job)
    return {
        "campaign": campaign,
        "key": job.key,
        "model_name": column_text(job.model),
        "model_sha256": job.model_sha256,
        "model_path": path,
        "target": target,
        "engine": engine,
        "kernels": kernels,
        "state": "open",
        "error": "",
        "exit_code": 0,
        "attempts": 0,
        "wall_s": 0.0,
    }


def _close(job: CampaignJobRow, state: State, wall_s: float) -> None:
    job.state = state
    job.error, job.exit_code = "", 0
    job.attempts += 1
    job.wall_s = wall_s
    job.finished = datetime.now(timezone.utc).replace(tzinfo=None)


def _record(row: CampaignJobRow, identity: str | None, exact: bool | None) -> JobRecord:
    return JobRecord(
        key=row.key,
        model=row.model_name,
        model_sha256=row.model_sha256,
        model_path=row.model_path,
        target=row.target,
        engine=row.engine,
        kernels=row.kernels,
        state=cast(State, row.state),
        error=row.error,
        exit_code=row.exit_code,
        attempts=row.attempts,
        wall_s=row.wall_s,
        finished=_iso(row.finished),
        measurement_id=identity,
        bit_exact=exact,
    )


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds") + "+00:00"
