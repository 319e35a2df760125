"""`tinyhil report`: measurements from the store, or from a file, as a page to read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from harness.errors import StoreError, UsageError
from harness.files import append_text, write_atomic
from harness.latency.model_file import load
from harness.records import Measurement
from harness.search_result import read_result
from harness.store import Store, default_url
from harness.store.codec import read_document
from reports.latency import build_latency_report
from reports.markdown import markdown_summary
from reports.page import build_report
from reports.search import build_search_report


def report(
    output: Annotated[Path, typer.Option("-o", "--output", help="HTML file to write.")] = Path(
        "report.html"
    ),
    db: Annotated[
        str | None,
        typer.Option(help="Store: a file or a SQLAlchemy URL."),
    ] = None,
    from_: Annotated[
        list[Path] | None,
        typer.Option("--from", help="Read what `tinyhil run --json` wrote instead; repeatable."),
    ] = None,
    label: Annotated[list[str] | None, typer.Option(help="Only this label; repeatable.")] = None,
    model: Annotated[list[str] | None, typer.Option(help="Only this model; repeatable.")] = None,
    target: Annotated[list[str] | None, typer.Option(help="Only this target; repeatable.")] = None,
    all_: Annotated[
        bool,
        typer.Option("--all", help="Every measurement, not only the newest of each combination."),
    ] = False,
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "tinyhil report",
    latency: Annotated[
        Path | None,
        typer.Option(help="Instead: the validation of this latency model (docs/latency.md)."),
    ] = None,
    search: Annotated[
        list[Path] | None,
        typer.Option(help="Instead: what this folder's search came to; repeatable."),
    ] = None,
    markdown: Annotated[
        Path | None,
        typer.Option(help="Also append a summary, as $GITHUB_STEP_SUMMARY wants it."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say what was written as JSON.")] = False,
) -> None:
    """Write an HTML report of the newest measurement of each model, target, engine and kernels."""
    if latency is not None or search:
        if from_ or db is not None or label or model or target or all_ or markdown:
            name = "--latency" if latency is not None else "--search"
            raise UsageError(
                f"{name} is a page of its own: only --output, --title, --json go with it"
            )
        _own_page(output, title, latency, search or [], as_json)
        return
    if from_ and (db is not None or label):
        raise UsageError("--from reads files: --db and --label do not apply to it")
    with ExitStack() as stack:
        if from_:
            store = stack.enter_context(Store.open("sqlite://"))
            for file in from_:
                for measurement in read_document(file):
                    store.add(measurement)
            name = ", ".join(map(str, from_))
        else:
            store = stack.enter_context(Store.open(db or default_url(), create=False))
            name = store.name
        found = store.query(
            model=model or None, target=target or None, label=label or None, latest=not all_
        )
    if not found:
        raise StoreError(f"{name}: no measurement matches; there is nothing to report")
    page = build_report(found, title)
    write_atomic(output, page.encode("utf-8"))
    if markdown is not None:
        append_text(markdown, f"## {title}\n\n{markdown_summary(found)}")
    _say(output, found, as_json)


def _own_page(
    output: Path, title: str, latency: Path | None, searches: Sequence[Path], as_json: bool
) -> None:
    """Write the page of a latency model, or that of searches."""
    if latency is not None and searches:
        raise UsageError("--latency and --search are pages of their own: give one of them")
    if latency is not None:
        page, source = build_latency_report(load(latency), title), str(latency)
    else:
        page = build_search_report([read_result(folder) for folder in searches], title)
        source = ", ".join(map(str, searches))
    write_atomic(output, page.encode("utf-8"))
    typer.echo(json.dumps({"report": str(output)}) if as_json else f"{output}: {source}")


def _say(output: Path, found: Sequence[Measurement], as_json: bool) -> None:
    """Say on the standard output what was written."""
    counts = {
        "measurements": len(found),
        "models": len({m.model.name for m in found}),
        "targets": len({m.target for m in found}),
    }
    console = Console(soft_wrap=True, highlight=False, markup=False)
    if as_json:
        console.print(json.dumps({"report": str(output), **counts}))
    else:
        told = ", ".join(f"{count} {name}" for name, count in counts.items())
        console.print(f"{output}: {told}")
