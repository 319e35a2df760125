"""One open database: connections, transactions, rows. The only module that talks to SQLAlchemy's
engine.

SQLite runs in WAL mode with full synchronisation: readers do not wait for a writer, and what `add`
has returned from survives a crash of the process or the machine. Writers take the lock when they
begin, so that they wait for each other instead of failing half way. Nothing else here is special to
SQLite.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session, selectinload

from harness.errors import StoreError
from harness.records import Measurement
from harness.store import migrations
from harness.store.codec import column_text, decode, encode
from harness.store.faults import guard
from harness.store.location import Location
from harness.store.rows import row_of
from harness.store.select import Selection, rows_of
from harness.store.tables import LabelRow, MeasurementRow

_WRITES = "tinyhil_writes"


@dataclass(frozen=True)
class Stored:
    """A measurement with the labels it carries, in alphabetical order."""

    measurement: Measurement
    labels: tuple[str, ...]


class Database:
    """Measurements in a database whose schema is current.

    Attributes:
        name: for messages: the file, or the URL without its password.
    """

    def __init__(self, location: Location, *, create: bool, busy_timeout_s: float) -> None:
        """Open, create (if `create`) and migrate. Raises StoreError."""
        self.name = str(location.file or location.url)
        writable = True
        if location.file is not None:
            writable = _prepare_file(location.file, create=create)
            self._engine = _file_engine(location.file, writable, busy_timeout_s)
        else:
            self.name, self._engine = _server_engine(location.url)
        try:
            with guard(self.name):
                self._bring_up_to_date(create=create, writable=writable)
        except StoreError:
            self.close()
            raise

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def add(self, measurement: Measurement, label: str | None) -> None:
        """Store in one transaction; see Store.add."""
        with guard(self.name):
            # Another process may add the same id, then the same label, between our look and our
            # write; after losing both races there is nothing left to write.
            for races_left in (2, 1, 0):
                try:
                    return self._add(measurement, label)
                except IntegrityError:
                    if not races_left:
                        raise

    def get(self, identity: str) -> Measurement:
        """Return the measurement of that id; StoreError when there is none."""
        with guard(self.name), self._transaction() as session:
            row = session.scalar(_by_id(identity))
            if row is None:
                raise StoreError(f"holds no measurement with the id {identity}")
            return _read(row)

    def select(self, selection: Selection) -> list[Stored]:
        """Return what matches, oldest first."""
        statement = (
            select(MeasurementRow)
            .where(MeasurementRow.row.in_(rows_of(selection)))
            .order_by(MeasurementRow.created, MeasurementRow.row)
            .options(selectinload(MeasurementRow.labels))
        )
        with guard(self.name), self._transaction() as session:
            return [
                Stored(_read(row), tuple(label.label for label in row.labels))
                for row in session.scalars(statement)
            ]

    def _add(self, measurement: Measurement, label: str | None) -> None:
        with self._transaction(writes=True) as session:
            self.add_in(session, measurement, () if label is None else (label,))

    def add_in(
        self, session: Session, measurement: Measurement, labels: Sequence[str]
    ) -> MeasurementRow:
        """Add within the caller's transaction and return the row; see Store.add."""
        record = encode(measurement)
        row: MeasurementRow | None = session.scalar(_by_id(measurement.id))
        if row is None:
            row = row_of(measurement, record)
            session.add(row)
        elif row.record != record and _read(row) != measurement:
            raise StoreError(f"already holds another record with the id {measurement.id}")
        known = {x.label for x in row.labels}
        row.labels += [
            LabelRow(label=label)
            for label in dict.fromkeys(map(column_text, labels))
            if label not in known
        ]
        return row

    @contextmanager
    def session(self, *, writes: bool = False, races: bool = False) -> Iterator[Session]:
        """Yield a session in a transaction that ends with the block; its errors become StoreErrors.

        Args:
            writes: whether the block writes.
            races: whether an IntegrityError passes, for a caller who starts over.
        """
        passing = IntegrityError if races else ()
        with guard(self.name, but=passing), self._transaction(writes=writes) as session:
            yield session

    def read_many(self, identities: Sequence[str]) -> list[Measurement]:
        """Return the measurements with these ids, in this order; StoreError names one that is missing."""
        names = [column_text(identity) for identity in identities]
        statement = select(MeasurementRow).where(MeasurementRow.id.in_(names))
        with guard(self.name), self._transaction() as session:
            found = {row.id: _read(row) for row in session.scalars(statement)}
            for name in names:
                if name not in found:
                    raise StoreError(f"holds no measurement with the id {name}")
        return [found[name] for name in names]

    @contextmanager
    def _transaction(self, *, writes: bool = False) -> Iterator[Session]:
        """Yield a session in a transaction that ends with the block."""
        with (
            self._engine.connect().execution_options(**{_WRITES: writes}) as connection,
            Session(connection) as session,
            session.begin(),
        ):
            yield session

    def _bring_up_to_date(self, *, create: bool, writable: bool) -> None:
        with self._transaction() as session:
            version = migrations.version_of(session.connection())
        migrations.check_not_newer(version)
        if version == 0 and not (create and writable):
            raise StoreError("holds no measurements of tinyhil")
        if version < migrations.CURRENT:
            if not writable:
                raise StoreError("is of an older tinyhil and read-only; make it writable once")
            try:
                self._migrate()
            except DBAPIError:
                # Another process may have laid down the same tables at this moment.
                self._migrate()

    def _migrate(self) -> None:
        with self._transaction(writes=True) as session:
            migrations.migrate(session.connection())


