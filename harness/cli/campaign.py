"""`tinyhil campaign`: what campaigns there are, and how far each is."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from harness.campaign.runner import is_running
from harness.cli import output
from harness.errors import StoreError
from harness.store import Store, default_url
from harness.store.jobs import CampaignSummary, JobRecord

_STYLES = {"done": "green", "failed": "red", "open": "dim"}


def campaign(
    name: Annotated[
        str | None, typer.Argument(help="show the jobs of this campaign", show_default=False)
    ] = None,
    db: Annotated[str, typer.Option(help="the store: a file or SQLAlchemy URL ($TINYHIL_DB)")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False,
) -> None:
    """List the campaigns of the store, or the jobs of one. `tinyhil run --campaign NAME` makes and resumes one."""
    with Store.open(db or default_url(), create=False) as store:
        summaries = store.ledger().campaigns()
        running = {one.name for one in summaries if is_running(store, one.name)}
        if name is None:
            _show_all(summaries, running, as_json)
            return
        chosen = next((one for one in summaries if one.name == name), None)
        if chosen is None:
            close = difflib.get_close_matches(name, [one.name for one in summaries])
            hint = f"; did you mean {', '.join(close)}?" if close else ""
            raise StoreError(f"{store.name} holds no campaign '{name}'{hint}")
        _show_jobs(chosen, name in running, store.ledger().jobs(name), as_json)


def _show_all(summaries: Sequence[CampaignSummary], running: set[str], as_json: bool) -> None:
    if as_json:
        listed = [{**asdict(one), "running": one.name in running} for one in summaries]
        _print_json({"schema": 1, "campaigns": listed})
        return
    table = Table(header_style="bold")
    table.add_column("campaign", overflow="fold")
    for heading in ("done", "failed", "open"):
        table.add_column(heading, justify="right")
    table.add_column("last result (UTC)", no_wrap=True)
    table.add_column("")
    for one in summaries:
        counts = (str(one.done), str(one.failed), str(one.open))
        now = "running" if one.name in running else ""
        table.add_row(escape(one.name), *counts, _moment(one.last), now)
    output.stdout().print(table)


def _show_jobs(
    summary: CampaignSummary, running: bool, jobs: Sequence[JobRecord], as_json: bool
) -> None:
    if as_json:
        about = {**asdict(summary), "running": running}
        _print_json({"schema": 1, "campaign": about, "jobs": [asdict(job) for job in jobs]})
        return
    table = Table(header_style="bold")
    for heading in ("model", "target", "state", "outputs"):
        table.add_column(heading, overflow="fold")
    for heading in ("tries", "took"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("error", overflow="fold")
    exact = {True: "bit-exact", False: "[bold red]differ[/]", None: "-"}
    for job in jobs:
        table.add_row(
            f"{escape(job.model)} [dim]{job.model_sha256[:8]}[/]",
            f"{escape(job.target)} [dim]{escape(job.engine)}/{escape(job.kernels)}[/]",
            f"[{_STYLES[job.state]}]{job.state}[/]",
            exact[job.bit_exact],
            str(job.attempts),
            f"{job.wall_s:.1f} s" if job.attempts else "-",
            escape(job.error),
        )
    console = output.stdout()
    console.print(table)
    counts = f"{summary.done} done, {summary.failed} failed, {summary.open} open"
    console.print(f"{summary.name}: {counts}{'; running' if running else ''}", markup=False)


def _moment(iso: str | None) -> str:
    return iso[:19].replace("T", " ") if iso else "-"


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
