"""Searches as tables: every figure of each, and the means over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from harness.search_result import SearchResult
from reports import units
from reports.costs import COSTS, Cost
from reports.markup import Markup, join, tag
from reports.requests import Request, by_seed, effort_text, metric_name, score_text
from reports.tables import Heading, number_cell, sortable_table, text_cell
from reports.words import kind_badge

BASELINE = "uniform"
"""The method that others are held against: one width for all layers."""
_LOWEST = -1e9  # sorts a missing difference below every other

_HEADINGS: Sequence[Heading] = (
    ("Task", "", False),
    ("Target", "engine", False),
    ("Method", "seed", False),
    ("Latency", "of its limit", True),
    ("RAM", "of its limit", True),
    ("Flash", "of its limit", True),
    ("MACs", "", True),
    ("Energy", "per inference", True),
    ("Int8 score", "float, device", True),
    ("Outputs", "equal on", False),
)
_MEANS: Sequence[Heading] = (
    ("Task", "limits", False),
    ("Target", "engine", False),
    ("Method", "", False),
    ("Seeds", "", True),
    ("Int8 score", "mean", True),
    (f"Against {BASELINE}", "points", True),
    ("Latency", "mean", True),
    ("MACs", "mean", True),
)


def search_table(results: Sequence[SearchResult]) -> Markup:
    """Return the table of results, a row each."""
    return sortable_table("Results, one row per search", _HEADINGS, [_row(r) for r in results])


def _row(result: SearchResult) -> Markup:
    m = result.measurement
    energy = m.energy
    return tag(
        "tr",
        tag("th", result.task, scope="row"),
        text_cell(m.target, units.engine_of(m)),
        text_cell(
            result.method, f"seed {result.seed}", effort_text(result.effort), class_="method"
        ),
        *(_cost(result, cost) for cost in COSTS),
        number_cell(m.model.macs, units.count(m.model.macs)),
        number_cell(energy.uj, units.energy(energy.uj), kind_badge(energy.kind))
        if energy.uj is not None
        else number_cell(-1, units.NONE),
        number_cell(
            result.int8_score,
            score_text(result.int8_score),
            metric_name(result),
            f"float {score_text(result.float_score)}",
            f"device {score_text(result.device_score)}",
        ),
        _outputs(result),
    )


def _cost(result: SearchResult, cost: Cost) -> Markup:
    """Return the cell of a figure: its kind, and how much of its limit it uses."""
    figure = cost.of(result.measurement)
    if figure is None:
        return number_cell(-1, units.NONE)
    kind = kind_badge(cost.kind(result.measurement))
    error = result.measurement.latency.error_text if cost.limit == "latency" else ""
    band = f"error {error}" if error else ""
    return number_cell(figure, cost.text(figure), kind, band, _use(result, cost))


def _use(result: SearchResult, cost: Cost) -> Markup | str:
    if cost.limit not in result.limits:
        return "no limit"
    use = result.uses.get(cost.limit)
    if use is None:
        return f"limit {cost.round_text(result.limits[cost.limit])}"
    text = f"{units.percent(use)} of {cost.round_text(result.limits[cost.limit])}"
    return tag("span", f"✗ {text}", class_="bad") if use > 1 else text


def _outputs(result: SearchResult) -> Markup:
    """Return the cell that says on what the outputs equal the integer simulation, for how many test examples."""
    style, text = ("good", "✓ device") if result.device_exact else ("bad", "✗ device differs")
    sent = f"{units.count(result.device_examples)} of {units.count(result.examples)} examples"
    return tag(
        "td",
        tag("span", text, class_=style),
        [tag("small", line) for line in (sent, *(result.exact or ("no other interpreter",)))],
        class_="outputs",
        data_value=text,
    )


def means_table(results: Sequence[SearchResult]) -> Markup:
    """Return the means over the seeds of every request and method.

    Args:
        results: in order.
    """
    groups = by_seed(results)
    baseline = {
        request: fmean(r.int8_score for r in own)
        for request, method, own in groups
        if method == BASELINE
    }
    rows = [_mean_row(request, method, own, baseline) for request, method, own in groups]
    return sortable_table("Means over seeds, one row per request and method", _MEANS, rows)


def _mean_row(
    request: Request,
    method: str,
    results: Sequence[SearchResult],
    baseline: dict[Request, float],
) -> Markup:
    scores = [r.int8_score for r in results]
    latencies = [r.measurement.latency.us for r in results]
    macs = fmean(r.measurement.model.macs for r in results)
    kinds = sorted({r.measurement.latency.kind for r in results})
    ahead = None
    if method != BASELINE and request in baseline:
        ahead = fmean(scores) - baseline[request]
    several = len(results) > 1
    return tag(
        "tr",
        tag("th", request.task, tag("small", request.limits_text), scope="row"),
        text_cell(request.target, request.engine, effort_text(request.effort)),
        text_cell(method),
        number_cell(
            len(results),
            f"mean of {len(results)} seeds" if several else "1 seed",
            ", ".join(str(r.seed) for r in results),
        ),
        number_cell(
            fmean(scores),
            score_text(fmean(scores)),
            f"{min(scores):.2f} to {max(scores):.2f}" if several else "",
        ),
        number_cell(_LOWEST, units.NONE) if ahead is None else number_cell(ahead, f"{ahead:+.2f}"),
        number_cell(
            fmean(latencies),
            units.time(fmean(latencies)),
            join(kind_badge(kind) for kind in kinds),
            f"{units.time(min(latencies))} to {units.time(max(latencies))}" if several else "",
        ),
        number_cell(macs, units.count(round(macs))),
    )
