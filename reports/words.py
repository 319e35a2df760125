"""The three kinds of number, in symbols and words; and the verdict of the output check."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from harness.records import Check, Kind, Measurement
from reports.markup import Markup, tag
from reports.units import NONE, significant

SYMBOLS: dict[Kind, str] = {"measured": "●", "modelled": "◐", "estimated": "○"}

MEANINGS: dict[Kind, str] = {
    "measured": "by a real clock or meter on a real part.",
    "modelled": (
        "counted by an emulator. Cycles come from its timing model, whose error is given as a band. "
        "Where the unit is instructions, no model was used: time assumes one cycle per instruction "
        "at the core clock, so compare it with its like, not with silicon."
    ),
    "estimated": (
        "predicted without running; an energy is estimated when it is the power of a data sheet "
        "times the time."
    ),
}


def kind_badge(kind: Kind) -> Markup:
    """Return symbol and word of a kind."""
    return tag("span", f"{SYMBOLS[kind]} {kind}", class_=f"kind {kind}")


def kinds_of(measurements: Sequence[Measurement]) -> set[Kind]:
    """Return the kinds of the measurements' figures."""
    return {kind for m in measurements for kind in (m.latency.kind, m.memory.kind, m.energy.kind)}


def words_box(used: Collection[Kind]) -> Markup:
    """Return the box that explains the kinds of number on a page."""
    terms = [
        (tag("dt", f"{SYMBOLS[kind]} {kind}"), tag("dd", meaning))
        for kind, meaning in MEANINGS.items()
        if kind in used
    ]
    return tag("aside", tag("dl", terms), class_="words", aria_label="What the words mean")


def verdict(check: Check) -> tuple[str, str, str]:
    """Return (class, short verdict, details) of an output check; details may be empty."""
    if check.bit_exact is None:
        return "unknown", f"{NONE} not compared", ""
    details = f"{check.inputs} inputs"
    if check.bit_exact:
        return "good", "✓ bit-exact", details
    if check.max_abs_diff is not None:
        details = f"max diff {significant(check.max_abs_diff, 3)}, {details}"
    return "bad", "✗ differs", details
