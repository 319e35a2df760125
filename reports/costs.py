"""What a searched network costs on its device, and the limits that a search was given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.records import Kind, Measurement
from reports import units
from reports.published import Published


@dataclass(frozen=True)
class Cost:
    """One figure that may be limited.

    Attributes:
        limit: its name among the limits of a SearchResult.
        name: as a reader knows it.
        base: of round numbers, see svg.scale.
        text: a figure as a reader sees it.
        round_text: the same of a tick or a limit.
        of: a measurement's figure; None where there is none.
        kind: of that figure.
        of_published: the figure of a published network.
    """

    limit: str
    name: str
    base: int
    text: Callable[[float], str]
    round_text: Callable[[float], str]
    of: Callable[[Measurement], float | None]
    kind: Callable[[Measurement], Kind]
    of_published: Callable[[Published], float | None]


COSTS = (
    Cost(
        limit="latency",
        name="latency",
        base=10,
        text=units.time,
        round_text=units.round_time,
        of=lambda m: m.latency.us,
        kind=lambda m: m.latency.kind,
        of_published=lambda p: p.latency_us,
    ),
    Cost(
        limit="ram",
        name="RAM",
        base=2,
        text=units.size,
        round_text=units.round_size,
        of=lambda m: m.memory.ram_bytes,
        kind=lambda m: m.memory.kind,
        of_published=lambda p: p.ram_bytes,
    ),
    Cost(
        limit="flash",
        name="flash",
        base=2,
        text=units.size,
        round_text=units.round_size,
        of=lambda m: m.memory.flash_bytes,
        kind=lambda m: m.memory.kind,
        of_published=lambda p: p.flash_bytes,
    ),
)


def limits_text(limits: Mapping[str, float]) -> str:
    """Return limits on one line, "latency 50 ms, RAM 96 KiB"."""
    known = [f"{c.name} {c.round_text(limits[c.limit])}" for c in COSTS if c.limit in limits]
    names = {c.limit for c in COSTS}
    others = [f"{name} {limit:g}" for name, limit in sorted(limits.items()) if name not in names]
    return ", ".join(known + others) or "no limits"
