"""Where the store lies: the default place, and what a user's URL or path means."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from harness.paths import data_dir

ENVIRONMENT_VARIABLE = "TINYHIL_DB"
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+_.-]*://")


@dataclass(frozen=True)
class Location:
    """A resolved place.

    Attributes:
        url: SQLAlchemy URL, "" for an SQLite file (then `file` is set).
        file: absolute path of an SQLite file, None for a server or a database in memory.
    """

    url: str
    file: Path | None


def default_url() -> str:
    """Return $TINYHIL_DB, else results.sqlite in the data folder (harness/paths.py)."""
    chosen = os.environ.get(ENVIRONMENT_VARIABLE, "")
    if chosen:
        return chosen
    return str(data_dir() / "results.sqlite")


def locate(url: str) -> Location:
    """Return the place that `url` names: a SQLAlchemy URL or a bare path of an SQLite file."""
    if not _URL.match(url):
        return Location("", Path(url).expanduser().absolute())
    scheme, _, rest = url.partition("://")
    if scheme.lower() in ("sqlite", "sqlite+pysqlite") and "?" not in rest:
        path = rest[1:]
        if path and path != ":memory:":
            return Location("", Path(path).absolute())
    return Location(url, None)
