"""A drawing with two axes: where positions lie, the axes with their ticks, the legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports import svg
from reports.markup import Markup, tag

Ticks = Sequence[tuple[float, str]]
"""Of an axis: (position 0..1, text)."""


@dataclass(frozen=True)
class Plot:
    """Size and margins, in pixels."""

    width: int
    height: int
    left: int = 76
    right: int = 20
    top: int = 14
    bottom: int = 48

    def x(self, position: float) -> float:
        """Return where a position 0..1 across lies."""
        return self.left + position * (self.width - self.left - self.right)

    def y(self, position: float) -> float:
        """Return where a position 0..1 up lies."""
        return self.height - self.bottom - position * (self.height - self.top - self.bottom)

    def frame(self, across: Ticks, up: Ticks, x_name: str, y_name: str) -> Markup:
        """Return the axes with their ticks and names."""
        low, end = self.height - self.bottom, self.width - self.right
        parts: list[Markup] = []
        for position, text in across:
            x = f"{self.x(position):.1f}"
            parts.append(tag("line", x1=x, x2=x, y1=self.top, y2=low, class_="grid"))
            parts.append(tag("text", text, x=x, y=low + 17, class_="middle"))
        for position, text in up:
            y = self.y(position)
            at = f"{y:.1f}"
            parts.append(tag("line", x1=self.left, x2=end, y1=at, y2=at, class_="grid"))
            parts.append(tag("text", text, x=self.left - 7, y=f"{y + 4:.1f}", class_="end"))
        middle = (self.top + low) / 2
        turned = f"translate(12 {middle}) rotate(-90)"
        parts += [
            tag("path", d=f"M{self.left} {self.top}V{low}H{end}", class_="axis"),
            tag("text", x_name, x=(self.left + end) / 2, y=self.height - 8, class_="middle name"),
            tag("text", y_name, transform=turned, class_="middle name"),
        ]
        return tag("g", *parts)

    def figure(self, title: str, desc: str, *parts: Markup) -> Markup:
        """Return a drawing of this size under its title."""
        picture = svg.drawing(self.width, self.height, title, desc, *parts)
        return tag("figure", tag("figcaption", title), picture)


def named(name: str, scale: svg.Scale) -> str:
    """Return an axis's name, which says whether it is logarithmic."""
    return name + (" (logarithmic)" if scale.log else "")


def key(mark: Markup, name: str) -> Markup:
    """Return an entry of a legend: a mark drawn around the origin, and what it stands for."""
    centred = tag("g", mark, transform="translate(7 7)")
    return tag("span", tag("svg", centred, class_="swatch", aria_hidden="true"), name, class_="key")


def legend(keys: Sequence[Markup]) -> Markup:
    """Return the entries in a row."""
    return tag("p", *keys, class_="legend")


def series_legend(names: Sequence[str]) -> Markup:
    """Return the names of series with their markers, in order."""
    return legend([key(svg.marker(series, False), name) for series, name in enumerate(names)])
