"""The frame of every page: one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files

from harness.records import Measurement
from reports.markup import Markup, tag


def document(title: str, *parts: Markup) -> str:
    """Return the HTML of a page with this heading in its tab and these parts in its body."""
    style, script = _asset("report.css"), _asset("report.js")
    body = tag("body", *parts, tag("script", script))
    return f"<!DOCTYPE html>\n{tag('html', _head(title, style, script), body, lang='en')}\n"


def key_figures(figures: Sequence[tuple[str, str]]) -> Markup:
    """Return the row of large figures (name, value) under a heading."""
    pairs = (tag("div", tag("dt", name), tag("dd", value)) for name, value in figures)
    return tag("dl", pairs, class_="key-figures")


def versions(measurements: Sequence[Measurement]) -> str:
    """Return a line that says which versions measured."""
    found = sorted({m.provenance.tinyhil for m in measurements})
    return f"Measured with tinyhil {', '.join(found)}."


def days(measurements: Sequence[Measurement]) -> str:
    """Return the day of the measurements, or the first and the last, "2026-10-01 to 2026-10-09"."""
    times = sorted(m.provenance.started for m in measurements)
    return " to ".join(dict.fromkeys((_day(times[0]), _day(times[-1]))))


def _day(started: str) -> str:
    """Return the date of an ISO 8601 time, any other text as it is."""
    try:
        return datetime.fromisoformat(started.replace("Z", "+00:00")).date().isoformat()
    except ValueError:
        return started


def _asset(name: str) -> Markup:
    """Return a file of this package; style and script stand in the page as they are."""
    return Markup(files("reports").joinpath(name).read_text("utf-8"))


def _head(title: str, style: Markup, script: Markup) -> Markup:
    """Return the head of a page that may load nothing, and run no script but `script`."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    # Nothing may be loaded, and no script run but ours, whatever the names in the report hold.
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        f"script-src 'sha256-{digest}'"
    )
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("link", rel="icon", href="data:,"),
        tag("title", title),
        tag("style", style),
    )
