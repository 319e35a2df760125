"""`tinyhil predict`: the latency of models that need not run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import latency_output, output
from harness.cli.jobs import timing_mode
from harness.cli.latency_models import KernelsOption, ModelOption, TimingOption, model_path
from harness.engines.plan.arena import plan_arena
from harness.errors import ModelError
from harness.latency.identity import identity_of
from harness.latency.model_file import ModelFile, load
from harness.latency.predict import Predictor
from harness.latency.steps import program_of, steps_of
from harness.measure.job import Job
from targets.catalogue import load_catalogue
from targets.schema import Target


def predict(
    models: Annotated[list[Path], typer.Argument(help="int8 .tflite files", show_default=False)],
    target: Annotated[str, typer.Option("--target", "-t", help="where they would run")],
    model: ModelOption = None,
    kernels: KernelsOption = "reference",
    timing: TimingOption = "auto",
    no_optimise: Annotated[
        bool, typer.Option("--no-optimise", help="for graphs that run as they stand")
    ] = False,
    layers: Annotated[bool, typer.Option("--layers", help="show every layer")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="results as JSON on stdout")] = False,
) -> None:
    """Predict latency, energy and memory of MODELS on a target, with an interval. Nothing runs."""
    found = load_catalogue().target(target)
    path = model_path(model, target, kernels)
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
