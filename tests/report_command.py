"""`tinyhil report` as a test runs it."""

from __future__ import annotations

import typer
from typer.testing import CliRunner

from harness.errors import TinyhilError
from reports.cli import report


def call(*arguments: object) -> str:
    """Return what the command prints. Raises the TinyhilError that it ends with."""
    app = typer.Typer()
    app.command("report")(report)
    result = CliRunner().invoke(app, list(map(str, arguments)))
    if isinstance(result.exception, TinyhilError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output
