"""Wall time of the second `tinyhil run` of a model (nothing to build), Python's start included."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks.models import ROOT, models

REPEATS = 5


def show(console: Console) -> None:
    table = Table(title="Second `tinyhil run`, wall time", title_justify="left")
    for column in (
        "model",
        "target",
        "first (builds what is not cached)",
        f"then, best of {REPEATS}",
        "worst",
    ):
        table.add_column(column, justify="right")
    with tempfile.TemporaryDirectory() as folder:
        for name, data in models().items():
            model = Path(folder) / f"{name}.tflite"
            model.write_bytes(data)
            for target in ("qemu-cortex-m4", "qemu-cortex-m55", "native"):
                first = _run(model, target, Path(folder))
                then = [_run(model, target, Path(folder)) for _ in range(REPEATS)]
                table.add_row(
                    name, target, f"{first:.2f} s", f"{min(then):.2f} s", f"{max(then):.2f} s"
                )
    console.print(table)


def _run(model: Path, target: str, folder: Path) -> float:
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", "from harness.cli import main; main()", "run", model, "-t", target],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "XDG_DATA_HOME": str(folder),
            "TINYHIL_DB": f"sqlite:///{folder}/r.sqlite",
        },
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - begin
