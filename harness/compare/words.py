"""A comparison in words: one line per regression, a table in GitHub's Markdown, annotations, JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from harness.compare.comparison import Change, Comparison, Pair, PairChange

MAX_ROWS = 500  # GitHub takes at most 1 MiB for a step's summary
_ACTIVE = re.compile(r"([\\`*_{}\[\]()#+!|~<>&@$:])")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_CHECK = {True: "bit-exact", False: "differ", None: "not compared"}
_SIGNS = {"worse": "▲", "better": "▼", "same": "=", "noise": "≈", "unknown": "?"}


def figure(value: float, unit: str) -> str:
    """A value with its unit."""
    if unit == "bytes":
        return f"{value:,.0f} B"
    return f"{value:,.4g} {'µs' if unit == 'us' else 'µJ'}"


def percent(change: Change) -> str:
    """'+3.20 %', or what stands for it where the figure was zero."""
    if change.base == change.new:
        return "0 %"
    if change.relative is None:
        return "from 0"
    return f"{100 * change.relative:+.2f} %"


def told(change: Change) -> str:
    """One figure's change, with its verdict, in a few words."""
    where = f" of layer {change.detail}" if change.detail else ""
    span = f"{figure(change.base, change.unit)} -> {figure(change.new, change.unit)}"
    return f"{change.metric}{where} {span} ({percent(change)}, {change.verdict})"


def outputs(pair: PairChange) -> str:
    """What the output checks said."""
    if pair.check_base == pair.check_new:
        return _CHECK[pair.check_new]
    return f"{_CHECK[pair.check_base]} -> {_CHECK[pair.check_new]}"


def regressions(comparison: Comparison) -> Iterator[tuple[Pair, str]]:
    """Yield (pair, what is worse) of every regression."""
    for pair in comparison.pairs:
        if pair.check_regression:
            yield pair.pair, f"outputs: {outputs(pair)}"
        for change in pair.changes:
            if change.regression:
                limit = comparison.limits.increase[change.metric]
                yield pair.pair, f"{told(change)}, limit {100 * limit:g} %"
    if comparison.limits.missing:
        for missing in comparison.missing:
            yield missing, "not measured any more"


def workflow_commands(comparison: Comparison) -> Iterator[str]:
    """Yield GitHub's workflow commands: an error per regression, a warning per missing pair, per layer or figure that
    is worse within the limits, and per note."""
    for pair, what in regressions(comparison):
        yield _command("error", str(pair), what)
    if not comparison.limits.missing:
        for pair in comparison.missing:
            yield _command("warning", str(pair), "not measured any more")
    for change_of in comparison.pairs:
        for change in change_of.changes:
            if change.verdict == "worse" and not change.regression:
                yield _command("warning", str(change_of.pair), told(change))


def markdown(comparison: Comparison, base: str, new: str) -> str:
    """Return a heading, what is worse, and a table of all pairs; at most MAX_ROWS rows."""
    bad = list(regressions(comparison))
    verdict = f"{len(bad)} regression{'s' if len(bad) != 1 else ''}" if bad else "no regression"
    lines = [f"## {escaped(base)} → {escaped(new)}: {verdict}", ""]
    lines += [f"- **{escaped(str(pair))}**: {escaped(what)}" for pair, what in bad[:MAX_ROWS]]
    if bad:
        lines.append("")
    metrics = ("latency", "layer", "energy", "flash", "ram", "arena", "stack")
    heads = ("latency", "worst layer", "energy", "flash", "RAM", "arena", "stack")
    if comparison.pairs:
        lines += [f"| | {' | '.join(heads)} | outputs |", f"|---|{'---:|' * len(heads)}---|"]
    for pair in comparison.pairs[:MAX_ROWS]:
        by_name = {change.metric: change for change in pair.changes}
        cells = [_cell(by_name.get(metric)) for metric in metrics]
        lines.append(
            f"| {escaped(str(pair.pair))} | {' | '.join(cells)} | {escaped(outputs(pair))} |"
        )
    if len(comparison.pairs) > MAX_ROWS:
        lines += ["", f"{len(comparison.pairs) - MAX_ROWS} more are left out."]
    for heading, pairs in (("Only in", comparison.missing), ("New in", comparison.added)):
        if pairs:
            name = base if heading == "Only in" else new
            listed = ", ".join(escaped(str(pair)) for pair in pairs[:MAX_ROWS])
            lines += ["", f"{heading} {escaped(name)}: {listed}"]
    lines += [
        "",
        "▲ worse, ▼ better, = the same, ≈ within noise, ? noise unknown; bold: a regression",
        "",
    ]
    return "\n".join(lines)


def as_json(comparison: Comparison, base: str, new: str) -> dict[str, Any]:
    """Return the document of docs/compare.md."""
    return {
        "schema": 1,
        "base": base,
        "new": new,
        "failed": comparison.failed,
        "fail_on": {
            "increase": comparison.limits.increase,
            "missing": comparison.limits.missing,
        },
        "pairs": [
            {
                **pair.pair._asdict(),
                "regressed": pair.regressed,
                "check": {
                    "base": pair.check_base,
                    "new": pair.check_new,
                    "regression": pair.check_regression,
                },
                "changes": [
                    {
                        "metric": change.metric,
                        "unit": change.unit,
                        "base": change.base,
                        "new": change.new,
                        "relative": change.relative,
                        "verdict": change.verdict,
                        "rule": change.rule,
                        "p": change.p,
                        "regression": change.regression,
                        "detail": change.detail,
                    }
                    for change in pair.changes
                ],
                "notes": list(pair.notes),
            }
            for pair in comparison.pairs
        ],
        "missing": [pair._asdict() for pair in comparison.missing],
        "added": [pair._asdict() for pair in comparison.added],
    }


def escaped(text: str) -> str:
    """Return `text` so that GitHub's Markdown shows it as it is, on one line."""
    return _ACTIVE.sub(lambda found: f"&#{ord(found[0])};", plain(text))


def plain(text: str) -> str:
    """Return `text` with control and direction characters spelled out."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _cell(change: Change | None) -> str:
    if change is None:
        return "-"
    text = f"{_SIGNS[change.verdict]} {percent(change)}"
    return f"**{text}**" if change.regression else text


def _command(kind: str, title: str, message: str) -> str:
    """A workflow command; its escapes are those of GitHub's toolkit (packages/core/src/command.ts)."""
    data = _percent_encoded(plain(message), "%\r\n")
    return f"::{kind} title={_percent_encoded(plain(title), '%:,')}::{data}"


def _percent_encoded(text: str, characters: str) -> str:
    return "".join(f"%{ord(c):02X}" if c in characters else c for c in text)
