"""Errors after so many measurements, chosen at random, spread out or actively. Figures of docs/latency.md.

`tinyhil calibrate --curve` judges all draws on the same held-out networks. Here every draw of a larger calibration's
log holds out its own fifth, and the spread between draws is told: a mean of five draws is no sharper than that. Only
networks of odd number count: the criterion of the active choice was picked on the even ones.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from harness.latency.curve import learning_curve
from harness.latency.fit import HELD_OUT
from harness.latency.log import read_log
from harness.latency.sampling import SAMPLINGS

BUDGETS = (10, 25, 50, 100, 120, 200)
DRAWS = 20
FIRST = 5
"""The mean of so many draws is told as well: that many are the budget of `--curve`."""


def show(console: Console, path: Path, draws: int = DRAWS) -> None:
    """Print the mean error on held-out networks, of each way of sampling and budget.

    Raises:
        StoreError: `path` is no log of a calibration.
    """
    identity, entries = read_log(path)
    drawn = [s for s in entries.of(set(entries.samples)) if s.chosen == "random" and s.index % 2]
    held = int(HELD_OUT * len(drawn))
    errors: dict[tuple[str, int], list[float]] = {}
    for draw in range(draws):
        order = np.random.default_rng(draw).permutation(len(drawn))
        check, pool = ([drawn[i] for i in part] for part in (order[:held], order[held:]))
        for point in learning_curve(pool, check, identity.simd, BUDGETS, 1, share=1.0):
            errors.setdefault((point.sampling, point.budget), []).append(point.mean_error)
    table = Table(
        title=f"{identity.target}, {identity.kernels}: mean error on {held} of {len(drawn)} networks; mean of {draws} "
        f"draws +- its standard error, mean of the first {FIRST}",
        title_justify="left",
    )
    for column in ("networks measured", *SAMPLINGS):
        table.add_column(column, justify="right")
    for budget in BUDGETS:
        rows = [errors.get((sampling, budget)) for sampling in SAMPLINGS]
        table.add_row(str(budget), *(_figures(row) if row else "" for row in rows))
    console.print(table)


def _figures(row: list[float]) -> str:
    error = np.std(row, ddof=1) / np.sqrt(len(row)) if len(row) > 1 else np.nan
    return f"{np.mean(row):.3%} +- {error:.3%}, {np.mean(row[:FIRST]):.3%}"
