"""The validation of a latency model as a page: predicted against measured, errors, op-count law, learning curve."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from harness.errors import StoreError
from harness.latency.laws import OpLaw
from harness.latency.model_file import ModelFile
from harness.latency.validation import CurvePoint, FamilyError, Point, Validation
from reports import svg, units
from reports.document import document, key_figures
from reports.markup import Markup, tag
from reports.plot import Plot, named, series_legend
from reports.tables import plain_table

_PLOT = Plot(520, 360)
_BINS = 21
_MICRONETS = (
    "MicroNets (arXiv 2010.11267, section 3): 0.95 < r2 < 0.99 for whole networks of one backbone on an STM32F446RE"
    " (Cortex-M4) and an STM32F746ZG (Cortex-M7); the KWS backbone had about 40 % more operations a second than the"
    " CIFAR-10 one."
)


def build_latency_report(model: ModelFile, title: str) -> str:
    """Return the HTML of a model's validation; the same model gives the same text.

    Raises:
        StoreError: the model was not validated.
    """
    check = model.validation
    if check is None:
        raise StoreError("the latency model was not validated: it was made from too few networks")
    return document(
        title,
        _header(model, check, title),
        tag("main", _sections(model, check)),
        tag("footer", f"Made with tinyhil {model.origin.tinyhil}, {model.origin.created}."),
    )


def _header(model: ModelFile, check: Validation, title: str) -> Markup:
    identity = model.identity
    tau = "–" if check.kendall_tau is None else f"{check.kendall_tau:.4f}"
    figures = (
        ("networks held out", str(check.networks)),
        ("median error", _percent(check.median_error)),
        ("worst error", _percent(check.worst_error)),
        ("within ±10 %", _percent(check.within_10)),
        (f"inside the {model.interval.level:.0%} interval", _percent(check.covered)),
        ("mean half-width", _percent(check.mean_width)),
        ("Kendall's tau", tau),
    )
    lead = (
        f"Latency estimated for {identity.target} ({identity.core}), kernels {identity.kernels}, held against"
        f" {identity.kind} networks that were not fitted."
    )
    return tag(
        "header",
        tag("h1", title),
        tag("p", lead, class_="lead"),
        key_figures(figures),
    )


def _sections(model: ModelFile, check: Validation) -> list[Markup]:
    curve = _curve(check.curve) if check.curve else None
    return [
        tag("h2", "Held-out networks"),
        tag("div", _scatter(check.points), _histogram(check.points), class_="pair"),
        tag("h2", "Error of single steps"),
        _families(check.families),
        *([tag("h2", "Learning curve"), curve] if curve else []),
        *([tag("h2", "Op-count law"), _laws(model.laws)] if model.laws else []),
        tag("h2", "Origin"),
        _origin(model),
    ]


def _scatter(points: Sequence[Point]) -> Markup:
    """Predicted over measured cycles, with the line where both are the same."""
    values = [value for p in points for value in (p.measured, p.predicted)]
    axis = svg.scale(values, 10)
    marks = [
        tag(
            "g",
            tag("title", _describe(p)),
            svg.marker(0, True),
            transform=f"translate({_PLOT.x(axis.position(p.measured)):.1f} {_PLOT.y(axis.position(p.predicted)):.1f})",
        )
        for p in points
    ]
    low, high = (axis.position(f(values)) for f in (min, max))
    same = tag(
        "line", class_="axis", x1=f"{_PLOT.x(low):.1f}", y1=f"{_PLOT.y(low):.1f}",
        x2=f"{_PLOT.x(high):.1f}", y2=f"{_PLOT.y(high):.1f}",
    )  # fmt: skip
    ticks = [(axis.position(tick), _short(tick)) for tick in axis.ticks]
    note = " (logarithmic)" if axis.log else ""
    frame = _PLOT.frame(ticks, ticks, f"measured cycles{note}", f"predicted cycles{note}")
    return _PLOT.figure(
        "Predicted against measured", f"{len(points)} networks.", frame, same, *marks
    )


def _describe(point: Point) -> str:
    error = _percent(point.predicted / point.measured - 1.0)
    width = "" if point.width is None else f", interval ±{_percent(point.width)}"
    return f"{point.name}: measured {point.measured:,.0f}, predicted {point.predicted:,.0f} ({error}{width})"


def _histogram(points: Sequence[Point]) -> Markup:
    """How often which relative error occurs."""
    errors = np.array([p.predicted / p.measured - 1.0 for p in points])
    most = max(float(np.abs(errors).max()), 1e-6)
    counts, edges = np.histogram(errors, bins=_BINS, range=(-most, most))
    axis = svg.scale([float(counts.max())], 10)
    bars = []
    for count, left, right in zip(counts.tolist(), edges, edges[1:], strict=False):
        if not count:
            continue
        x0, x1 = (_PLOT.x((edge + most) / (2 * most)) for edge in (left, right))
        y = _PLOT.y(axis.position(count))
        bars.append(
            tag(
                "rect",
                tag("title", f"{_percent(left)} to {_percent(right)}: {count}"),
                class_="s0",
                x=f"{x0 + 0.5:.1f}",
                y=f"{y:.1f}",
                width=f"{x1 - x0 - 1:.1f}",
                height=f"{_PLOT.y(0.0) - y:.1f}",
            )
        )
    across = [((share + 1) / 2, _percent(share * most)) for share in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    up = [(axis.position(tick), f"{tick:g}") for tick in axis.ticks]
    frame = _PLOT.frame(across, up, "predicted / measured - 1", "networks")
    return _PLOT.figure("Errors", f"{len(points)} networks.", frame, *bars)


def _curve(points: Sequence[CurvePoint]) -> Markup:
    """Mean error over the number of measurements, a line for each way of sampling."""
    ways = list(dict.fromkeys(p.sampling for p in points))
    drawn = [p for p in points if p.budget > 0 and p.mean_error > 0]
    if not drawn:
        return _curve_table(points)
    across = svg.scale([float(p.budget) for p in drawn], 10)
    up = svg.scale([p.mean_error for p in drawn], 10)
    lines = []
    for series, way in enumerate(ways):
        own = [p for p in drawn if p.sampling == way]
        at = [(_PLOT.x(across.position(p.budget)), _PLOT.y(up.position(p.mean_error))) for p in own]
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in at)
        lines.append(
            tag("path", d=path, class_=f"mark c{series}", stroke="currentColor", style="fill:none")
        )
        lines += [
            tag(
                "g",
                tag("title", f"{way}, {p.budget} measurements: mean {_percent(p.mean_error)}"),
                svg.marker(series, False),
                transform=f"translate({x:.1f} {y:.1f})",
            )
            for p, (x, y) in zip(own, at, strict=True)
        ]
    frame = _PLOT.frame(
        [(across.position(t), f"{t:g}") for t in across.ticks],
        [(up.position(t), _percent(t)) for t in up.ticks],
        named("measured networks", across),
        named("mean error", up),
    )
    title = f"Mean of {points[0].seeds} draws, replayed on measured networks"
    figure = _PLOT.figure(title, "All figures stand in the table.", frame, *lines)
    return tag("div", figure, series_legend(ways), _curve_table(points))


def _curve_table(points: Sequence[CurvePoint]) -> Markup:
    rows = [
        (
            p.sampling,
            str(p.budget),
            _percent(p.mean_error),
            _percent(p.median_error),
            _percent(p.within_10),
        )
        for p in points
    ]
    return plain_table(("sampling", "networks", "mean error", "median error", "within ±10 %"), rows)


def _families(families: Sequence[FamilyError]) -> Markup:
    rows = [
        (f.family, str(f.steps), _percent(f.share), _percent(f.median), _percent(f.p95))
        for f in families
    ]
    return plain_table(("kernel", "steps", "share of cycles", "median error", "95 % below"), rows)


def _laws(laws: Sequence[OpLaw]) -> Markup:
    rows = [
        (
            law.backbone,
            str(law.networks),
            units.significant(law.slope),
            f"{law.intercept:,.0f}",
            f"{law.ops_per_s / 1e6:,.2f} M",
            f"{law.r2:.4f}",
            "–" if law.layer_r2 is None else f"{law.layer_r2:.4f}",
            _percent(law.median_error),
        )
        for law in laws
    ]
    names = (
        "backbone", "networks", "cycles an operation", "intercept", "operations a second", "r2",
        "r2 of single layers", "median error",
    )  # fmt: skip
    return tag("div", tag("p", _MICRONETS, class_="note"), plain_table(names, rows))


def _origin(model: ModelFile) -> Markup:
    origin, identity = model.origin, model.identity
    facts = {
        "target": identity.target,
        "kernels": f"{identity.kernels}, {identity.kernels_sha256[:12]}",
        "engine": identity.engine,
        "clock": f"{identity.clock_hz / 1e6:g} MHz",
        "timing model": f"{identity.timing} {identity.timing_sha256[:12]}",
        "compiler": origin.compiler,
        "image": origin.image_id,
        "networks": ", ".join(f"{name} {count}" for name, count in origin.networks.items()),
        "chosen": origin.sampling,
        "skipped, failed, repeated, replaced": (
            f"{origin.skipped}, {origin.failed}, {origin.repeated}, {origin.replaced}"
        ),
        "measuring": f"{origin.seconds:,.0f} s",
        "host": origin.host,
    }
    return plain_table(("what", ""), list(facts.items()))


def _short(value: float) -> str:
    for limit, name in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= limit:
            return f"{value / limit:g}{name}"
    return f"{value:g}"


def _percent(share: float | None) -> str:
    if share is None or not math.isfinite(share):
        return "–"
    return f"{100.0 * share:.3g} %"
