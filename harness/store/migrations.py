"""Bringing a database to the schema of this tinyhil, step by step.

A step for version N is a function that changes the tables of version N-1 into those of N; all
missing steps run in one transaction together with the new version number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection, delete, insert, inspect, select

from harness.errors import StoreError
from harness.store.tables import Base, SchemaRow

_FIRST_TABLES = ("tinyhil_schema", "measurement", "layer", "label")


def _create(connection: Connection) -> None:
    """Version 1: measurements, their layers and labels."""
    _lay_down(connection, _FIRST_TABLES)


def _add_campaigns(connection: Connection) -> None:
    """Version 2: the jobs of campaigns."""
    _lay_down(connection, ("campaign_job",))


def _lay_down(connection: Connection, names: Sequence[str]) -> None:
    """Create tables; refuse to do so among tables of another program."""
    taken = sorted(set(names) & set(inspect(connection).get_table_names()))
    if taken:
        raise StoreError(
            f"holds a table '{taken[0]}' that is not tinyhil's; choose another database"
        )
    tables = [Base.metadata.tables[name] for name in names]
    Base.metadata.create_all(connection, tables=tables, checkfirst=False)


STEPS: Mapping[int, Callable[[Connection], None]] = {1: _create, 2: _add_campaigns}
CURRENT = max(STEPS)


def version_of(connection: Connection) -> int:
    """Return the schema version of the database, 0 when it holds no tables of tinyhil."""
    if not inspect(connection).has_table(SchemaRow.__tablename__):
        return 0
    return connection.execute(select(SchemaRow.version)).scalar_one_or_none() or 0


def check_not_newer(version: int) -> None:
    """Raise StoreError when the database was written by a newer tinyhil."""
    if version > CURRENT:
        raise StoreError(
            f"has schema version {version}, this tinyhil knows up to {CURRENT}: upgrade tinyhil"
        )


def migrate(connection: Connection) -> None:
    """Run the missing steps inside the open (writing) transaction of `connection`.

    Raises:
        StoreError: the schema is newer than this tinyhil, or the tables belong to something else.
    """
    version = version_of(connection)
    check_not_newer(version)
    missing = [step for number, step in sorted(STEPS.items()) if number > version]
    for step in missing:
        step(connection)
    if missing:
        connection.execute(delete(SchemaRow))
        connection.execute(insert(SchemaRow).values(version=CURRENT))
