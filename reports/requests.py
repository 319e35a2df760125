"""Searches by what they were asked for: those that differ in nothing but the seed belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from harness.search_result import SearchResult
from reports import units
from reports.costs import limits_text

_METRICS = {"accuracy": "accuracy", "auc": "AUC"}


@dataclass(frozen=True, order=True)
class Request:
    """What a search was asked for, without method and seed; ordered as a page shows them.

    Attributes:
        limits: (name, limit), by name.
        engine: with its kernel set.
    """

    task: str
    target: str
    limits: tuple[tuple[str, float], ...]
    engine: str
    effort: float

    @property
    def limits_text(self) -> str:
        """The limits on one line."""
        return limits_text(dict(self.limits))


def request_of(result: SearchResult) -> Request:
    """Return what led to a result."""
    return Request(
        task=result.task,
        target=result.measurement.target,
        limits=tuple(sorted(result.limits.items())),
        engine=units.engine_of(result.measurement),
        effort=result.effort,
    )


def in_order(results: Sequence[SearchResult]) -> list[SearchResult]:
    """Return the results by request, method and seed; one that is given twice counts once."""
    once: list[SearchResult] = []
    for result in sorted(results, key=_key):
        if not once or result != once[-1]:
            once.append(result)
    return once


def _key(result: SearchResult) -> tuple[Request, str, int, str, str]:
    text = result.model_dump_json()
    return request_of(result), result.method, result.seed, result.measurement.id, text


def by_seed(results: Sequence[SearchResult]) -> list[tuple[Request, str, list[SearchResult]]]:
    """Return (request, method, results of its seeds) of results that are in order."""
    groups = groupby(results, key=lambda result: (request_of(result), result.method))
    return [(request, method, list(group)) for (request, method), group in groups]


def by_task(results: Sequence[SearchResult]) -> list[tuple[str, str, list[SearchResult]]]:
    """Return (task, target, results) of results that are in order: what one plot may hold."""
    groups = groupby(results, key=lambda result: (result.task, result.measurement.target))
    return [(task, target, list(group)) for (task, target), group in groups]


def metric_name(result: SearchResult) -> str:
    """Return the name of the score, "accuracy" or "AUC"."""
    return _METRICS.get(result.metric, result.metric)


def score_text(score: float) -> str:
    """Return a score in per cent."""
    return f"{score:.2f} %"


def effort_text(effort: float) -> str:
    """Return an effort other than the default in words."""
    return "" if effort == 1 else f"effort {effort:g}"
