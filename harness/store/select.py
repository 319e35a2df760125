"""Which measurements a caller wants, and the statement that finds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from harness.errors import UsageError
from harness.store.codec import column_text, utc
from harness.store.tables import LabelRow, MeasurementRow


@dataclass(frozen=True)
class Selection:
    """Conditions that all must hold; None leaves one out, a sequence means any of its names.

    Attributes:
        model, target, engine, kernels, label: names.
        since: measured at this time or later; ISO 8601 text or datetime, UTC where it names no
            zone.
        latest: of those that remain, only the newest per model x target x engine x kernels.
    """

    model: str | Sequence[str] | None = None
    target: str | Sequence[str] | None = None
    engine: str | Sequence[str] | None = None
    kernels: str | Sequence[str] | None = None
    label: str | Sequence[str] | None = None
    since: str | datetime | None = None
    latest: bool = False


def rows_of(selection: Selection) -> Select[Any]:
    """Return the statement for MeasurementRow.row of all that match, in no order.

    Raises:
        UsageError: `since` is not a time.
    """
    table = MeasurementRow
    key = (table.model_name, table.target, table.engine, table.kernels)
    wanted = (selection.model, selection.target, selection.engine, selection.kernels)
    conditions: list[ColumnElement[bool]] = [
        column.in_(_names(names))
        for column, names in zip(key, wanted, strict=True)
        if names is not None
    ]
    if selection.label is not None:
        labelled = select(LabelRow.measurement_row)
        conditions.append(
            table.row.in_(labelled.where(LabelRow.label.in_(_names(selection.label))))
        )
    if selection.since is not None:
        conditions.append(table.created >= _moment(selection.since))
    if not selection.latest:
        return select(table.row).where(*conditions)
    age = func.row_number().over(
        partition_by=key, order_by=(table.created.desc(), table.row.desc())
    )
    ranked = select(table.row, age.label("age")).where(*conditions).subquery()
    return select(ranked.c.row).where(ranked.c.age == 1)


def _names(names: str | Sequence[str]) -> list[str]:
    """Return the names as they stand in the columns."""
    return [column_text(n) for n in ((names,) if isinstance(names, str) else names)]


def _moment(since: str | datetime) -> datetime:
    """Return `since` as the column `created` holds it."""
    try:
        return utc(since if isinstance(since, str) else since.isoformat())
    except ValueError as error:
        raise UsageError(
            f"'{since}' is not a time; write it as 2026-10-29 or 2026-10-29T18:00:00Z"
        ) from error
