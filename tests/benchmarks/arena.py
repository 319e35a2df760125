"""Activation arena of the plan engine against TensorFlow Lite Micro's, bytes. The table of docs/arena.md."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from harness.engines.plan.compile import compile_model
from harness.engines.tflm_oracle import tflm_arena
from tests.benchmarks.models import models


def show(console: Console) -> None:
    table = Table(title="Activation arena, bytes", title_justify="left")
    for column in ("model", "lower bound", "plan engine", "TFLM activations", "TFLM arena in all"):
        table.add_column(column, justify="right")
    for name, data in models().items():
        ours, theirs = compile_model(data, name), tflm_arena(data)
        table.add_row(
            name,
            f"{ours.lower_bound_bytes:,}",
            f"{ours.arena_bytes:,}",
            f"{theirs.activations_bytes:,}",
            f"{theirs.total_bytes:,}",
        )
    console.print(table)
