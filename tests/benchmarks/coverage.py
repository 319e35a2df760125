"""How often the intervals of a calibration with 200 networks cover others. Figures of docs/latency.md.

One split of a calibration's own log has some 36 held-out networks, which tell little: here the log of a larger
calibration is split at random many times, 200 networks calibrated with as `tinyhil calibrate` does, all others judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from harness.errors import UsageError
from harness.latency.fit import fit, judge, split
from harness.latency.log import read_log
from harness.latency.networks import Sample
from targets.schema import Simd

SPLITS = 20
BUDGET = 200
_CLOSE = 0.1


@dataclass(frozen=True)
class _Judged:
    """A network that was not calibrated with: its relative error, and the half-width of its interval."""

    split: int
    space: str
    error: float
    width: float


def show(console: Console, path: Path, splits: int = SPLITS, budget: int = BUDGET) -> None:
    """Print the mean coverage over `splits`, of all networks and of each space's.

    Raises:
        StoreError: `path` is no log of a calibration.
        UsageError: it has too few networks drawn at random to leave some to judge.
    """
    identity, entries = read_log(path)
    drawn = {
        space: [s for s in samples if s.chosen == "random"]
        for space, samples in entries.samples.items()
    }
    total = sum(map(len, drawn.values()))
    if min(map(len, drawn.values()), default=0) <= -(-budget // max(len(drawn), 1)):
        raise UsageError(
            f"{path} has {total} random networks of {len(drawn)} spaces: more than {budget} are needed, evenly"
        )
    judged = [one for seed in range(splits) for one in _judged(drawn, identity.simd, budget, seed)]
    table = Table(
        title=f"{identity.target}, {identity.kernels}: {splits} times {budget} of "
        f"{total} networks calibrated with, the others judged",
        title_justify="left",
    )
    table.add_column("space")
    for column in ("judged", "covered", "+-", "half-width", "median error", "worst", "within 10 %"):
        table.add_column(column, justify="right")
    for space in (*drawn, "all"):
        own = [one for one in judged if space in ("all", one.space)]
        table.add_row(space, *_figures(own, splits))
    console.print(table)


def _judged(drawn: dict[str, list[Sample]], simd: Simd, budget: int, seed: int) -> list[_Judged]:
    """Calibrate with `budget` networks, evenly of all spaces, and judge the others."""
    generator = np.random.default_rng(seed)
    share, more = divmod(budget, len(drawn))
    fitted: list[Sample] = []
    others: list[tuple[str, Sample]] = []
    for position, (space, samples) in enumerate(drawn.items()):
        order = generator.permutation(len(samples))
        count = share + (position < more)
        fitted += split([samples[i] for i in order[:count]], seed).fitted
        others += [(space, samples[i]) for i in order[count:]]
    fit_ = fit(fitted, simd)
    folds = [(space, judge(fit_.model, sample)) for space, sample in others]
    return [_Judged(seed, space, abs(f.error), fit_.factor * f.scale) for space, f in folds]


def _figures(own: list[_Judged], splits: int) -> list[str]:
    """Return the columns of one row; +- is the standard deviation between splits."""
    errors, widths = np.array([o.error for o in own]), np.array([o.width for o in own])
    of = np.array([o.split for o in own])
    covered = [float(np.mean((errors <= widths)[of == seed])) for seed in range(splits)]
    return [
        f"{len(own) // splits}",
        f"{np.mean(covered):.1%}",
        f"{np.std(covered):.1%}",
        f"{np.mean(widths):.2%}",
        f"{np.median(errors):.3%}",
        f"{errors.max():.2%}",
        f"{np.mean(errors <= _CLOSE):.1%}",
    ]
