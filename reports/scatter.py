"""Latency against memory, one point per measurement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.records import Measurement
from reports import svg, units
from reports.markup import Markup, tag
from reports.plot import Plot, named, series_legend

_PLOT = Plot(520, 400, right=26)
_CHARACTER, _LINE = 7.0, 13.0
_LONGEST_LABEL = 30


@dataclass(frozen=True)
class _Box:
    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: _Box) -> bool:
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


def scatter(
    measurements: Sequence[Measurement],
    memory: str,
    figure_of: Callable[[Measurement], int | None],
) -> Markup:
    """Return the figure of latency (down is faster) over `memory` ("flash", "RAM"), with its
    legend.

    Colour and shape tell the target, a hollow mark a latency that was not measured. Labels that
    would cover each other are left out; every point names itself when pointed at, and all stand in
    the results table. A measurement without the figure has no point.
    """
    known = [(m, size) for m in measurements if (size := figure_of(m)) is not None]
    if not known:
        return tag("p", f"No measurement has a figure for {memory}.", class_="note")
    sizes = {m.id: size for m, size in known}
    measurements = [m for m, _ in known]
    targets = sorted({m.target for m in measurements})
    across = svg.scale([sizes[m.id] for m in measurements], 2)
    up = svg.scale([m.latency.us for m in measurements], 10)
    points = [
        (_PLOT.x(across.position(sizes[m.id])), _PLOT.y(up.position(m.latency.us)))
        for m in measurements
    ]
    marks = [
        tag(
            "g",
            tag("title", _describe(m, memory, sizes[m.id])),
            svg.marker(targets.index(m.target), m.latency.kind != "measured"),
            transform=f"translate({x:.1f} {y:.1f})",
        )
        for m, (x, y) in zip(measurements, points, strict=True)
    ]
    title = f"Latency against {memory}"
    desc = f"{len(measurements)} points; every figure stands in the results table."
    picture = svg.drawing(
        _PLOT.width,
        _PLOT.height,
        title,
        desc,
        _PLOT.frame(
            [(across.position(tick), units.round_size(tick)) for tick in across.ticks],
            [(up.position(tick), units.round_time(tick)) for tick in up.ticks],
            named(memory, across),
            named("latency", up),
        ),
        tag("g", *marks),
        tag("g", *_labels(measurements, points), class_="labels"),
    )
    return tag("figure", tag("figcaption", title), picture, series_legend(targets))


def _labels(
    measurements: Sequence[Measurement], points: Sequence[tuple[float, float]]
) -> list[Markup]:
    """Return the names that fit beside their points without covering a point or another name."""
    repeated = Counter((m.model.name, m.target) for m in measurements)
    taken = [_Box(x - 5, y - 5, 10, 10) for x, y in points]
    labels: list[Markup] = []
    for m, (x, y) in zip(measurements, points, strict=True):
        many = repeated[m.model.name, m.target] > 1
        text = f"{m.model.name} · {m.kernels or m.engine}" if many else m.model.name
        if len(text) > _LONGEST_LABEL:
            text = text[: _LONGEST_LABEL - 1] + "…"
        width = _CHARACTER * len(text)
        for anchor, dx, dy, left in (
            (None, 8, 4, 8.0),
            ("end", -8, 4, -8 - width),
            ("middle", 0, -9, -width / 2),
            ("middle", 0, 17, -width / 2),
        ):
            box = _Box(x + left, y + dy - _LINE + 3, width, _LINE)
            inside = (
                box.x >= _PLOT.left
                and box.x + width <= _PLOT.width
                and box.y >= 0
                and box.y + _LINE <= _PLOT.height - _PLOT.bottom
            )
            if inside and not any(box.overlaps(other) for other in taken):
                taken.append(box)
                labels.append(
                    tag("text", text, x=f"{x + dx:.1f}", y=f"{y + dy:.1f}", class_=anchor)
                )
                break
    return labels


def _describe(m: Measurement, memory: str, count: int) -> str:
    latency = f"{units.time(m.latency.us)} ({m.latency.kind})"
    return f"{units.title_of(m)}: {latency}, {memory} {units.size(count)}"
