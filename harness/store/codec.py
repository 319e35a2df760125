"""Measurement <-> JSON text, exactly: what is read back equals what was written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from pathlib import Path

from harness.errors import StoreError
from harness.records import SCHEMA_VERSION, Measurement, MeasurementFile


def encode(measurement: Measurement) -> str:
    """Return one line of ASCII JSON.

    Raises:
        StoreError: a number is not finite; JSON cannot hold it.
    """
    try:
        return json.dumps(
            measurement.model_dump(mode="python"), allow_nan=False, separators=(",", ":")
        )
    except ValueError as error:
        raise StoreError(
            f"measurement {measurement.id} holds a number that is not finite; JSON cannot hold it"
        ) from error


def decode(text: str) -> Measurement:
    """Return the measurement of `text`.

    Raises:
        ValueError: not JSON, or not a measurement of this schema (pydantic.ValidationError).
    """
    # Not model_validate_json: its parser refuses the lone surrogates of an undecodable file name.
    return Measurement.model_validate(json.loads(text))


def document(measurements: Iterable[Measurement]) -> str:
    """Return the document of `tinyhil run --json` (records.MeasurementFile), one measurement per
    line.

    Raises:
        StoreError: a number is not finite.
    """
    return "".join(document_parts(measurements))


def document_parts(measurements: Iterable[Measurement]) -> Iterator[str]:
    """Yield the same document piece by piece, one measurement in memory at a time."""
    yield f'{{"schema":{SCHEMA_VERSION},"measurements":[\n'
    for index, measurement in enumerate(measurements):
        yield (",\n" if index else "") + encode(measurement)
    yield "\n]}\n"


def read_document(path: Path) -> tuple[Measurement, ...]:
    """Return the measurements of a file that `tinyhil run --json` or `--out` wrote.

    Raises:
        StoreError: it cannot be read, or is something else.
    """
    try:
        return MeasurementFile.model_validate(json.loads(path.read_text("utf-8"))).measurements
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        problem = f"{path} is not what `tinyhil run --json` writes"
        raise StoreError(f"{problem}: {str(error).splitlines()[0]}") from error


def utc(text: str) -> datetime:
    """Return an ISO 8601 time as a naive datetime in UTC; a time without a zone is taken as UTC.

    Raises:
        ValueError: `text` is not such a time.
    """
    # Python 3.10 does not read the suffix Z.
    moment = datetime.fromisoformat(text[:-1] + "+00:00" if text[-1:] in ("Z", "z") else text)
    if moment.tzinfo is None:
        return moment
    return moment.astimezone(timezone.utc).replace(tzinfo=None)


def column_text(text: str) -> str:
    """Return `text` as every database takes it: lone surrogates and NUL spelled out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")
