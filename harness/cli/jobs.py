"""Shared by `run` and `layers`: words become jobs, jobs are carried out with progress and errors shown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.cli import output
from harness.cli.progress import BatchProgress
from harness.errors import TinyhilError, UsageError
from harness.measure.batch import Outcome, PhaseReport, run_batch
from harness.measure.choice import choices
from harness.measure.job import Job
from harness.records import Measurement
from harness.timing.model import TIMING_MODES, TimingMode
from targets.catalogue import load_catalogue


@dataclass(frozen=True)
class JobOptions:
    """The options common to all jobs of a command.

    Attributes:
        engines: as asked for; none: what the target runs by default.
        kernels: as asked for; each applies to the engines that have it. None: each engine's default.
    """

    engines: tuple[str, ...]
    kernels: tuple[str, ...]
    warmup: int | None
    repeats: int | None
    check_inputs: int
    seed: int
    timeout_s: float
    timing: TimingMode = "auto"
    optimise: bool = True
    drop_softmax: bool = False


def timing_mode(word: str) -> TimingMode:
    """Return the word of --timing. Raises UsageError for one that is not known."""
    for mode in TIMING_MODES:
        if word == mode:
            return mode
    raise UsageError(f"--timing '{word}' is not known; there is: {', '.join(TIMING_MODES)}")


@dataclass(frozen=True)
class Done:
    """What a command carried out."""

    measurements: tuple[Measurement, ...]
    errors: tuple[TinyhilError, ...]

    def leave(self) -> None:
        """Exit with the first error's code, or 1 when outputs differ from the reference; return when all is well."""
        if self.errors:
            sys.exit(self.errors[0].exit_code)
        if any(m.check.bit_exact is False for m in self.measurements):
            sys.exit(1)


def make_jobs(models: Sequence[Path], targets: Sequence[str], options: JobOptions) -> list[Job]:
    """Return the jobs of every model on every target with every engine and kernel set, in the order given, each once.

    Raises:
        UsageError: an engine is not known, or a kernel set belongs to none of the engines.
        UnknownTargetError, CatalogueError: about a target.
    """
    catalogue = load_catalogue()
    found = [catalogue.target(name) for name in dict.fromkeys(targets)]
    return [
        Job(
            model=model,
            target=target,
            engine=engine,
            kernels=kernels,
            warmup=options.warmup,
            repeats=options.repeats,
            check_inputs=options.check_inputs,
            seed=options.seed,
            timeout_s=options.timeout_s,
            timing=options.timing,
            optimise=options.optimise,
            drop_softmax=options.drop_softmax,
        )
        for model in dict.fromkeys(models)
        for target in found
        for engine, kernels in choices(target, options.engines, options.kernels)
    ]


def measure_all(
    jobs: Sequence[Job], workers: int, keep: Callable[[Outcome], None] = lambda _: None
) -> Done:
    """Carry out `jobs`; `keep` is called with each outcome as soon as there is one.

    Errors of single jobs are shown as one line each and do not stop the others.
    """
    outcomes: list[Outcome] = []
    for outcome in shown(jobs, workers, lambda phase: run_batch(jobs, workers, phase)):
        outcomes.append(outcome)
        keep(outcome)
    order = {id(job): position for position, job in enumerate(jobs)}
    outcomes.sort(key=lambda outcome: order[id(outcome.job)])
    return Done(
        tuple(o.measurement for o in outcomes if o.measurement is not None),
        tuple(o.error for o in outcomes if o.error is not None),
    )


def shown(
    jobs: Sequence[Job], workers: int, carry_out: Callable[[PhaseReport], Iterator[Outcome]]
) -> Iterator[Outcome]:
    """Yield the outcomes of `jobs` while progress, remaining time and errors are shown on stderr.

    Args:
        jobs: those that will be carried out.
        workers: how many at a time.
        carry_out: does it, given whom to tell what is being done.
    """
    console = output.stderr()
    with BatchProgress(jobs, workers, console) as progress:
        for outcome in carry_out(progress.phase):
            progress.ended(outcome)
            if outcome.error is not None:
                console.print(
                    f"tinyhil: {' '.join(str(outcome.error).split())}", soft_wrap=True, markup=False
                )
            yield outcome
