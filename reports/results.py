"""The results table: one row per measurement, every figure with its unit and kind."""

from __future__ import annotations

from collections.abc import Sequence

from harness.records import Measurement
from reports import units
from reports.markup import Markup, join, tag
from reports.words import kind_badge, verdict

# With more rows than this, the table scrolls in a frame of its own.
_TALL = 40

# Heading, second line of the heading, and whether the column holds numbers.
_HEADINGS = (
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
    head = tag(
        "tr",
        (
            tag(
                "th",
                tag("span", name, class_="name"),
                tag("small", sub) if sub else None,
                scope="col",
                class_="number" if number else None,
            )
            for name, sub, number in _HEADINGS
        ),
    )
    table = tag(
        "table",
        tag("caption", "Results, one row per measurement", class_="hidden"),
        tag("thead", head),
        tag("tbody", (_row(m) for m in measurements)),
        class_="results sortable",
    )
    tall = len(measurements) > _TALL
    return tag("div", scrolling(table, "Results", tall=tall), _notes(measurements))


def scrolling(table: Markup, name: str, *, tall: bool = False) -> Markup:
    """Return the table in a frame that scrolls sideways on a narrow page, also by keyboard.

    A `tall` table also scrolls up and down below its headings, so that the page stays short.
    """
    style = "scroll tall" if tall else "scroll"
    return tag("div", table, class_=style, role="region", aria_label=name, tabindex="0")


def _row(m: Measurement) -> Markup:
    latency, memory = m.latency, m.memory
    style, short, details = verdict(m.check)
    unit = units.short_unit(latency.unit)
    return tag(
        "tr",
        tag("th", m.model.name, scope="row"),
        _text(m.target, m.core),
        _text(m.engine, m.kernels),
        _number(
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
            _number(count, units.size(count), f"{units.count(count)} B")
            if count is not None
            else _number(-1, units.NONE)
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
        _number(m.model.macs, units.count(m.model.macs)),
        _number(
            latency.cycles / m.model.macs if m.model.macs else -1,
            units.per_mac(latency.cycles, m.model.macs),
            unit if m.model.macs else "",
        ),
    )


def _text(text: str, small: str) -> Markup:
    return tag("td", text, tag("small", small))


def _number(value: float, text: str, *small: str | Markup) -> Markup:
    lines = (tag("small", line) for line in small if line)
    return tag("td", tag("b", text), lines, class_="number", data_value=repr(value))


def _energy(m: Measurement) -> Markup:
    energy = m.energy
    if energy.uj is None:
        return _number(-1, units.NONE)
    return _number(energy.uj, units.energy(energy.uj), kind_badge(energy.kind))


def _notes(measurements: Sequence[Measurement]) -> Markup | None:
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
