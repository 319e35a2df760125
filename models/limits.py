"""Limits on generated models: `flash=100KiB`, `macs=5M`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from harness.errors import UsageError
from models.arch.counters import Counts, planned_arena_bytes

LIMITS = ("macs", "parameters", "peak", "arena", "flash")
"""What can be limited; cheapest first. Flash is the size of the .tflite file."""

SIZE_UNITS = {
    "": 1,
    "k": 10**3,
    "m": 10**6,
    "b": 1,
    "kib": 1 << 10,
    "mib": 1 << 20,
    "kb": 10**3,
    "mb": 10**6,
}
_LIMIT = re.compile(r"([a-z]+)=([0-9]+(?:\.[0-9]+)?) ?([a-z]*)", re.IGNORECASE)


def parse_limits(texts: Sequence[str]) -> dict[str, int]:
    """Return the largest permitted value of each quantity named in `texts`.

    Raises:
        UsageError: not QUANTITY=NUMBER[UNIT] with a known quantity and unit, or a quantity twice.
    """
    limits: dict[str, int] = {}
    for text in texts:
        match = _LIMIT.fullmatch(text.strip())
        if not match or match[1] not in LIMITS or match[3].lower() not in SIZE_UNITS:
            raise UsageError(
                f"--limit {text}: write {' | '.join(LIMITS)} = number, with KiB, MiB, kB, MB, k or M"
            )
        if match[1] in limits:
            raise UsageError(f"--limit {match[1]} is given twice")
        limits[match[1]] = int(float(match[2]) * SIZE_UNITS[match[3].lower()])
    return limits


def figures(counts: Counts, data: bytes | None = None) -> dict[str, int]:
    """Return the quantities that limits apply to; those of the file only when it is given."""
    found = {
        "macs": counts.macs,
        "parameters": counts.parameters,
        "peak": counts.peak_bytes,
    }
    if data is not None:
        found |= {"flash": len(data), "arena": planned_arena_bytes(data)}
    return found


def broken(found: Mapping[str, int], limits: Mapping[str, int]) -> str | None:
    """Return the first quantity that passes its limit."""
    return next(
        (name for name in LIMITS if name in found and found[name] > limits.get(name, found[name])),
        None,
    )
