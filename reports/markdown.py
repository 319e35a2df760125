"""A short summary in GitHub's Markdown, for $GITHUB_STEP_SUMMARY or a pull request."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.records import Measurement
from reports import units
from reports.markup import plain
from reports.page import in_order
from reports.words import MEANINGS, SYMBOLS, verdict

# GitHub takes at most 1 MiB; rows stay below 1 KiB.
MAX_ROWS = 900
_MAX_NAME = 120
_ACTIVE = re.compile(r"([\\`*_{}\[\]()#+!|~<>&@$:])")
_HEADINGS = ("Model", "Target", "Engine", "Latency", "Energy", "Flash", "RAM", "Output", "Per MAC")


def markdown_summary(measurements: Sequence[Measurement]) -> str:
    """Return a table of the results and what its words mean; at most MAX_ROWS rows."""
    if not measurements:
        return "No measurements.\n"
    ordered = in_order(measurements)
    lines = [_line(_HEADINGS), _line(("---", "---", "---", *["---:"] * 4, "---", "---:"))]
    lines += [_row(m) for m in ordered[:MAX_ROWS]]
    if len(ordered) > MAX_ROWS:
        lines += ["", f"{len(ordered) - MAX_ROWS} more are left out."]
    used = {m.latency.kind for m in ordered} | {m.energy.kind for m in ordered}
    words = [f"{SYMBOLS[k]} {k}: {meaning}" for k, meaning in MEANINGS.items() if k in used]
    return "\n".join([*lines, "", "<br>".join(words)]) + "\n"


def text(raw: str) -> str:
    """Return `raw` so that Markdown shows it as it is, on one line, cut to 120 characters."""
    line = " ".join(plain(raw).split())
    if len(line) > _MAX_NAME:
        line = line[: _MAX_NAME - 1] + "…"
    return _ACTIVE.sub(lambda match: f"&#{ord(match[0])};", line)


def _row(m: Measurement) -> str:
    energy = units.NONE
    if m.energy.uj is not None:
        energy = f"{units.energy(m.energy.uj)} {SYMBOLS[m.energy.kind]}"
    cost = units.per_mac(m.latency.cycles, m.model.macs)
    return _line(
        (
            text(m.model.name),
            text(m.target),
            text(units.engine_of(m)),
            f"{units.time(m.latency.us)} {SYMBOLS[m.latency.kind]}",
            energy,
            units.size(m.memory.flash_bytes),
            units.size(m.memory.ram_bytes),
            verdict(m.check)[1],
            f"{cost} {units.short_unit(m.latency.unit)}" if m.model.macs else cost,
        )
    )


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
