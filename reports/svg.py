"""Drawing: bars that stretch with the page (geometry in per cent), markers, axis scales."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reports.markup import Markup, join, tag

SERIES = 8
TEXTURES = 4
_STAR = "M0-6 1.8-1.9 6-1.9 2.6.9 4 5.4 0 2.6-4 5.4-2.6.9-6-1.9-1.8-1.9Z"
MARKERS = (
    "M-4.5 0A4.5 4.5 0 1 0 4.5 0A4.5 4.5 0 1 0-4.5 0Z",
    "M-4-4H4V4H-4Z",
    "M0-5.8 5.8 0 0 5.8-5.8 0Z",
    "M0-5 5 4H-5Z",
    "M0 5-5-4H5Z",
    "M-1.7-5H1.7V-1.7H5V1.7H1.7V5H-1.7V1.7H-5V-1.7H-1.7Z",
    _STAR,
)
# Steps of an axis, at least.
_FEWEST = 3


def bar(share: float, title: str) -> Markup:
    """Return a horizontal bar that fills `share` (0..1) of its cell."""
    width = min(max(share, 0.0), 1.0)
    return tag(
        "svg",
        tag("title", title),
        tag("rect", class_="track", width="100%", height="100%", rx=2),
        tag("rect", class_="s0", width=f"{width * 100:.2f}%", height="100%", rx=2),
        class_="bar",
        role="img",
    )


def stacked_bar(parts: Sequence[tuple[str, int]], full: int, title: str, desc: str) -> Markup:
    """Return one bar of parts (name, amount) side by side; `full` is the amount of the whole width.

    Each part has its colour, its texture and, where there is room, its name.
    """
    pieces: list[Markup] = []
    at = 0.0
    for index, (name, amount) in enumerate(parts):
        width = 100 * amount / full if full > 0 else 0.0
        if width > 0:
            pieces.append(
                tag(
                    "svg",
                    tag("title", f"{name}: {amount:,} bytes"),
                    tag("rect", class_=f"s{index % SERIES}", width="100%", height="100%"),
                    tag("rect", fill=f"url(#t{index % TEXTURES})", width="100%", height="100%"),
                    tag("rect", class_="gap", width=1, height="100%") if at else None,
                    tag("text", name, x=6, y=15, class_=f"n{index % SERIES}")
                    if width > 1.6 * len(name) + 3
                    else None,
                    x=f"{at:.3f}%",
                    width=f"{width:.3f}%",
                    height="100%",
                )
            )
        at += width
    return tag("svg", tag("title", title), tag("desc", desc), *pieces, class_="stack", role="img")


def textures() -> Markup:
    """Return the hidden drawing that defines the textures t0..t3 for the whole document."""
    lines = (
        None,
        tag("path", d="M-1 7 7-1M-1 1 1-1M5 7 7 5"),
        tag("circle", cx=3, cy=3, r=0.9),
        tag("path", d="M0 3H6"),
    )
    patterns = [
        tag(
            "pattern",
            line,
            id=f"t{index}",
            width=6,
            height=6,
            patternUnits="userSpaceOnUse",
            class_="texture",
        )
        for index, line in enumerate(lines)
    ]
    return tag("svg", tag("defs", *patterns), class_="defs", aria_hidden="true")


def swatch(index: int, name: str) -> Markup:
    """Return a legend entry of a stacked bar's part."""
    box = tag(
        "svg",
        tag("rect", class_=f"s{index % SERIES}", width=14, height=14),
        tag("rect", fill=f"url(#t{index % TEXTURES})", width=14, height=14),
        class_="swatch",
        aria_hidden="true",
    )
    return tag("span", box, name, class_="key")


def marker(series: int, hollow: bool, **attributes: object) -> Markup:
    """Return a point's mark: colour and shape by series, hollow when asked."""
    shape = MARKERS[(series + series // len(MARKERS)) % len(MARKERS)]
    style = f"mark c{series % SERIES}" + (" hollow" if hollow else "")
    return tag("path", d=shape, class_=style, **attributes)


@dataclass(frozen=True)
class Scale:
    """An axis.

    Attributes:
        ticks: in the data's unit.
        position: where a value falls: 0 at the low end, 1 at the high end.
        log: whether it is logarithmic.
    """

    ticks: tuple[float, ...]
    position: Callable[[float], float]
    log: bool


def scale(values: Sequence[float], base: int) -> Scale:
    """Return an axis that holds all values (each >= 0), logarithmic when they span more than a
    factor of 15.

    Args:
        values: at least one.
        base: 10 for ticks at 1, 2, 5 times powers of ten, 2 for powers of two (bytes).
    """
    low, high = min(values), max(values)
    if low > 0 and high / low > 15:
        return _log_scale(low, high, base)
    step = _step(high or 1.0, base)
    top = math.ceil((high or 1.0) * 1.04 / step) * step
    ticks = tuple(i * step for i in range(round(top / step) + 1))
    return Scale(ticks, lambda value: value / top, log=False)


def window(values: Sequence[float], ceiling: float) -> Scale:
    """Return a linear axis around all values (each >= 0), which need not begin at 0.

    Args:
        values: at least one.
        ceiling: that the axis does not pass where no value does; it spans at least a hundredth of it.
    """
    low, high = min(values), max(values)
    span = max(high - low, ceiling / 100)
    step = _step(span * 1.2, 10)
    first = max(math.floor((low - 0.1 * span) / step), 0)
    last = math.ceil((high + 0.1 * span) / step)
    if high <= ceiling:
        last = min(last, math.ceil(ceiling / step))
    first = max(min(first, last - _FEWEST), 0)
    last = max(last, first + _FEWEST)
    ticks = tuple(round(i * step, 9) for i in range(first, last + 1))
    return Scale(ticks, lambda value: (value / step - first) / (last - first), log=False)


def _step(high: float, base: int) -> float:
    """Return a round step that gives three to eight ticks."""
    exponent = math.floor(math.log(high / 4, base))
    unit = float(base) ** exponent
    factors = (1, 2) if base == 2 else (1, 2, 5)
    return max(f * unit for f in factors if f * unit <= high / 3)


def _log_scale(low: float, high: float, base: int) -> Scale:
    floor, ceiling = math.log(low * 0.8), math.log(high * 1.25)
    factors = (1,) if base == 2 else (1, 2, 5)
    exponents = range(math.floor(math.log(low, base)) - 1, math.ceil(math.log(high, base)) + 2)
    ticks = [
        tick
        for exponent in exponents
        for tick in (f * float(base) ** exponent for f in factors)
        if floor <= math.log(tick) <= ceiling
    ]
    if len(ticks) > 9 and base == 10:
        ticks = [t for t in ticks if abs(math.log10(t) - round(math.log10(t))) < 1e-9]
    stride = -(-len(ticks) // 9)
    return Scale(
        tuple(ticks[::stride]),
        lambda value: (math.log(value) - floor) / (ceiling - floor),
        log=True,
    )


def drawing(width: int, height: int, title: str, desc: str, *children: object) -> Markup:
    """Return a picture with its title and description for those who cannot see it."""
    return tag(
        "svg",
        tag("title", title),
        tag("desc", desc),
        join(children),
        viewBox=f"0 0 {width} {height}",
        role="img",
    )
