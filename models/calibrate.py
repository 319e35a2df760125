"""`tinyhil calibrate`: measures networks of search spaces, and makes a latency model of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.jobs import timing_mode
from harness.cli.latency_output import calibration_lines, document, status
from harness.cli.output import stderr, waiting_line
from harness.errors import UsageError
from harness.latency.bench import NetworkBench
from harness.latency.collect import Plan, collect
from harness.latency.fit import Built, make_model
from harness.latency.identity import identity_of
from harness.latency.log import Log
from harness.latency.measure import Workers
from harness.latency.model_file import ModelFile, default_path, save
from harness.latency.networks import Network
from harness.latency.sampling import sampling_named
from harness.measure.job import Job
from harness.timing.model import TimingMode, cycle_model
from models.arch.randomise import Distribution, random_parameters
from models.arch.to_tflite import to_tflite
from models.spaces import SPACES, Space
from models.spaces.mixed import mixed_layers
from targets.catalogue import load_catalogue
from targets.schema import Target

MIXED = "mixed-layers"
TO_CALIBRATE = {
    **SPACES,
    MIXED: Space(MIXED, "layers of shapes that no backbone has", mixed_layers),
}
"""Spaces to draw from, by name: those of networks, and one that goes every way through the kernels."""


class DrawnSpace:
    """A search space as harness/latency draws from it: members with random weights."""

    def __init__(self, space: Space, weights: Distribution = "uniform") -> None:
        self._space = space
        self._weights: Distribution = weights

    @property
    def name(self) -> str:
        """Of the space."""
        return self._space.name

    def network(self, index: int) -> Network:
        """Return member `index`; with uniform weights the file that `tinyhil generate` writes."""
        arch = self._space.member(index)
        parameters = random_parameters(arch, index, weights=self._weights)
        return Network(arch.name, to_tflite(arch, parameters))


def calibrate(
    target: Annotated[str, typer.Option("--target", "-t", help="where to measure")],
    space: Annotated[
        list[str],
        typer.Option("--space", "-s", help=f"repeat for several: {', '.join(TO_CALIBRATE)}"),
    ],
    budget: Annotated[
        int, typer.Option("--budget", "-n", help="networks to measure, over all spaces")
    ] = 200,
    kernels: Annotated[str, typer.Option(help="kernel set of the plan engine")] = "reference",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="model file [default: in the data folder]"),
    ] = None,
    sampling: Annotated[
        str, typer.Option(help="how networks to fit are chosen: random, active, sobol")
    ] = "random",
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="of the draw and the split")] = 0,
    timing: Annotated[
        str, typer.Option(help="emulated time: auto, core, memory, none (as for run)")
    ] = "auto",
    repeat: Annotated[
        int | None, typer.Option(help="timed inferences [default: 1 emulated, 30 real]")
    ] = None,
    no_optimise: Annotated[
        bool, typer.Option("--no-optimise", help="run graphs as they stand in the file")
    ] = False,
    curve: Annotated[
        bool, typer.Option("--curve", help="also replay how errors fall with the budget (slow)")
    ] = False,
    workers: Annotated[int, typer.Option(help="devices at a time [default: cores]")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="the model as JSON on stdout")] = False,
) -> None:
    """Measure networks of search spaces on a target, fit a latency model, check it on networks it has not seen.

    Every measurement is kept beside the model as soon as it is made: the same command goes on where it was
    interrupted.
    """
    unknown = [name for name in space if name not in TO_CALIBRATE]
    if unknown:
        raise UsageError(f"no search space '{unknown[0]}'; there is: {', '.join(TO_CALIBRATE)}")
    if workers < 0:
        raise UsageError(f"workers must be 1 or more, not {workers}")
    found = load_catalogue().target(target)
    job = calibration_job(
        found, kernels, timing=timing_mode(timing), repeats=repeat, optimise=not no_optimise
    )
    plan = Plan(
        [DrawnSpace(TO_CALIBRATE[name]) for name in dict.fromkeys(space)],
        budget,
        sampling_named(sampling),
        seed,
    )
    path = output or default_path(target, kernels)
    with status() as progress:
        model = calibrated(job, plan, path, workers=workers, curve=curve, progress=progress)
    if as_json:
        sys.stdout.write(document(model))
        return
    for line in calibration_lines(model, path):
        typer.echo(line)


def calibration_job(
    target: Target,
    kernels: str,
    *,
    timing: TimingMode = "auto",
    repeats: int | None = None,
    optimise: bool = True,
) -> Job:
    """Return what every network of a calibration is measured with."""
    return Job(
        Path("network.tflite"),
        target,
        kernels=kernels,
        repeats=repeats,
        check_inputs=0,
        timing=timing,
        optimise=optimise,
    )


def calibrated(
    job: Job,
    plan: Plan,
    path: Path,
    *,
    workers: int = 0,
    curve: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> ModelFile:
    """Measure what a plan asks for, fit a latency model, check it and write it to `path`.

    Args:
        job: see `calibration_job`.
        plan: spaces, budget and sampling.
        path: of the model; the log of measurements lies beside it, and an interrupted calibration goes on from it.
        workers: devices at a time; 0: as many as this machine has cores.
        curve: also replay how errors fall with the budget.
        progress: told of each network.

    Raises:
        UsageError: no network fits the target, or the log is of something else.
        TinyhilError: as measuring raises.
    """
    target, cycles = job.target, cycle_model(job.target, job.timing)
    identity = identity_of(target, job.kernels, job.timing, optimise=job.optimise)
    image = NetworkBench(job, cycles).image
    built = Built(image.image_id, image.compiler)
    count = 1 if target.kind == "host" else workers or os.cpu_count() or 1
    with Log(path.with_suffix(".log.jsonl"), identity) as log:
        with Workers(lambda: NetworkBench(job, cycles), count, waiting_line(stderr())) as pool:
            tally = collect(plan, pool, log, progress)
        samples = {drawn.name: log.entries.of({drawn.name}) for drawn in plan.spaces}
    model = make_model(samples, identity, target, log.entries, tally, built, plan.seed, curve)
    save(model, path)
    return model
