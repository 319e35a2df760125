"""The results table: one row per measurement, every figure with its unit and kind."""

from __future__ import annotations

from collections.abc import Sequence

from harness.records import Measurement
from reports import units
from reports.markup import Markup, join, tag
from reports.tables import Heading, number_cell, sortable_table, text_cell
from reports.words import kind_badge, verdict

_HEADINGS: Sequence[Heading] = (
    ("Model", "", False),
    ("Target", "core", False),
    ("Engine", "kernels", False),
    ("Latency", "median", True),
    ("Energy", "per inference", True),
    ("Flash", "image", True),
    ("RAM", "whole", True),
    ("Arena", "of RAM", True),
    ("Stack", "of RAM", True),
    ("Output", "check", False),
    ("MACs", "", True),
    ("Cost", "per MAC", True),
)


def results_table(measurements: Sequence[Measurement]) -> Markup:
    """Return the table with the notes that its figures need."""
    rows = [_row(m) for m in measurements]
    table = sortable_table("Results, one row per measurement", _HEADINGS, rows)
    return tag("div", table, notes(measurements))


def _row(m: Measurement) -> Markup:
    latency, memory = m.latency, m.memory
    style, short, details = verdict(m.check)
    unit = units.short_unit(latency.unit)
    return tag(
        "tr",
        tag("th", m.model.name, scope="row"),
        text_cell(m.target, m.core),
        text_cell(m.engine, m.kernels),
        number_cell(
            latency.us,
            units.time(latency.us),
            f"{units.count(latency.cycles)} {unit}",
            join(
                (
                    kind_badge(latency.kind),
                    f" {latency.error_text}" if latency.error_text else "",
                    f" · spread {units.percent(latency.spread)}" if latency.spread else "",
                )
            ),
        ),
        _energy(m),
        *(
            number_cell(count, units.size(count), f"{units.count(count)} B")
            if count is not None
            else number_cell(-1, units.NONE)
            for count in (
                memory.flash_bytes,
                memory.ram_bytes,
                memory.arena_bytes,
                memory.stack_bytes,
            )
        ),
        tag(
            "td",
            tag("span", short, class_=style),
            tag("small", details) if details else None,
            data_value=short,
        ),
        number_cell(m.model.macs, units.count(m.model.macs)),
        number_cell(
            latency.cycles / m.model.macs if m.model.macs else -1,
            units.per_mac(latency.cycles, m.model.macs),
            unit if m.model.macs else "",
        ),
    )


def _energy(m: Measurement) -> Markup:
    energy = m.energy
    if energy.uj is None:
        return number_cell(-1, units.NONE)
    return number_cell(energy.uj, units.energy(energy.uj), kind_badge(energy.kind))


def notes(measurements: Sequence[Measurement]) -> Markup | None:
    """Return where energies come from and why checks are missing, each with its targets."""
    concerned: dict[str, set[str]] = {}
    for m in measurements:
        power = "" if m.energy.power_mw is None else f" ({units.significant(m.energy.power_mw)} mW)"
        for about, note in (
            ("Energy", m.energy.source + power),
            ("Output check", m.check.note or f"against {m.check.reference}"),
        ):
            if note:
                concerned.setdefault(f"{about}: {note}", set()).add(m.target)
    if not concerned:
        return None
    items = (
        tag("li", note, " — ", ", ".join(sorted(targets)))
        for note, targets in sorted(concerned.items())
    )
    return tag("ul", items, class_="notes")
