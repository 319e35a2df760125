"""Latency against memory, one point per measurement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.records import Measurement
from reports import svg, units
from reports.markup import Markup, tag

_WIDTH, _HEIGHT = 520, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 26, 14, 48
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
    points = [(_x(across, sizes[m.id]), _y(up, m.latency.us)) for m in measurements]
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
        _WIDTH,
        _HEIGHT,
        title,
        desc,
        _axes(across, up, memory),
        tag("g", *marks),
        tag("g", *_labels(measurements, points), class_="labels"),
    )
    legend = [
        tag(
            "span",
            tag(
                "svg",
                svg.marker(index, False, transform="translate(7 7)"),
                class_="swatch",
                aria_hidden="true",
            ),
            target,
            class_="key",
        )
        for index, target in enumerate(targets)
    ]
    return tag("figure", tag("figcaption", title), picture, tag("p", *legend, class_="legend"))


def _x(across: svg.Scale, value: float) -> float:
    return _LEFT + across.position(value) * (_WIDTH - _LEFT - _RIGHT)


def _y(up: svg.Scale, value: float) -> float:
    return _HEIGHT - _BOTTOM - up.position(value) * (_HEIGHT - _TOP - _BOTTOM)


def _axes(across: svg.Scale, up: svg.Scale, memory: str) -> Markup:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts: list[Markup] = []
    for tick in across.ticks:
        x = f"{_x(across, tick):.1f}"
        parts.append(tag("line", x1=x, x2=x, y1=_TOP, y2=bottom, class_="grid"))
        label = units.size(tick).replace(".0 KiB", " KiB").replace(".00 MiB", " MiB")
        parts.append(tag("text", label, x=x, y=bottom + 17, class_="middle"))
    for tick in up.ticks:
        y = _y(up, tick)
        parts.append(tag("line", x1=_LEFT, x2=right, y1=f"{y:.1f}", y2=f"{y:.1f}", class_="grid"))
        label = _round_time(tick)
        parts.append(tag("text", label, x=_LEFT - 7, y=f"{y + 4:.1f}", class_="end"))
    middle = (_TOP + bottom) / 2
    x_name = memory + (" (logarithmic)" if across.log else "")
    y_name = "latency" + (" (logarithmic)" if up.log else "")
    parts += [
        tag("path", d=f"M{_LEFT} {_TOP}V{bottom}H{right}", class_="axis"),
        tag("text", x_name, x=(_LEFT + right) / 2, y=_HEIGHT - 8, class_="middle name"),
        tag("text", y_name, transform=f"translate(12 {middle}) rotate(-90)", class_="middle name"),
    ]
    return tag("g", *parts)


def _round_time(us: float) -> str:
    """Return a tick's time without trailing zeros."""
    number, _, unit = units.time(us).partition(" ")
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number} {unit}"


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
                box.x >= _LEFT
                and box.x + width <= _WIDTH
                and box.y >= 0
                and box.y + _LINE <= _HEIGHT - _BOTTOM
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
