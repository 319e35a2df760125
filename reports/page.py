"""The report: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from harness.errors import StoreError
from harness.records import Measurement
from reports.document import days, document, key_figures, versions
from reports.engines import engine_figure
from reports.layers import layer_sections
from reports.markup import Markup, tag
from reports.memory import flash_parts, memory_figure, ram_parts
from reports.provenance import provenance_section
from reports.results import results_table
from reports.scatter import scatter
from reports.svg import textures
from reports.words import kinds_of, words_box


def in_order(measurements: Sequence[Measurement]) -> list[Measurement]:
    """Return the measurements by model, target, engine and kernels, then by time."""
    return sorted(
        measurements,
        key=lambda m: (m.model.name, m.target, m.engine, m.kernels, m.provenance.started, m.id),
    )


def build_report(measurements: Sequence[Measurement], title: str) -> str:
    """Return the HTML of a report; the same measurements give the same text.

    Raises:
        StoreError: there is nothing to report.
    """
    if not measurements:
        raise StoreError("there are no measurements to report")
    ordered = in_order(measurements)
    layers = layer_sections(ordered)
    return document(
        title,
        textures(),
        _header(ordered, title),
        words_box(kinds_of(ordered)),
        tag("main", _sections(ordered, layers)),
        tag("footer", versions(ordered)),
    )


def _header(measurements: Sequence[Measurement], title: str) -> Markup:
    compared = [m for m in measurements if m.check.bit_exact is not None]
    exact = sum(1 for m in compared if m.check.bit_exact)
    figures = (
        ("measurements", str(len(measurements))),
        ("models", str(len({(m.model.name, m.model.sha256) for m in measurements}))),
        ("targets", str(len({m.target for m in measurements}))),
        ("bit-exact of those compared", f"{exact} of {len(compared)}"),
    )
    return tag(
        "header",
        tag("h1", title),
        tag(
            "p",
            f"Latency, memory and energy of one inference; run on {days(measurements)}.",
            class_="lead",
        ),
        key_figures(figures),
    )


def _sections(measurements: Sequence[Measurement], layers: Sequence[Markup]) -> list[Markup]:
    engines = engine_figure(measurements)
    return [
        tag("h2", "Results"),
        results_table(measurements),
        *([tag("h2", "Engines"), engines] if engines else []),
        tag("h2", "Latency against memory"),
        tag(
            "p",
            "Towards the lower left is better. Colour and shape tell the target; a hollow mark is "
            "a latency that was not measured. Names that would cover each other are left out: "
            "point at a mark to see its own.",
            class_="note",
        ),
        tag(
            "div",
            scatter(measurements, "flash", lambda m: m.memory.flash_bytes),
            scatter(measurements, "RAM", lambda m: m.memory.ram_bytes),
            class_="pair",
        ),
        tag("h2", "Memory"),
        memory_figure(measurements, "Flash", flash_parts),
        memory_figure(measurements, "RAM", ram_parts),
        *([tag("h2", "Time per operator"), *layers] if layers else []),
        tag("h2", "Origin"),
        provenance_section(measurements),
    ]
