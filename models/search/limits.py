"""What a searched network may cost on its device: `latency=250ms`, `ram=96KiB`, `flash=200KiB`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from harness.errors import UsageError
from models.limits import SIZE_UNITS

_TIME_UNITS = {"us": 1.0, "ms": 1e3, "s": 1e6}
_LIMITS: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "latency": ("latency_us", _TIME_UNITS),
    "ram": ("ram_bytes", SIZE_UNITS),
    "flash": ("flash_bytes", SIZE_UNITS),
}
"""Field and units of each limit by its name on the command line."""
_TEXT = re.compile(r"([a-z]+)=([0-9]+(?:\.[0-9]+)?) ?([a-z]*)", re.IGNORECASE)


@dataclass(frozen=True)
class Figures:
    """What a network costs on a device.

    Attributes:
        latency_us: of one inference.
        ram_bytes: static data, arena, staging of inputs and outputs, stack.
        flash_bytes: code and model of a build with this model linked in.
    """

    latency_us: float
    ram_bytes: float
    flash_bytes: float

    def over(self, other: Figures) -> Figures:
        """Return each figure over the other's."""
        return Figures(*(getattr(self, n) / getattr(other, n) for n in _NAMES))

    def times(self, factors: Figures) -> Figures:
        """Return each figure times a factor."""
        return Figures(*(getattr(self, n) * getattr(factors, n) for n in _NAMES))


_NAMES = tuple(field.name for field in fields(Figures))
SAME = Figures(1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Limits:
    """The most that each figure may be; None: no limit. See Figures."""

    latency_us: float | None = None
    ram_bytes: float | None = None
    flash_bytes: float | None = None

    def named(self) -> dict[str, float]:
        """Return the limits there are, in microseconds and bytes, by name."""
        found = {name: getattr(self, attribute) for name, (attribute, _) in _LIMITS.items()}
        return {name: limit for name, limit in found.items() if limit is not None}

    def uses(self, figures: Figures) -> dict[str, float]:
        """Return figure / limit for every limit there is, by the limit's name."""
        found = {}
        for name, (attribute, _) in _LIMITS.items():
            limit = getattr(self, attribute)
            if limit is not None:
                found[name] = getattr(figures, attribute) / limit
        return found

    def less(self, share: float) -> Limits:
        """Return the limits, each lowered by a share of itself."""
        values = (getattr(self, name) for name in _NAMES)
        return Limits(*(None if v is None else (1 - share) * v for v in values))

    def hold(self, figures: Figures) -> bool:
        """Whether no figure passes its limit."""
        return all(use <= 1.0 for use in self.uses(figures).values())


def parse_limits(texts: Sequence[str]) -> Limits:
    """Return the limits that texts such as "latency=250ms" set.

    Raises:
        UsageError: not NAME=NUMBER[UNIT] with a known name and unit, a limit of 0 or one given twice, or no latency.
    """
    values: dict[str, float] = {}
    for text in texts:
        match = _TEXT.fullmatch(text.strip())
        known = _LIMITS.get(match[1]) if match else None
        factor = known[1].get(match[3].lower()) if match and known else None
        if match is None or known is None or factor is None:
            raise UsageError(
                f"--limit {text}: write latency=NUMBER with us, ms or s; ram=NUMBER or flash=NUMBER with KiB, MiB, kB"
                " or MB"
            )
        if known[0] in values:
            raise UsageError(f"--limit {match[1]} is given twice")
        values[known[0]] = float(match[2]) * factor
        if not values[known[0]]:
            raise UsageError(f"--limit {text}: nothing fits")
    if "latency_us" not in values:
        raise UsageError("a search needs a limit of latency: --limit latency=100ms")
    return Limits(**values)
