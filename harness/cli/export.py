"""`tinyhil export`: results as a table file for other tools."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import output
from harness.store import Store, default_url


def export(
    out: Annotated[
        Path, typer.Option("-o", "--output", help="file to write: .parquet, .csv or .json")
    ],
    db: Annotated[str, typer.Option(help="store: a file or SQLAlchemy URL ($TINYHIL_DB)")] = "",
    model: Annotated[list[str] | None, typer.Option(help="only this model; repeatable")] = None,
    target: Annotated[list[str] | None, typer.Option(help="only this target; repeatable")] = None,
    label: Annotated[list[str] | None, typer.Option(help="only this label; repeatable")] = None,
    latest: Annotated[
        bool, typer.Option("--latest", help="newest of each model, target, engine and kernels")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="say what was written as JSON")] = False,
) -> None:
    """Write stored results to a .parquet, .csv or .json file; the columns are those of docs/results.md."""
    with Store.open(db or default_url(), create=False) as store:
        rows = len(store.query(model=model, target=target, label=label, latest=latest))
        store.export(out, model=model, target=target, label=label, latest=latest)
    if as_json:
        sys.stdout.write(json.dumps({"schema": 1, "path": str(out), "rows": rows}) + "\n")
    else:
        output.stdout().print(f"{out}: {rows} measurements")
