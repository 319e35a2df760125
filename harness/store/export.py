"""Measurements as files: .json, .csv, .parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import MissingToolError, UsageError
from harness.files import write_atomic
from harness.store.codec import document
from harness.store.columns import COLUMNS

if TYPE_CHECKING:
    from harness.store.database import Stored


def write(path: Path, stored: Sequence[Stored]) -> None:
    """Write `stored` to `path` in the format of its suffix, whole or not at all.

    Raises:
        UsageError: another suffix than .json, .csv, .parquet.
        MissingToolError: .parquet without pyarrow.
        StoreError: the file cannot be written.
    """
    formats = {".json": _json, ".csv": _csv, ".parquet": _parquet}
    encode = formats.get(path.suffix.lower())
    if encode is None:
        raise UsageError(f"cannot export to {path}: its suffix must be {', '.join(formats)}")
    write_atomic(path, encode(stored))


def _json(stored: Sequence[Stored]) -> bytes:
    return document(s.measurement for s in stored).encode("ascii")


def _csv(stored: Sequence[Stored]) -> bytes:
    """RFC 4180, UTF-8; a figure that does not exist is an empty field."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(column.name for column in COLUMNS)
    writer.writerows([column.value(s) for column in COLUMNS] for s in stored)
    return text.getvalue().encode("utf-8")


def _parquet(stored: Sequence[Stored]) -> bytes:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        way_out = "pip install 'tinyhil[parquet]'"
        raise MissingToolError("pyarrow", "writing .parquet", way_out) from error
    types = {
        str: pyarrow.string(),
        int: pyarrow.int64(),
        float: pyarrow.float64(),
        bool: pyarrow.bool_(),
    }
    table = pyarrow.table(
        {
            column.name: pyarrow.array([column.value(s) for s in stored], types[column.type])
            for column in COLUMNS
        }
    )
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(table, buffer)
    return buffer.getvalue()