def _by_id(identity: str) -> Any:
    return select(MeasurementRow).where(MeasurementRow.id == column_text(identity))


def _read(row: MeasurementRow) -> Measurement:
    try:
        return decode(row.record)
    except ValueError as error:
        raise StoreError(f"holds a damaged record (id {row.id})") from error


def _prepare_file(file: Path, *, create: bool) -> bool:
    """Make the folder of a new database; return whether the file can be written."""
    if file.exists():
        return os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)
    if not create:
        raise StoreError(f"{file} does not exist; `tinyhil run` creates it with its first result")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{file.parent} cannot be made: {error.strerror or error}") from error
    return True


def _file_engine(file: Path, writable: bool, busy_timeout_s: float) -> Engine:
    """Return an engine for an SQLite file; any character may stand in its path."""
    mode = "mode=rwc" if writable else "mode=ro"
    if not writable and not file.with_name(file.name + "-wal").exists():
        # A WAL database needs a folder to write to, except where it is declared immutable.
        mode += "&immutable=1"
    uri = f"file:{quote(os.fsencode(file))}?{mode}"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(
            uri, uri=True, timeout=busy_timeout_s, check_same_thread=False, isolation_level=None
        )

    engine = create_engine(URL.create("sqlite", database=uri), creator=connect)
    _tune_sqlite(engine, wal=writable)
    return engine


def _server_engine(url: str) -> tuple[str, Engine]:
    """Return name and engine of a database that is not an SQLite file."""
    try:
        parsed = make_url(url)
        name = parsed.render_as_string(hide_password=True)
        engine = create_engine(parsed, pool_pre_ping=True)
    except ImportError as error:
        raise StoreError(
            f"{name}: its driver is not installed: pip install {error.name or 'the driver'}"
        ) from error
    except Exception as error:  # each dialect raises errors of its own for a URL it cannot read
        shown = url.partition("://")[0] + "://..."
        raise StoreError(f"'{shown}' is not a database URL: {error}") from error
    if parsed.get_backend_name() == "sqlite":
        _tune_sqlite(engine, wal=False)
    return name, engine


def _tune_sqlite(engine: Engine, *, wal: bool) -> None:
    """Set the pragmas of every new connection, and let SQLAlchemy's transactions be SQLite's."""

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: object) -> None:
        # The sqlite3 module would begin transactions by itself, and only before a write.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        if wal:
            # Refused on network folders, or while another process is at it: the default journal is
            # as safe.
            with suppress(sqlite3.OperationalError):
                connection.execute("PRAGMA journal_mode = WAL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
