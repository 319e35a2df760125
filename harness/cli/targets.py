"""`tinyhil targets`: what can be measured here, and what is missing to do it."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer
from rich.table import Table

from harness.build.toolchain import findings as build_findings
from harness.cli import output
from harness.errors import CatalogueError
from targets.catalogue import load_catalogue
from targets.drivers import driver_for
from targets.schema import Target


def targets(
    as_json: Annotated[bool, typer.Option("--json", help="as JSON on stdout")] = False,
) -> None:
    """List every target, whether it can be used here and, if not, what is missing."""
    catalogue = load_catalogue()
    rows = []
    for name in catalogue.names():
        try:
            rows.append(_describe(catalogue.target(name)))
        except CatalogueError as error:
            rows.append({"name": name, "title": "", "ready": False, "missing": [str(error)]})
    if as_json:
        sys.stdout.write(json.dumps({"schema": 1, "targets": rows}, indent=2) + "\n")
        return
    table = Table(header_style="bold")
    for column in ("target", "what", "core", "clock", "code", "RAM", "slot", "ready"):
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(
            str(row["name"]),
            str(row["title"]),
            str(row.get("core", "-")),
            str(row.get("clock", "-")),
            *(str(row.get(region, "-")) for region in ("code", "ram", "slot")),
            "yes" if row["ready"] else "[red]no[/]: " + "; ".join(row["missing"]),  # type: ignore[arg-type]
        )
    output.stdout().print(table)


def _describe(target: Target) -> dict[str, object]:
    findings = [*driver_for(target).findings(), *build_findings(target)]
    missing = [f"{f.what}: {f.way_out or f.detail}" for f in findings if not f.ok]
    return {
        "name": target.name,
        "title": target.title,
        "kind": target.kind,
        "core": target.core.name,
        "clock_hz": target.clock_hz,
        "clock": f"{target.clock_hz / 1e6:g} MHz",
        "code": output.kib(target.memory.code.length),
        "ram": output.kib(target.memory.ram.length),
        "slot": output.kib(target.memory.slot.length),
        "timing": target.timing.model_dump(),
        "ready": not missing,
        "missing": missing,
    }
