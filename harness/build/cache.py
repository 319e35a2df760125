"""The folder of finished images: looked up by identity, filled by one process at a time."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from harness.errors import BuildError
from harness.paths import cache_dir
from targets.deadline import Deadline

_RECORD = "image.json"
_POLL_S = 0.05


class ImageCache:
    """Entries are folders `images/<image id>` holding files and a record of their hashes.

    An entry appears by one rename, so that it is whole or absent; a damaged one counts as absent.
    """

    def __init__(self, root: Path | None = None) -> None:
        self._root = root or cache_dir()

    def find(self, image_id: str) -> Path | None:
        """Return the entry's folder, or None when it is absent or damaged."""
        folder = self._root / "images" / image_id
        try:
            record: dict[str, str] = json.loads((folder / _RECORD).read_text())
            whole = all(_sha256(folder / name) == digest for name, digest in record.items())
        except (OSError, ValueError, AttributeError):
            return None
        return folder if whole and record else None

    @contextmanager
    def locked(self, image_id: str, deadline: Deadline) -> Iterator[None]:
        """Hold the entry's lock, so that two processes do not build the same.

        Raises:
            BuildError: the folder cannot be written, or another process holds the lock past
                `deadline`.
        """
        with self.explained():
            path = self._root / "locks" / image_id
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            while not _try_lock(descriptor):
                if deadline.expired():
                    raise BuildError(
                        f"another process still builds this image after {deadline.limit_s:g} s"
                    )
                time.sleep(min(_POLL_S, deadline.remaining_s()))
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def workspace(self, image_id: str) -> Iterator[Path]:
        """A fresh folder for building, removed afterwards. Call with the entry's lock held.

        What a killed build of the same image left behind is removed too.
        """
        with self.explained():
            parent = self._root / "work"
            parent.mkdir(parents=True, exist_ok=True)
            for stale in parent.glob(f"{image_id}-*"):
                shutil.rmtree(stale, ignore_errors=True)
            folder = Path(tempfile.mkdtemp(prefix=f"{image_id}-", dir=parent))
        try:
            with self.explained():
                yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def keep(self, image_id: str, files: Mapping[str, Path], work: Path) -> Path:
        """Copy finished `files` (name in the entry -> path) into the cache; return its folder."""
        with self.explained():
            fresh = work / "entry"
            fresh.mkdir()
            for name, path in files.items():
                shutil.copy(path, fresh / name)  # keeps it executable
            record = {name: _sha256(fresh / name) for name in files}
            (fresh / _RECORD).write_text(json.dumps(record))
            folder = self._root / "images" / image_id
            folder.parent.mkdir(parents=True, exist_ok=True)
            if folder.exists():
                shutil.rmtree(folder)
            fresh.rename(folder)
            return folder

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn the file system's errors into a BuildError that names the folder and the way out."""
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise disk_full(self._root) from None
            raise BuildError(
                f"image cache {self._root}: {error.strerror or error}"
                " (TINYHIL_CACHE names another folder)"
            ) from None

    @property
    def root(self) -> Path:
        """The cache's folder."""
        return self._root


def disk_full(folder: Path) -> BuildError:
    """The error for a full disk."""
    return BuildError(
        f"no space left for the image cache {folder}:"
        " free some, or set TINYHIL_CACHE to another folder"
    )


def _try_lock(descriptor: int) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
