"""`tinyhil doctor`: checks what a measurement needs, and says how to mend what is missing."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from harness.build.toolchain import findings as build_findings
from harness.cli import output
from harness.errors import CatalogueError, StoreError
from harness.paths import cache_dir, data_dir
from harness.store import Store, default_url
from targets.catalogue import load_catalogue
from targets.drivers import driver_for
from targets.drivers.protocol import Finding

MIN_FREE_BYTES = 200 << 20


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="as JSON on stdout")] = False,
) -> None:
    """Check tools, folders, the reference interpreter and the result store. Exit code 4 when something is missing."""
    found = [*_target_findings(), *_oracle_findings(), *_folder_findings(), _store_finding()]
    if as_json:
        rows = [
            {"what": f.what, "ok": f.ok, "detail": f.detail, "way_out": f.way_out} for f in found
        ]
        sys.stdout.write(json.dumps({"schema": 1, "findings": rows}, indent=2) + "\n")
    else:
        table = Table(header_style="bold")
        for column in ("", "what", "found", "way out"):
            table.add_column(column, overflow="fold")
        for f in found:
            table.add_row(
                "[green]ok[/]" if f.ok else "[red]missing[/]", f.what, f.detail, f.way_out
            )
        output.stdout().print(table)
    if not all(f.ok for f in found):
        sys.exit(4)


def _target_findings() -> list[Finding]:
    """Findings of every target, each thing once."""
    catalogue = load_catalogue()
    found: dict[tuple[str, str], Finding] = {}
    for name in catalogue.names():
        try:
            target = catalogue.target(name)
        except CatalogueError as error:
            found[name, ""] = Finding(name, False, str(error), "mend the file")
            continue
        for finding in (*driver_for(target).findings(), *build_findings(target)):
            found.setdefault((finding.what, finding.detail), finding)
    return list(found.values())


def _oracle_findings() -> list[Finding]:
    """The interpreters outputs are compared with; one of the two is enough."""
    versions = {}
    for name, wheel in (("TFLM", "tflite-micro"), ("LiteRT", "ai-edge-litert")):
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(wheel)
    found = ", ".join(f"{name} {version}" for name, version in versions.items())
    way_out = "" if found else "pip install 'tinyhil[litert]'"
    return [Finding("reference interpreter", bool(found), found or "none", way_out)]


def _folder_findings() -> list[Finding]:
    found = []
    for what, folder in (("image cache", cache_dir()), ("results folder", data_dir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            found.append(
                Finding(f"{what} {folder}", False, error.strerror or str(error), "make it writable")
            )
            continue
        free = shutil.disk_usage(folder).free
        enough = free >= MIN_FREE_BYTES
        found.append(
            Finding(
                f"{what} {folder}",
                enough,
                f"writable, {free >> 20:,} MiB free",
                "" if enough else f"free at least {MIN_FREE_BYTES >> 20} MiB",
            )
        )
    return found


def _store_finding() -> Finding:
    """Whether results can be kept; nothing is made that is not there."""
    url = default_url()
    if "://" not in url and not Path(url).exists():
        return Finding("result store", True, f"{url}, made by the first `tinyhil run`")
    try:
        with Store.open(url, create=False) as store:
            return Finding("result store", True, store.name)
    except StoreError as error:
        return Finding("result store", False, str(error), "set TINYHIL_DB to a usable database")
