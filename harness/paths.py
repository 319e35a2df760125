"""Where tinyhil keeps things on disk (XDG base directory specification)."""

from __future__ import annotations

import os
from pathlib import Path


def data_dir() -> Path:
    """Folder of results and transcripts: $XDG_DATA_HOME/tinyhil, by default ~/.local/share/tinyhil."""
    return _base("XDG_DATA_HOME", "~/.local/share") / "tinyhil"


def cache_dir() -> Path:
    """Folder of built images: $TINYHIL_CACHE, by default $XDG_CACHE_HOME/tinyhil or ~/.cache/tinyhil."""
    if override := os.environ.get("TINYHIL_CACHE"):
        return Path(override)
    return _base("XDG_CACHE_HOME", "~/.cache") / "tinyhil"


def _base(variable: str, default: str) -> Path:
    """Value of an XDG variable; the specification asks to ignore a relative one."""
    chosen = Path(os.environ.get(variable, ""))
    return chosen if chosen.is_absolute() else Path(default).expanduser()
