"""`tinyhil run`: measure models on targets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.jobs import JobOptions, make_jobs, timing_mode
from harness.cli.results import Results, run_campaign, run_once
from harness.errors import UsageError
from harness.store import Store, default_url

Models = Annotated[list[Path], typer.Argument(help="int8 .tflite files", show_default=False)]
Targets = Annotated[
    list[str], typer.Option("--target", "-t", help="where to measure; repeat for several")
]


def run(
    models: Models,
    target: Targets,
    engine: Annotated[
        list[str] | None,
        typer.Option(
            help="what executes the model: plan, tflm; repeat for several [default: plan]"
        ),
    ] = None,
    kernels: Annotated[
        list[str] | None,
        typer.Option(help="kernel sets; repeat for several [default: reference]"),
    ] = None,
    repeat: Annotated[
        int | None, typer.Option(help="timed inferences, 1..64 [default: 3 emulated, 30 real]")
    ] = None,
    warmup: Annotated[
        int | None, typer.Option(help="inferences before them [default: 1 emulated, 3 real]")
    ] = None,
    check_inputs: Annotated[
        int, typer.Option(help="random inputs compared with the reference interpreter")
    ] = 4,
    seed: Annotated[int, typer.Option(help="seed of the random inputs")] = 1,
    timeout: Annotated[float, typer.Option(help="limit of each measurement, seconds")] = 300.0,
    timing: Annotated[
        str,
        typer.Option(
            help="emulated time: auto (the target's best cycle model), core, memory, none (instructions)"
        ),
    ] = "auto",
    no_optimise: Annotated[
        bool, typer.Option("--no-optimise", help="run the graph as it stands in the file")
    ] = False,
    drop_softmax: Annotated[
        bool,
        typer.Option("--drop-softmax", help="leave out a final SOFTMAX: other outputs, same top-1"),
    ] = False,
    db: Annotated[
        str, typer.Option(help="where results are kept: a file or SQLAlchemy URL ($TINYHIL_DB)")
    ] = "",
    label: Annotated[str, typer.Option(help="label stored with the results")] = "",
    campaign: Annotated[
        str, typer.Option(help="name: measure only what this campaign has not measured yet")
    ] = "",
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="of the campaign, try failed jobs again too")
    ] = False,
    no_store: Annotated[bool, typer.Option("--no-store", help="keep no results")] = False,
    out: Annotated[
        Path | None, typer.Option(help="also write the results to this JSON file")
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(help="also write them to this JUnit XML file")
    ] = None,
    workers: Annotated[int, typer.Option(help="measurements at a time [default: cores]")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="results as JSON on stdout")] = False,
) -> None:
    """Measure MODELS on one or more targets: latency in total and per layer, memory, energy, outputs.

    A second run of the same firmware needs no rebuild. Results are kept for `tinyhil report`. With --campaign, the same
    command goes on where it was interrupted.
    """
    if workers < 0:
        raise UsageError(f"workers must be 1 or more, not {workers}")
    if retry_failed and not campaign:
        raise UsageError("--retry-failed needs --campaign NAME")
    if no_store and campaign:
        raise UsageError("a campaign lives in the store: --no-store does not apply to it")
    options = JobOptions(
        tuple(engine or ()),
        tuple(kernels or ()),
        warmup,
        repeat,
        check_inputs,
        seed,
        timeout,
        timing_mode(timing),
        optimise=not no_optimise,
        drop_softmax=drop_softmax,
    )
    jobs = make_jobs(models, target, options)
    workers = workers or os.cpu_count() or 1
    # Opened first: a store that cannot be written is found out before minutes of measuring.
    store = None if no_store else Store.open(db or default_url())
    try:
        results: Results
        if campaign and store is not None:
            results = run_campaign(campaign, jobs, workers, store, label, retry_failed)
        else:
            results = run_once(jobs, workers, store, label)
        if out is not None:
            results.write(out)
        if junit is not None:
            results.write_junit(junit)
        results.show(as_json=as_json)
    finally:
        if store is not None:
            store.close()
    results.leave()
