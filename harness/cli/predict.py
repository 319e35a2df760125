"""`tinyhil predict`: the latency of models that need not run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import latency_output, output
from harness.cli.jobs import timing_mode
from harness.engines.plan.arena import plan_arena
from harness.errors import ModelError, StoreError
from harness.latency.identity import identity_of
from harness.latency.model_file import ModelFile, default_path, load
from harness.latency.predict import Predictor
from harness.latency.steps import program_of, steps_of
from harness.measure.job import Job
from targets.catalogue import load_catalogue
from targets.schema import Target


def predict(
    models: Annotated[list[Path], typer.Argument(help="int8 .tflite files", show_default=False)],
    target: Annotated[str, typer.Option("--target", "-t", help="where they would run")],
    model: Annotated[
        Path | None,
        typer.Option("--model", "-m", help="latency model [default: the one of `calibrate`]"),
    ] = None,
    kernels: Annotated[str, typer.Option(help="kernel set of the plan engine")] = "reference",
    timing: Annotated[
        str, typer.Option(help="emulated time: auto, core, memory, none (as for calibrate)")
    ] = "auto",
    no_optimise: Annotated[
        bool, typer.Option("--no-optimise", help="for graphs that run as they stand")
    ] = False,
    layers: Annotated[bool, typer.Option("--layers", help="show every layer")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="results as JSON on stdout")] = False,
) -> None:
    """Predict latency, energy and memory of MODELS on a target, with an interval. Nothing runs."""
    found = load_catalogue().target(target)
    path = model or default_path(target, kernels)
    if model is None and not path.exists():
        raise StoreError(
            f"no latency model of {target} with kernels {kernels}; make one with"
            f" `tinyhil calibrate --target {target} --kernels {kernels} --space ...`, or give --model"
        )
    known = load(path)
    known.require(identity_of(found, kernels, timing_mode(timing), optimise=not no_optimise), path)
    predictor = Predictor(known)
    predictions = []
    for file in models:
        job = Job(file, found, kernels=kernels, optimise=not no_optimise)
        program = program_of(job.read_model(), str(file), found, kernels, optimise=not no_optimise)
        arena = plan_arena(program).arena_bytes
        try:
            predictions.append(predictor.predict(steps_of(program), arena))
        except ModelError as error:
            raise error.named(str(file)) from None
    if as_json:
        sys.stdout.write(
            _document(models, found, known, path, [p.model_dump() for p in predictions])
        )
        return
    names = [file.stem for file in models]
    console = output.stdout()
    console.print(latency_output.prediction_table(names, predictions, known))
    for name, one in zip(names, predictions, strict=True):
        if layers:
            console.print(latency_output.layer_table(name, one))
        for line in latency_output.remarks(name, one):
            output.stderr().print(line, soft_wrap=True, markup=False)
    console.print(
        f"estimated with {path}, made {known.origin.created} from"
        f" {sum(known.origin.networks.values())} {known.identity.kind} networks",
        soft_wrap=True,
        markup=False,
    )


def _document(
    models: list[Path], target: Target, known: ModelFile, path: Path, predictions: list[object]
) -> str:
    """The JSON of --json (docs/latency.md)."""
    values = {
        "schema": 1,
        "target": target.name,
        "kernels": known.identity.kernels,
        "predictions": [
            {"model": file.stem, "path": str(file), **one}  # type: ignore[dict-item]
            for file, one in zip(models, predictions, strict=True)
        ],
        "provenance": {
            "model": str(path),
            "identity": known.identity.model_dump(),
            "origin": known.origin.model_dump(),
        },
    }
    return json.dumps(values, indent=2, allow_nan=False) + "\n"
