"""Errors of the database in a user's words: one clear line that names the file and the way out."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from harness.errors import StoreError

# SQLite's own messages (sqlite3_errstr), because Python 3.10 gives no error codes.
_KNOWN = (
    ("disk is full", "the disk is full; free some space and repeat (what was stored is safe)"),
    ("readonly database", "is read-only; check its permissions and those of its folder"),
    ("read-only", "is read-only; check its permissions and those of its folder"),
    ("not a database", "is not an SQLite database"),
    ("is locked", "is locked by another process; repeat when that has ended"),
    ("malformed", "is corrupt; try `sqlite3 FILE .recover`, or restore a copy"),
    ("unable to open", "cannot be opened; check its folder and permissions"),
    ("disk i/o error", "cannot be read or written (disk I/O error)"),
)


def explain(name: str, error: BaseException) -> StoreError:
    """Return the StoreError for an error that the database `name` raised."""
    cause = getattr(error, "orig", None) or error
    text = " ".join(str(cause).split())
    for key, meaning in _KNOWN:
        if key in text.lower():
            return StoreError(f"{name} {meaning.replace('FILE', name)}")
    # SQLAlchemy appends the statement and a link; neither helps a user.
    first = re.split(r"\[SQL|\(Background on", text)[0].strip() or type(cause).__name__
    return StoreError(f"{name}: {first[:300]}")


@contextmanager
def guard(name: str, but: type[SQLAlchemyError] | tuple[()] = ()) -> Iterator[None]:
    """Turn every error of database work in the block into a StoreError that starts with `name`;
    errors of the class `but` pass.

    ValueError, TypeError and OverflowError come from values that a damaged file returns, or that a
    column cannot hold.
    """
    try:
        yield
    except StoreError as error:
        text = str(error)
        raise (error if text.startswith(name) else StoreError(f"{name} {text}")) from error
    except but:
        raise
    except (SQLAlchemyError, sqlite3.Error, OSError, ValueError, TypeError, OverflowError) as error:
        raise explain(name, error) from error
