"""The plugin's parameter file: what a target's timing model is, in one text with one hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

_HEAD = "tinyhil-timing 1"


def parameter_text(parameters: Mapping[str, int]) -> str:
    """Return the file of plugin/params.h; the same parameters give the same text."""
    lines = [f"{key} {value}" for key, value in sorted(parameters.items())]
    return "\n".join([_HEAD, *lines, ""])


def parameter_hash(parameters: Mapping[str, int]) -> str:
    """SHA-256 of that text, hex: which model a modelled figure comes from."""
    return hashlib.sha256(parameter_text(parameters).encode()).hexdigest()
