"""Where the time goes: one bar per operator, one folded section per measurement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from harness.records import LayerLatency, Measurement
from reports import svg, units
from reports.markup import Markup, tag
from reports.tables import scrolling

_OPEN_AT_MOST = 4


def layer_sections(measurements: Sequence[Measurement]) -> list[Markup]:
    """Return a section per measurement that has layers; unfolded when there are few."""
    profiled = [m for m in measurements if m.latency.layers]
    return [_section(m, len(profiled) <= _OPEN_AT_MOST) for m in profiled]


def _section(m: Measurement, unfolded: bool) -> Markup:
    layers = m.latency.layers
    total = sum(layer.cycles for layer in layers)
    widest = max(layer.cycles for layer in layers)
    unit = m.latency.unit
    headings = ("#", "Operator", "Share", "", "Time", unit.capitalize(), "MACs", "Per MAC")
    numeric = {0, 3, 4, 5, 6, 7}
    head = tag(
        "tr",
        (
            tag(
                "th",
                text or tag("span", "Share in per cent", class_="hidden"),
                scope="col",
                class_="number" if index in numeric else None,
            )
            for index, text in enumerate(headings)
        ),
    )
    table = tag(
        "table",
        tag("caption", f"Operators of {units.title_of(m)}", class_="hidden"),
        tag("thead", head),
        tag("tbody", (_row(layer, total, widest) for layer in layers)),
        class_="layers",
    )
    return tag(
        "details",
        tag(
            "summary",
            tag("b", m.model.name),
            tag("span", f"{m.target} · {units.engine_of(m)}"),
            tag("span", units.time(m.latency.us), class_="right"),
            tag("small", _by_operator(layers, total)),
        ),
        scrolling(table, f"Operators of {units.title_of(m)}"),
        tag(
            "p",
            f"The operators of the profiled inference add up to {units.count(total)} {unit}; "
            f"the median without profiling is {units.count(m.latency.cycles)}.",
            class_="note",
        ),
        class_="fold",
        open=unfolded,
    )


def _row(layer: LayerLatency, total: int, widest: int) -> Markup:
    share = layer.cycles / total if total else 0.0
    length = layer.cycles / widest if widest else 0.0
    label = f"{layer.op}: {units.percent(share)}"
    cells = (
        units.percent(share),
        units.time(layer.us),
        units.count(layer.cycles),
        units.count(layer.macs),
        units.per_mac(layer.cycles, layer.macs),
    )
    return tag(
        "tr",
        tag("td", layer.index, class_="number"),
        tag("th", layer.op, scope="row"),
        tag("td", svg.bar(length, label), class_="wide"),
        (tag("td", cell, class_="number") for cell in cells),
    )


def _by_operator(layers: Sequence[LayerLatency], total: int) -> str:
    """Return the shares of the three costliest operator types."""
    shares: Counter[str] = Counter()
    for layer in layers:
        shares[layer.op] += layer.cycles
    top = shares.most_common(3) if total else []
    return " · ".join(f"{op} {units.percent(cycles / total)}" for op, cycles in top)
