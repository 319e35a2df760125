"""The store: measurements go in one by one, and come out selected, as records, frames or files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypedDict

from harness.store.location import locate

if TYPE_CHECKING:
    import pandas
    from typing_extensions import Unpack

    from harness.records import Measurement
    from harness.store.campaigns import Ledger
    from harness.store.database import Database, Stored

_STREAM_CHUNK = 100


class Where(TypedDict, total=False):
    """Conditions of a query, see Store.query."""

    model: str | Sequence[str] | None
    target: str | Sequence[str] | None
    engine: str | Sequence[str] | None
    kernels: str | Sequence[str] | None
    label: str | Sequence[str] | None
    since: str | datetime | None
    latest: bool


class Store:
    """Measurements in a database; a context manager that closes it.

    Every method raises StoreError, one line that names the file, when the database cannot be read
    or written.
    """

    def __init__(self, database: Database) -> None:
        """Wrap an open database; use Store.open."""
        self._database = database

    @classmethod
    def open(cls, url: str, *, create: bool = True, busy_timeout_s: float = 30.0) -> Store:
        """Open the database, creating and migrating it as needed.

        A file that cannot be written is opened for reading.

        Args:
            url: SQLAlchemy URL, or the path of an SQLite file.
            create: whether a missing database is created, or an error.
            busy_timeout_s: how long an SQLite database locked by another process is waited for.

        Raises:
            StoreError: missing, not a database, of a newer tinyhil, no permission, disk full.
        """
        # SQLAlchemy takes a quarter of a second to import.
        from harness.store.database import Database

        return cls(Database(locate(url), create=create, busy_timeout_s=busy_timeout_s))

    @property
    def name(self) -> str:
        """The file, or the URL without its password."""
        return self._database.name

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def add(self, measurement: Measurement, *, label: str | None = None) -> None:
        """Store one measurement in one transaction; once this returns, it survives a crash.

        Adding the same record again changes nothing, except that it then carries `label` too.

        Raises:
            StoreError: a different record with this id is there, or a number is not finite, or see
                Store.
        """
        self._database.add(measurement, label)

    def ledger(self) -> Ledger:
        """Return the campaigns of this store."""
        from harness.store.campaigns import Ledger

        return Ledger(self._database)

    def stream(self, identities: Iterable[str]) -> Iterator[Measurement]:
        """Yield the measurements with these ids, in this order, a few at a time in memory.

        Raises:
            StoreError: one of them is missing.
        """
        rest = iter(identities)
        while chunk := list(islice(rest, _STREAM_CHUNK)):
            yield from self._database.read_many(chunk)

    def get(self, identity: str) -> Measurement:
        """Return the measurement with that id. Raises StoreError when there is none."""
        return self._database.get(identity)

    def query(self, **where: Unpack[Where]) -> list[Measurement]:
        """Return the measurements that meet all conditions, in the order of their `started`.

        Args:
            **where: model, target, engine, kernels, label: a name, or several of which any may
                match.
                since: measured then or later, ISO 8601 text or datetime (UTC without a zone).
                latest: only the newest per model x target x engine x kernels of those that remain.

        Raises:
            UsageError: `since` is not a time.
        """
        return [stored.measurement for stored in self._select(where)]

    def frame(self, **where: Unpack[Where]) -> pandas.DataFrame:
        """Return one row per measurement with the columns of docs/results.md; conditions as in
        `query`.

        Raises:
            MissingToolError: pandas is not installed.
        """
        from harness.store.frames import measurement_frame

        return measurement_frame(self._select(where))

    def layers_frame(self, **where: Unpack[Where]) -> pandas.DataFrame:
        """Return one row per layer of every measurement that meets the conditions of `query`.

        Raises:
            MissingToolError: pandas is not installed.
        """
        from harness.store.frames import layer_frame

        return layer_frame(self._select(where))

    def export(self, path: Path | str, **where: Unpack[Where]) -> int:
        """Write measurements to a .json, .csv or .parquet file, by its suffix, and return how many.

        The file appears whole or not at all. JSON is the document of `tinyhil run --json`; the
        others hold the columns of `frame`.

        Raises:
            UsageError: another suffix.
            MissingToolError: .parquet without pyarrow.
        """
        from harness.store.export import write

        stored = self._select(where)
        write(Path(path), stored)
        return len(stored)

    def _select(self, where: Where) -> list[Stored]:
        from harness.store.select import Selection

        return self._database.select(Selection(**where))
