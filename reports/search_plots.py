"""Score over latency, RAM and flash: what a search's networks give for what they cost."""

from __future__ import annotations

from collections.abc import Sequence

from harness.search_result import SearchResult
from reports import svg
from reports.costs import COSTS, Cost
from reports.markup import Markup, tag
from reports.pareto import front
from reports.plot import Plot, key, legend, named
from reports.published import SOURCE, Reference, published
from reports.requests import metric_name, score_text

_CHARACTER, _LINE, _ROWS = 8.0, 14, 2
_PLOT = Plot(520, 372, right=26, top=14 + _ROWS * _LINE)


def score_figures(results: Sequence[SearchResult], methods: Sequence[str]) -> Markup:
    """Return the plots of results of one task and target, with their legend and notes.

    Args:
        results: at least one.
        methods: of the whole page: each keeps its colour and shape.
    """
    reference = published(results[0].task, results[0].measurement.core)
    used = {result.method for result in results}
    keys = [key(svg.marker(i, False), name) for i, name in enumerate(methods) if name in used]
    keys.append(key(tag("path", d="M-7 3H0V-3H7", class_="front"), "Pareto front"))
    if any(result.limits for result in results):
        keys.append(key(tag("path", d="M0-7V7", class_="limit"), "limit"))
    if reference:
        keys.append(key(_grey_mark(), "MicroNets, published"))
    beside = tag("div", legend(keys), _published_note(reference) if reference else None)
    plots = [_figure(results, methods, cost, reference) for cost in COSTS]
    return tag("div", plots, beside, class_="pair")


def _figure(
    results: Sequence[SearchResult],
    methods: Sequence[str],
    cost: Cost,
    reference: Reference | None,
) -> Markup:
    known = [(r, figure) for r in results if (figure := cost.of(r.measurement)) is not None]
    metric = metric_name(results[0])
    title = f"{metric[0].upper()}{metric[1:]} over {cost.name}"
    if not known:
        return tag("p", f"{title}: no network has a figure for {cost.name}.", class_="note")
    grey = [
        (network.name, figure, network.score)
        for network in (reference.networks if reference else ())
        if (figure := cost.of_published(network)) is not None
    ]
    limits = sorted({r.limits[cost.limit] for r in results if cost.limit in r.limits})
    costs = [figure for _, figure in known] + [figure for _, figure, _ in grey] + limits
    across = svg.scale(costs, cost.base)
    up = svg.window([r.int8_score for r, _ in known] + [score for *_, score in grey], 100.0)

    def at(figure: float, score: float) -> tuple[float, float]:
        return _PLOT.x(across.position(figure)), _PLOT.y(up.position(score))

    frame = _PLOT.frame(
        [(across.position(tick), cost.round_text(tick)) for tick in across.ticks],
        [(up.position(tick), f"{tick:g} %") for tick in up.ticks],
        named(cost.name, across),
        f"{metric} of the int8 network",
    )
    steps = front([(figure, r.int8_score) for r, figure in known])
    return _PLOT.figure(
        title,
        f"{len(known)} networks; every figure stands in the results table.",
        frame,
        tag("g", _limits([(_PLOT.x(across.position(x)), cost.round_text(x)) for x in limits])),
        _front_line([at(*point) for point in steps]),
        tag("g", *(_grey(name, *at(x, y)) for name, x, y in grey)),
        tag("g", *(_mark(r, methods, cost, figure, *at(figure, r.int8_score)) for r, figure in known)),
    )  # fmt: skip


def _front_line(points: Sequence[tuple[float, float]]) -> Markup:
    """The border of what the networks reach, from the bottom to the right edge."""
    steps = "".join(f"H{x:.1f}V{y:.1f}" for x, y in points[1:])
    (x, y), low, end = points[0], _PLOT.height - _PLOT.bottom, _PLOT.width - _PLOT.right
    return tag("path", d=f"M{x:.1f} {low}V{y:.1f}{steps}H{end}", class_="front")


def _limits(lines: Sequence[tuple[float, str]]) -> list[Markup]:
    """The limits (x, text) as lines, each named above the plot in the first row that has room; else when pointed at."""
    parts: list[Markup] = []
    ends = [0.0] * _ROWS
    for x, limit in lines:
        text = f"≤ {limit}"
        half = _CHARACTER * len(text) / 2
        line = tag("path", d=f"M{x:.1f} {_PLOT.top}V{_PLOT.height - _PLOT.bottom}", class_="limit")
        parts.append(tag("g", tag("title", text), line))
        row = next((i for i, end in enumerate(ends) if x - half >= end), None)
        if row is not None:
            ends[row] = x + half
            y = _PLOT.top - 8 - _LINE * row
            parts.append(tag("text", text, x=f"{x:.1f}", y=y, class_="middle"))
    return parts


def _grey(name: str, x: float, y: float) -> Markup:
    left = x + _CHARACTER * len(name) + 9 > _PLOT.width
    style = "halo end" if left else "halo"
    label = tag("text", name, x=-9 if left else 9, y=4, class_=style)
    return tag("g", _grey_mark(), label, transform=f"translate({x:.1f} {y:.1f})")


def _grey_mark() -> Markup:
    return tag("path", d=svg.MARKERS[-1], class_="mark published")


def _mark(
    result: SearchResult, methods: Sequence[str], cost: Cost, figure: float, x: float, y: float
) -> Markup:
    kind = cost.kind(result.measurement)
    words = (
        f"{result.method}, seed {result.seed}: {cost.name} {cost.text(figure)} ({kind}),"
        f" {metric_name(result)} {score_text(result.int8_score)}"
    )
    shape = svg.marker(methods.index(result.method), kind != "measured")
    return tag("g", tag("title", words), shape, transform=f"translate({x:.1f} {y:.1f})")


def _published_note(reference: Reference) -> Markup:
    where = (
        f"on the {reference.board}" if reference.board else "no board has this core, so no latency"
    )
    estimated = [network.name for network in reference.networks if network.estimated]
    return tag(
        "p",
        f"Grey stars, for orientation only: {SOURCE}, {where}. They are not like for like: another data set"
        f" ({reference.data}), other kernels (TFLite Micro with CMSIS-NN), RAM of the interpreter's arena alone,"
        " flash of the whole binary, kilobytes of 1,000 bytes.",
        f" Latency estimated by the authors: {', '.join(estimated)}." if estimated else None,
        class_="note",
    )  # fmt: skip
