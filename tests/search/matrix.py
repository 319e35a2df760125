"""Searched networks beside uniform ones, over budgets and seeds: the tables of docs/micronets.md.

    python -m tests.search.matrix kws DIR [--kernels reference] [--workers 16] [--offline --latency-model FILE]
    python -m tests.search.matrix image DIR ...
    python -m tests.search.matrix table DIR

Each search has a folder in DIR and is done once: what was searched `--offline`, on a machine with a GPU, is measured by
the same command without it. On a GPU several at once fill it best with NVIDIA's multi-process service
(`nvidia-cuda-mps-control -d`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from statistics import mean

import torch

from harness.errors import TinyhilError
from harness.search_result import FILE, SearchResult
from models.search.limits import parse_limits
from models.search.records import Folder, SearchId, Trained
from models.search.run import run
from models.search.wanted import METHODS, MICRONETS, Wanted
from models.tasks import parse_task, task_text
from models.train.accelerator import resolved
from targets.catalogue import load_catalogue

SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Matrix:
    """What is searched for, in every combination, by every method and with every seed.

    Attributes:
        target: of all.
        tasks: as `--task` takes them.
        budgets: of latency, as `--limit` takes them.
        limits: further ones, of all.
    """

    target: str
    tasks: tuple[str, ...]
    budgets: tuple[str, ...]
    limits: tuple[str, ...]

    def wanted(self, seeds: tuple[int, ...], kernels: str) -> Iterator[Wanted]:
        """Yield every search, the longest first."""
        target = load_catalogue().target(self.target)
        for method in METHODS:
            for budget in reversed(self.budgets):
                for task in self.tasks:
                    for seed in seeds:
                        limits = parse_limits([budget, *self.limits])
                        yield Wanted(
                            method, parse_task(task), target, kernels, limits=limits, seed=seed
                        )


MATRICES = {
    "kws": Matrix(
        "qemu-stm32f446re",
        ("kws", "kws:split=speaker-theo", "kws:snr=0", "kws:split=speaker-theo,snr=0"),
        ("latency=50ms", "latency=100ms", "latency=250ms"),
        ("ram=96KiB", "flash=300KiB"),
    ),
    "image": Matrix(
        "qemu-stm32f746zg", ("image",), ("latency=100ms",), ("ram=256KiB", "flash=700KiB")
    ),
}


def name_of(wanted: Wanted) -> str:
    """Return the folder's name."""
    latency_ms = f"{(wanted.limits.latency_us or 0) / 1e3:g}ms"
    task = task_text(wanted.task).replace(":", "-").replace(",", "-").replace("=", "")
    return f"{wanted.method}-{task}-{latency_ms}-{wanted.seed}"


def search(wanted: Wanted, path: Path) -> str:
    """Do what is left to do of a search, in a process of its own; returns a line."""
    torch.set_num_threads(1)
    try:
        done = run(wanted, path)
    except TinyhilError as error:
        return f"{path.name}: {error}"
    return f"{path.name}: int8 {done.int8_score:.2f} %, floating point {done.float_score:.2f} %"


def table(folder: Path) -> None:
    """Print what all searches of a folder came to, seeds together."""
    rows: dict[tuple[str, float, str], list[SearchResult | Trained]] = {}
    for path in sorted(path.parent for path in folder.glob("*/search.json")):
        known = Folder(path)
        search_id = known.read("search.json", SearchId)
        done = known.read(FILE, SearchResult) or known.read("trained.json", Trained)
        if search_id is not None and done is not None:
            key = (search_id.task, search_id.limits.latency_us or 0.0, search_id.method)
            rows.setdefault(key, []).append(done)
    print(
        "| task | limit | method | latency, ms | of the limit | RAM, KiB | flash, KiB | MACs, M | int8 | mean"
        " | floating point | mean | device |"
    )
    print("|" + "---|" * 13)
    for (task, limit_us, method), found in sorted(rows.items()):
        cells = (
            task,
            f"{limit_us / 1e3:g} ms",
            method,
            *_measured([each for each in found if isinstance(each, SearchResult)]),
        )
        print("| " + " | ".join((*cells[:-1], *_scores(found), cells[-1])) + " |")


def _scores(found: Sequence[SearchResult | Trained]) -> Iterator[str]:
    for scores in ([each.int8_score for each in found], [each.float_score for each in found]):
        yield ", ".join(f"{score:.2f}" for score in scores)
        yield f"{mean(scores):.2f} %"


def _measured(found: list[SearchResult]) -> tuple[str, ...]:
    """What the device says: spans over the seeds."""
    if not found:
        return ("not measured",) + ("",) * 5
    measurements = [each.measurement for each in found]
    same = sum(each.device_exact for each in found)
    examples = sorted({each.device_examples for each in found})
    macs = [sum(layer.macs for layer in one.latency.layers) / 1e6 for one in measurements]
    return (
        _span([one.latency.us / 1e3 for one in measurements]),
        _span([100 * each.uses["latency"] for each in found]) + " %",
        _span([one.memory.ram_bytes / 1024 for one in measurements]),
        _span([one.memory.flash_bytes / 1024 for one in measurements]),
        _span(macs, 2),
        f"{same} of {len(found)} exact, {' or '.join(map(str, examples))} examples",
    )


def _span(values: Sequence[float], digits: int = 1) -> str:
    ends = [f"{end:.{digits}f}" for end in (min(values), max(values))]
    return " to ".join(dict.fromkeys(ends))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=[*MATRICES, "table"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--effort", type=float, default=1.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--tasks", nargs="+", default=[])
    parser.add_argument("--kernels", default="fast")
    parser.add_argument("--budgets", nargs="+", default=[])
    parser.add_argument("--test-examples", type=int, default=0)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=[MICRONETS, "uniform"])
    parser.add_argument("--offline", action="store_true")
    parser.add_argument("--latency-model", type=Path)
    parser.add_argument("--data", type=Path)
    args = parser.parse_args()
    if args.what == "table":
        table(args.folder)
        return
    matrix = MATRICES[args.what]
    tasks, budgets = tuple(args.tasks) or matrix.tasks, tuple(args.budgets) or matrix.budgets
    matrix = replace(matrix, tasks=tasks, budgets=budgets)
    shared = {
        "effort": args.effort,
        "offline": args.offline,
        "latency_model": args.latency_model,
        "data": args.data,
        "test_examples": args.test_examples,
        "device": resolved("auto"),
    }
    with ProcessPoolExecutor(args.workers, get_context("spawn")) as pool:
        jobs = [
            pool.submit(search, replace(wanted, **shared), args.folder / name_of(wanted))
            for wanted in matrix.wanted(tuple(args.seeds), args.kernels)
            if wanted.method in args.methods
        ]
        for job in as_completed(jobs):
            print(job.result(), file=sys.stderr, flush=True)
    table(args.folder)


if __name__ == "__main__":
    main()
