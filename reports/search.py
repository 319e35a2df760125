"""Searches as a page: what each came to, score against cost, where the time goes."""

from __future__ import annotations

from collections.abc import Sequence

from harness.errors import StoreError
from harness.records import Measurement
from harness.search_result import SearchResult
from reports.costs import limits_text
from reports.document import days, document, key_figures, versions
from reports.layers import layer_sections
from reports.markup import Markup, tag
from reports.provenance import provenance_section
from reports.requests import by_task, effort_text, in_order, request_of
from reports.results import notes
from reports.search_plots import score_figures
from reports.search_tables import means_table, search_table
from reports.svg import textures
from reports.words import kinds_of, words_box

_PLOTS_NOTE = (
    "Towards the upper left is better. Colour and shape tell the method; a hollow mark is a cost that was not measured."
    " Point at a mark to see its figures. The line is the Pareto front: no network costs less and scores as much."
)


def build_search_report(results: Sequence[SearchResult], title: str) -> str:
    """Return the HTML of a report of searches; the same results, in any order, give the same text.

    Raises:
        StoreError: there are no results.
    """
    if not results:
        raise StoreError("there are no searches to report")
    ordered = in_order(results)
    named = [_named(result) for result in ordered]
    return document(
        title,
        textures(),
        _header(ordered, title),
        words_box(kinds_of(named)),
        tag("main", _sections(ordered, named)),
        tag("footer", versions(named)),
    )


def _named(result: SearchResult) -> Measurement:
    """Return the measurement under the search's name: its file is called the same in every folder."""
    m = result.measurement
    parts = (
        result.task,
        limits_text(result.limits),
        effort_text(result.effort),
        result.method,
        f"seed {result.seed}",
    )
    name = " · ".join(part for part in parts if part)
    return m.model_copy(update={"model": m.model.model_copy(update={"name": name})})


def _header(results: Sequence[SearchResult], title: str) -> Markup:
    measurements = [result.measurement for result in results]
    kept = sum(all(use <= 1 for use in result.uses.values()) for result in results)
    equal = sum(result.device_exact for result in results)
    figures = (
        ("searches", str(len(results))),
        ("tasks", str(len({result.task for result in results}))),
        ("targets", str(len({m.target for m in measurements}))),
        ("within their limits", f"{kept} of {len(results)}"),
        ("outputs equal on the device", f"{equal} of {len(results)}"),
    )
    lead = f"Networks that were searched, trained, and run on their targets; {days(measurements)}."
    return tag("header", tag("h1", title), tag("p", lead, class_="lead"), key_figures(figures))


def _sections(results: Sequence[SearchResult], named: Sequence[Measurement]) -> list[object]:
    methods = sorted({result.method for result in results})
    plots = [
        part
        for task, target, own in by_task(results)
        for part in (tag("h3", f"{task} on {target}"), score_figures(own, methods))
    ]
    alone = len({request_of(result) for result in results}) == len(results)
    means = [] if alone else [tag("h2", "Means over seeds"), means_table(results)]
    layers = layer_sections(named)
    return [
        tag("h2", "Results"),
        search_table(results),
        notes([result.measurement for result in results]),
        *means,
        tag("h2", "Score against cost"),
        tag("p", _PLOTS_NOTE, class_="note"),
        *plots,
        *([tag("h2", "Time per operator"), *layers] if layers else []),
        tag("h2", "Origin"),
        provenance_section(named),
    ]
