"""`tinyhil feedback`: later measurements are held against a latency model, and folded into it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.jobs import timing_mode
from harness.cli.latency_models import KernelsOption, ModelOption, TimingOption, model_path
from harness.cli.latency_output import calibration_lines, errors_line
from harness.errors import UsageError
from harness.latency.drift import drift
from harness.latency.fit import ADDED, Built, make_model
from harness.latency.fold import samples_of
from harness.latency.identity import identity_of
from harness.latency.log import Log
from harness.latency.measure import Tally
from harness.latency.model_file import load, save
from harness.latency.validation import validate
from harness.store.codec import read_document
from targets.catalogue import load_catalogue


def feedback(
    results: Annotated[
        list[Path], typer.Argument(help="what `tinyhil run --json` wrote", show_default=False)
    ],
    target: Annotated[str, typer.Option("--target", "-t", help="of the model")],
    models: Annotated[
        list[Path],
        typer.Option(
            "--models", help="a .tflite file that was run, or a folder of them; repeat for several"
        ),
    ],
    model: ModelOption = None,
    kernels: KernelsOption = "reference",
    timing: TimingOption = "auto",
    check: Annotated[
        bool, typer.Option("--check", help="only say how well the model fits these networks")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="the finding as JSON on stdout")] = False,
) -> None:
    """Hold measurements against a latency model; fold them in, unless they show that the device has changed.

    Exit code 1: it has changed.
    """
    found = load_catalogue().target(target)
    path = model_path(model, target, kernels)
    known = load(path)
    identity = identity_of(found, kernels, timing_mode(timing), optimise=known.identity.optimise)
    known.require(identity, path)
    measurements = [one for file in results for one in read_document(file)]
    samples = samples_of(measurements, _files(models), identity, found)
    if not samples:
        raise UsageError(f"no measurement of {target} with kernels {kernels} among the results")
    finding = drift(known, samples)
    errors = validate(known.layer_model(), known.interval.factor, samples)
    assert errors is not None  # there are samples
    folded = not check and not (finding and finding.drifted)
    lines = [
        errors_line(errors, "compared"),
        finding.text if finding else "the model has no intervals: whether it drifts cannot be told",
    ]
    if folded:
        with Log(path.with_suffix(".log.jsonl"), identity) as log:
            for sample in samples:
                log.sample(ADDED, sample)
        origin = known.origin
        tally = Tally(repeated=origin.repeated, replaced=origin.replaced)
        built = Built(origin.image_id, origin.compiler)
        renewed = make_model(
            log.entries.samples, identity, found, log.entries, tally, built, origin.seed
        )
        save(renewed, path)
        lines += calibration_lines(renewed, path)
    if as_json:
        values = {
            "errors": errors.model_dump(exclude={"points", "families", "curve"}),
            "drift": finding and finding.model_dump(),
            "folded": len(samples) * folded,
        }
        sys.stdout.write(json.dumps(values, indent=2) + "\n")
    else:
        for line in lines:
            typer.echo(line)
    if finding and finding.drifted:
        sys.exit(1)


def _files(given: Sequence[Path]) -> list[Path]:
    """Return the files given, and those of folders given."""
    return [
        file
        for path in given
        for file in (sorted(path.glob("*.tflite")) if path.is_dir() else [path])
    ]
