"""Reading one record from a JSON file."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from harness.errors import StoreError
from harness.records import Record

R = TypeVar("R", bound=Record)


def read_record(path: Path, kind: type[R], what: str) -> R:
    """Return the record in a file.

    Args:
        path: of the file.
        kind: of the record.
        what: in words, for the error ("result of a search").

    Raises:
        StoreError: it cannot be read, or holds something else; with the first fault's place.
    """
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror or error}") from error
    except ValidationError as error:
        raise StoreError(f"{path} is no {what}: {first_fault(error)}") from None


def first_fault(error: ValidationError) -> str:
    """Return place and kind of the first fault of a document, in words."""
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
