"""`tinyhil search`: a network for a task and a device, found, trained, measured."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import output
from harness.errors import MissingToolError, UsageError
from harness.paths import data_dir
from harness.search_result import SearchResult
from harness.store import Store, default_url
from models.search.limits import parse_limits
from models.search.progress import shown
from models.search.records import MODEL, Trained
from models.search.wanted import METHODS
from models.tasks import parse_task
from targets.catalogue import load_catalogue


def search(
    method: Annotated[
        str, typer.Argument(metavar="METHOD", help=f"How to search: {', '.join(METHODS)}.")
    ],
    task: Annotated[
        str,
        typer.Option(help="what the network is for: NAME or NAME:KEY=VALUE,... (docs/tasks.md)"),
    ],
    target: Annotated[str, typer.Option("--target", "-t", help="where it will run")],
    limit: Annotated[
        list[str],
        typer.Option(
            "--limit", metavar="latency|ram|flash=N", help="on the device, e.g. latency=100ms"
        ),
    ],
    folder: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="folder of the search [default: in the data folder]"),
    ] = None,
    backbone: Annotated[
        str,
        typer.Option(
            help="the only one to choose from [default: all of the task's] (docs/search.md)"
        ),
    ] = "",
    kernels: Annotated[str, typer.Option(help="kernel set of the plan engine")] = "fast",
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="of everything that is drawn")] = 0,
    effort: Annotated[
        float, typer.Option(help="factor on the epochs of search and training")
    ] = 1.0,
    calibration: Annotated[
        int, typer.Option(help="networks to measure for the latency model")
    ] = 60,
    latency_model: Annotated[
        Path | None, typer.Option(help="latency model of an earlier search, instead")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="folder of the examples ($TINYHIL_DATA)")
    ] = None,
    device: Annotated[
        str, typer.Option(help="where PyTorch computes: auto, cpu, cuda, cuda:N")
    ] = "auto",
    offline: Annotated[
        bool,
        typer.Option("--offline", help="search and train without the target; go on with it later"),
    ] = False,
    test_examples: Annotated[
        int, typer.Option(min=0, help="test examples to send to the device; 0: all")
    ] = 0,
    db: Annotated[str, typer.Option(help="where the measurement is kept ($TINYHIL_DB)")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="the result as JSON on stdout")] = False,
) -> None:
    """Search a network for a task that keeps limits on a target, train it, and measure it there.

    The same command goes on where it was interrupted.
    """
    if method not in METHODS:
        raise UsageError(f"no search method '{method}'; there is: {', '.join(METHODS)}")
    if effort <= 0:
        raise UsageError(f"effort must be above 0, not {effort:g}")
    limits = parse_limits(limit)
    wanted_task = parse_task(task)
    found = load_catalogue().target(target)
    try:
        from models.train.accelerator import resolved
    except ImportError:
        raise MissingToolError("PyTorch", "searching", "pip install 'tinyhil[search]'") from None
    from models.search.run import run
    from models.search.wanted import Wanted

    path = folder or data_dir() / "searches" / f"{wanted_task.name}-{target}-{seed}"
    wanted = Wanted(
        method=method,
        task=wanted_task,
        target=found,
        kernels=kernels,
        limits=limits,
        backbone=backbone,
        seed=seed,
        effort=effort,
        calibration=calibration,
        latency_model=latency_model,
        data=data,
        device=resolved(device),
        offline=offline,
        test_examples=test_examples,
    )
    with shown(path) as progress:
        done = run(wanted, path, progress)
    if isinstance(done, SearchResult):
        with Store.open(db or default_url()) as store:
            store.add(done.measurement, label="search")
    if as_json:
        sys.stdout.write(done.model_dump_json(indent=1) + "\n")
        return
    for line in _lines(path, done):
        output.stdout().print(line, soft_wrap=True, markup=False)
    if isinstance(done, SearchResult) and not (done.device_exact and max(done.uses.values()) <= 1):
        sys.exit(1)


def _lines(path: Path, done: SearchResult | Trained) -> Iterator[str]:
    """What a search came to, in words."""
    if isinstance(done, Trained):
        yield _host_line(done)
        yield f"not measured: run the same command without --offline where the target is ({path})"
        return
    measured = done.measurement
    latency, memory = measured.latency, measured.memory
    yield (
        f"{done.task} on {measured.target}, kernels {measured.kernels}:"
        f" {output.duration(latency.us)} {latency.kind}, RAM {output.kib(memory.ram_bytes)},"
        f" flash {output.kib(memory.flash_bytes)}, {measured.model.macs:,} MACs"
    )
    yield "of the limits: " + ", ".join(f"{name} {use:.1%}" for name, use in done.uses.items())
    yield _host_line(done)
    equal = "equal to the host's" if done.device_exact else "NOT equal to the host's"
    others = ", ".join(done.exact) or "none is installed"
    yield f"interpreters with the same outputs for every one of them: {others}"
    yield (
        f"device: {done.device_score:.2f} % of {done.device_examples} test examples,"
        f" outputs {equal}"
    )
    yield f"model: {path / MODEL}"


def _host_line(trained: Trained | SearchResult) -> str:
    return (
        f"host: int8 {trained.int8_score:.2f} %, floating point {trained.float_score:.2f} %"
        f" ({trained.metric}, {trained.examples} test examples)"
    )
