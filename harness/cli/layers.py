"""`tinyhil layers`: the per-layer profile of one model on one target."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import output
from harness.cli.jobs import JobOptions, make_jobs, measure_all, timing_mode


def layers(
    model: Annotated[Path, typer.Argument(help="int8 .tflite file", show_default=False)],
    target: Annotated[str, typer.Option("--target", "-t", help="where to measure")],
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
    timing: Annotated[
        str, typer.Option(help="emulated time: auto, core, memory, none (instructions)")
    ] = "auto",
    no_optimise: Annotated[
        bool, typer.Option("--no-optimise", help="run the graph as it stands in the file")
    ] = False,
    drop_softmax: Annotated[
        bool,
        typer.Option("--drop-softmax", help="leave out a final SOFTMAX: other outputs, same top-1"),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="result as JSON on stdout")] = False,
) -> None:
    """Profile MODEL layer by layer: time, share, MACs, cycles per MAC. Keeps no result."""
    options = JobOptions(
        tuple(engine or ()),
        tuple(kernels or ()),
        None,
        None,
        check_inputs=0,
        seed=1,
        timeout_s=300.0,
        timing=timing_mode(timing),
        optimise=not no_optimise,
        drop_softmax=drop_softmax,
    )
    done = measure_all(make_jobs([model], [target], options), 1)
    for measurement in done.measurements:
        latency = measurement.latency
        if as_json:
            document = {
                "schema": 1,
                "model": measurement.model.model_dump(),
                "target": measurement.target,
                "unit": latency.unit,
                "kind": latency.kind,
                "optimise": measurement.provenance.optimise,
                "optimisations": [one.model_dump() for one in measurement.optimisations],
                "layers": [layer.model_dump() for layer in latency.layers],
            }
            sys.stdout.write(json.dumps(document, indent=2) + "\n")
        else:
            console = output.stdout()
            console.print(output.layer_profile(measurement))
            console.print(output.optimised(measurement), soft_wrap=True, markup=False)
    done.leave()
