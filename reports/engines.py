"""Engines and kernel sets side by side: one bar of latency each, for every model and target that ran several."""

from __future__ import annotations

from collections.abc import Sequence

from harness.records import Measurement
from reports import svg, units
from reports.markup import Markup, tag
from reports.tables import scrolling


def engine_figure(measurements: Sequence[Measurement]) -> Markup | None:
    """Return the plot, None where no model and target ran with two engines or kernel sets.

    Of several measurements with the same engine and kernel set the last counts. Ratios are to the slowest of a group.
    """
    groups: dict[tuple[str, str], dict[str, Measurement]] = {}
    for m in measurements:
        groups.setdefault((m.model.sha256, m.target), {})[units.engine_of(m)] = m
    several = [list(group.values()) for group in groups.values() if len(group) > 1]
    if not several:
        return None
    headings = ("Model", "Engine", "Latency", "", "Slowest / this", "Arena", "Flash")
    head = tag("tr", (tag("th", name, scope="col") for name in headings))
    rows = [row for group in several for row in _rows(group)]
    table = tag(
        "table",
        tag("caption", "Latency by engine and kernel set", class_="hidden"),
        tag("thead", head),
        tag("tbody", rows),
        class_="memory",
    )
    return tag(
        "figure",
        tag("figcaption", "Latency by engine and kernel set, each group to its own scale"),
        scrolling(table, "Latency by engine and kernel set"),
    )


def _rows(group: Sequence[Measurement]) -> list[Markup]:
    slowest = max(m.latency.us for m in group)
    ordered = sorted(group, key=lambda m: -m.latency.us)
    return [
        tag(
            "tr",
            tag("th", m.model.name, tag("small", m.target), scope="row"),
            tag("td", units.engine_of(m)),
            tag("td", units.time(m.latency.us), class_="number"),
            tag(
                "td",
                svg.bar(
                    m.latency.us / slowest if slowest else 0.0,
                    f"{units.title_of(m)}: {units.time(m.latency.us)}",
                ),
                class_="wide",
            ),
            tag(
                "td",
                units.significant(slowest / m.latency.us, 3) if m.latency.us else units.NONE,
                class_="number",
            ),
            tag("td", units.size(m.memory.arena_bytes), class_="number"),
            tag("td", units.size(m.memory.flash_bytes), class_="number"),
        )
        for m in ordered
    ]
