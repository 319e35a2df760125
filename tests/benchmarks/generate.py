"""Milliseconds to make a network: random weights with their scales, and the .tflite file. Figures of docs/models.md."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from models.arch.randomise import random_parameters
from models.arch.to_tflite import to_tflite
from models.zoo import ZOO

RUNS = 15


def show(console: Console) -> None:
    table = Table(title=f"Making a network, ms (median of {RUNS})", title_justify="left")
    for column in ("network", "weights and scales", "file"):
        table.add_column(column, justify="right")
    for name in ("kws01", "ad01", "ic01", "vww01", "micronet-kws-l"):
        arch = ZOO[name].build()
        parameters = random_parameters(arch)
        table.add_row(
            name,
            f"{_median_ms(lambda arch=arch: random_parameters(arch)):.1f}",
            f"{_median_ms(lambda arch=arch, p=parameters: to_tflite(arch, p)):.1f}",
        )
    console.print(table)


def _median_ms(action: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        action()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)
