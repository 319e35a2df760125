"""What the bytes are for: flash by component, RAM by use."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.records import Measurement
from reports import svg, units
from reports.markup import Markup, tag
from reports.tables import scrolling

# With more rows than this, the table scrolls in a frame of its own.
_TALL = 16

Parts = Callable[[Measurement], dict[str, int]]


def flash_parts(m: Measurement) -> dict[str, int]:
    """Return flash by component; what the components leave over is "other"."""
    if m.memory.flash_bytes is None:
        return {}
    rest = m.memory.flash_bytes - sum(m.memory.flash_parts.values())
    return {**m.memory.flash_parts, **({"other": rest} if rest > 0 else {})}


def ram_parts(m: Measurement) -> dict[str, int]:
    """Return RAM by use."""
    memory = m.memory
    parts = {
        "static": memory.static_bytes,
        "arena": memory.arena_bytes,
        "io": memory.io_bytes,
        "stack": memory.stack_bytes,
    }
    return {name: amount for name, amount in parts.items() if amount is not None}


def memory_figure(measurements: Sequence[Measurement], name: str, parts_of: Parts) -> Markup:
    """Return a table of stacked bars, all to the same scale, with every part in bytes beside them.

    Args:
        measurements: at least one.
        name: "Flash" or "RAM".
        parts_of: the parts of one measurement, in bytes.
    """
    every = [parts_of(m) for m in measurements]
    # The largest component first: bars then share a base line that is worth comparing.
    weight = {n: sum(parts.get(n, 0) for parts in every) for parts in every for n in parts}
    names = sorted(weight, key=lambda n: (-weight[n], n))
    full = max(sum(parts.values()) for parts in every)
    head = tag(
        "tr",
        tag("th", "Measurement", scope="col"),
        tag("th", name, scope="col"),
        (tag("th", text, scope="col", class_="number") for text in (*names, "total")),
    )
    rows = (
        _row(m, [(n, parts.get(n, 0)) for n in names], full, name)
        for m, parts in zip(measurements, every, strict=True)
    )
    table = tag(
        "table",
        tag("caption", f"{name} by part, in bytes", class_="hidden"),
        tag("thead", head),
        tag("tbody", rows),
        class_="memory",
    )
    legend = tag("p", (svg.swatch(i, n) for i, n in enumerate(names)), class_="legend")
    return tag(
        "figure",
        tag("figcaption", f"{name}, bytes by part"),
        legend,
        scrolling(table, f"{name} by part", tall=len(measurements) > _TALL),
    )


def _row(m: Measurement, parts: list[tuple[str, int]], full: int, name: str) -> Markup:
    total = sum(amount for _, amount in parts)
    title = f"{name} of {units.title_of(m)}: {units.size(total)}"
    desc = ", ".join(f"{part} {amount:,}" for part, amount in parts)
    return tag(
        "tr",
        tag("th", m.model.name, tag("small", f"{m.target} · {units.engine_of(m)}"), scope="row"),
        tag("td", svg.stacked_bar(parts, full, title, desc), class_="wide"),
        (tag("td", units.count(amount), class_="number") for _, amount in parts),
        tag("td", tag("b", units.count(total)), class_="number"),
    )
