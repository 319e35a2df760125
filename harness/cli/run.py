"""`tinyhil run`: measure models on targets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import output
from harness.cli.jobs import JobOptions, make_jobs, measure_all
from harness.errors import UsageError
from harness.files import write_atomic
from harness.records import Measurement
from harness.store import Store, default_url
from harness.store.codec import document

Models = Annotated[list[Path], typer.Argument(help="int8 .tflite files", show_default=False)]
Targets = Annotated[
    list[str], typer.Option("--target", "-t", help="where to measure; repeat for several")
]


def run(
    models: Models,
    target: Targets,
    engine: Annotated[str, typer.Option(help="what executes the model")] = "plan",
    kernels: Annotated[str, typer.Option(help="kernel set of the plan engine")] = "reference",
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
    db: Annotated[
        str, typer.Option(help="where results are kept: a file or SQLAlchemy URL ($TINYHIL_DB)")
    ] = "",
    label: Annotated[str, typer.Option(help="label stored with the results")] = "",
    no_store: Annotated[bool, typer.Option("--no-store", help="keep no results")] = False,
    out: Annotated[
        Path | None, typer.Option(help="also write the results to this JSON file")
    ] = None,
    workers: Annotated[int, typer.Option(help="measurements at a time [default: cores]")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="results as JSON on stdout")] = False,
) -> None:
    """Measure MODELS on one or more targets: latency in total and per layer, memory, energy, outputs.

    A second run of the same firmware needs no rebuild. Results are kept for `tinyhil report`.
    """
    if workers < 0:
        raise UsageError(f"workers must be 1 or more, not {workers}")
    options = JobOptions(engine, kernels, warmup, repeat, check_inputs, seed, timeout)
    jobs = make_jobs(models, target, options)
    # Opened first: a store that cannot be written is found out before minutes of measuring.
    store = None if no_store else Store.open(db or default_url())
    try:

        def keep(measurement: Measurement) -> None:
            if store is not None:
                store.add(measurement, label=label or None)

        done = measure_all(jobs, workers or os.cpu_count() or 1, keep)
    finally:
        if store is not None:
            store.close()
    if out is not None:
        write_atomic(out, document(done.measurements).encode())
    if as_json:
        output.print_json(done.measurements)
    elif done.measurements:
        output.print_results(done.measurements)
    done.leave()
