"""Where the firmware's sources are, and a hash over those that go into an image."""

from __future__ import annotations

import hashlib
from pathlib import Path

import harness
from harness.errors import BuildError

_NOT_IN_AN_IMAGE = ("tests",)


def firmware_dir() -> Path:
    """The firmware's sources: beside the package in a checkout, inside it in an installed wheel.

    Raises:
        BuildError: neither is there.
    """
    package = Path(harness.__file__).parent
    for folder in (package.parent / "firmware", package / "_firmware"):
        if (folder / "CMakeLists.txt").is_file():
            return folder
    raise BuildError(f"the firmware's sources are missing beside {package}; reinstall tinyhil")


def hash_sources(folder: Path, family: str) -> str:
    """Return the SHA-256 over names and contents of all sources but tests and other boards."""
    digest = hashlib.sha256()
    boards = (family,) if family == "native" else (family, "mcu")
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        other_board = parts[0] == "board" and len(parts) > 2 and parts[1] not in boards
        if parts[0] in _NOT_IN_AN_IMAGE or other_board or not path.is_file():
            continue
        content = path.read_bytes()
        digest.update(f"{'/'.join(parts)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
