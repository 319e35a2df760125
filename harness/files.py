"""Writing a file so that a reader sees the old content or the new, never a part."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from harness.errors import StoreError


def write_atomic(path: Path, data: bytes) -> None:
    """Write `data` beside `path`, flush it to the disk and rename it into place; a link keeps
    pointing where it did.

    Something that is not a regular file (a pipe, /dev/stdout) is written directly, because it
    cannot be replaced.

    Raises:
        StoreError: the folder is missing, not writable, or full; the old content is still there.
    """
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file():
            with target.open("wb", buffering=0) as stream:
                stream.write(data)
            return
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror or error}") from error
    draft = target.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        with draft.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StoreError(f"cannot write {path}: {error.strerror or error}") from error


def append_text(path: Path, text: str) -> None:
    """Append `text` to a file, which is made if need be ($GITHUB_STEP_SUMMARY wants it so).

    Raises:
        StoreError: it cannot be written.
    """
    try:
        with path.open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror or error}") from error
