"""`tinyhil compare`: what changed between two sets of results, and is it worse."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.cli import output
from harness.compare import words
from harness.compare.comparison import Change, Comparison
from harness.compare.comparison import compare as compare_all
from harness.compare.limits import DEFAULT, parse_limits
from harness.errors import StoreError
from harness.files import append_text
from harness.records import Measurement
from harness.store import Store, default_url
from harness.store.codec import read_document

_STYLES = {"better": "green", "worse": "yellow", "noise": "dim", "same": "dim", "unknown": "dim"}
_COLUMNS = ("latency", "layer", "energy", "flash", "ram", "arena", "stack")


def compare(
    base: Annotated[
        str, typer.Argument(help="results before: a JSON file, or a label or campaign of the store")
    ],
    new: Annotated[str, typer.Argument(help="results after, likewise")],
    fail_on: Annotated[
        str,
        typer.Option(
            help="increases beyond which to fail: latency, layer, energy, flash, ram, arena, stack; or missing, or none"
        ),
    ] = DEFAULT,
    db: Annotated[str, typer.Option(help="the store: a file or SQLAlchemy URL ($TINYHIL_DB)")] = "",
    markdown: Annotated[
        Path | None,
        typer.Option(help="also append a summary, as $GITHUB_STEP_SUMMARY wants it"),
    ] = None,
    github: Annotated[
        bool, typer.Option("--github", help="also print annotations for GitHub Actions")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="everything as JSON on stdout")] = False,
) -> None:
    """Compare NEW with BASE pair by pair: model, target, engine, kernels. Exit code 1 when something is worse.

    Latencies count as changed only beyond noise; changed bit-exactness always fails.
    """
    limits = parse_limits(fail_on)
    comparison = compare_all(_load(base, db), _load(new, db), limits)
    if not comparison.pairs and not (limits.missing and comparison.missing):
        raise StoreError(f"{base} and {new} have no model x target x engine x kernels in common")
    if markdown is not None:
        append_text(markdown, words.markdown(comparison, base, new) + "\n")
    if as_json:
        sys.stdout.write(json.dumps(words.as_json(comparison, base, new), indent=2) + "\n")
    else:
        _show(comparison, base, new)
    if github:
        # GitHub reads both streams; with --json, stdout is a document.
        stream = sys.stderr if as_json else sys.stdout
        stream.writelines(f"{line}\n" for line in words.workflow_commands(comparison))
    if comparison.failed:
        sys.exit(1)


def _load(name: str, db: str) -> Sequence[Measurement]:
    """Return the measurements of a file or label. Raises StoreError when there are none."""
    file = Path(name)
    if file.suffix == ".json" or file.is_file():
        found: Sequence[Measurement] = read_document(file)
    else:
        with Store.open(db or default_url(), create=False) as store:
            found = store.query(label=name)
            if not found:
                raise StoreError(f"'{name}' is neither a file nor a label of {store.name}")
    if not found:
        raise StoreError(f"{name} holds no measurement")
    return found


def _show(comparison: Comparison, base: str, new: str) -> None:
    console = output.stdout()
    if comparison.pairs:
        console.print(_table(comparison))
    for pair in comparison.pairs:
        if pair.notes:
            _line(console, f"{pair.pair}: {'; '.join(pair.notes)}")
    for one in comparison.missing:
        _line(console, f"only in {base}: {one}")
    for one in comparison.added:
        _line(console, f"new in {new}: {one}")
    bad = list(words.regressions(comparison))
    for one, what in bad:
        console.print(
            f"[bold red]regression[/] {escape(words.plain(f'{one}: {what}'))}", soft_wrap=True
        )
    if not bad:
        _line(console, "no regression")


def _table(comparison: Comparison) -> Table:
    table = Table(box=SIMPLE_HEAD, header_style="bold")
    table.add_column("model, target", overflow="fold", min_width=24)
    for name in ("latency", "worst layer", "energy", "flash", "RAM", "arena", "stack"):
        table.add_column(name, justify="right")
    table.add_column("outputs")
    for pair in comparison.pairs:
        by_name = {change.metric: change for change in pair.changes}
        p = pair.pair
        checked = escape(words.outputs(pair))
        table.add_row(
            f"[bold]{escape(words.plain(p.model))}[/]\n{escape(p.target)} [dim]{escape(f'{p.engine}/{p.kernels}')}[/]",
            *(_cell(by_name.get(name)) for name in _COLUMNS),
            f"[bold red]{checked}[/]" if pair.check_regression else checked,
        )
    return table


def _cell(change: Change | None) -> str:
    if change is None:
        return "[dim]-[/]"
    style = "bold red" if change.regression else _STYLES[change.verdict]
    remark = change.detail or words.figure(change.new, change.unit)
    word = "" if change.verdict == "same" else f" {change.verdict}"
    return f"[{style}]{words.percent(change)}{word}[/]\n[dim]{escape(remark)}[/]"


def _line(console: Console, text: str) -> None:
    console.print(words.plain(text), soft_wrap=True, markup=False)
