"""From a budget of measurements to a latency model: measure, repeat outliers, fit, check on held-out networks."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

import numpy as np

from harness import __version__
from harness.build.images import Image
from harness.errors import UsageError
from harness.latency import conformal
from harness.latency.identity import Identity
from harness.latency.laws import op_law
from harness.latency.log import Log
from harness.latency.measure import Candidate, Measurer, Tally, Workers
from harness.latency.model import LayerModel, fit_model
from harness.latency.model_file import ModelFile, Origin, family_records, interval_of
from harness.latency.networks import Sample, Space
from harness.latency.validation import validate
from targets.schema import Simd, Target

FOLDS = 5
HELD_OUT = 0.2
"""Share of the networks that is not fitted, but predicted."""
LEAST_NETWORKS = 10
_REPEAT_SIGMAS = 6.0
_REPEAT_LEAST = 0.02
"""An outlier is off by at least this, relative: below, repeating would not pay."""
_REPEAT_SHARE = 0.1

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What to calibrate with.

    Attributes:
        spaces: networks are drawn from all of them, in turn.
        budget: networks to measure in all, those in the log included.
        seed: of the draw and of the split.
    """

    spaces: Sequence[Space]
    budget: int
    seed: int = 0

    def __post_init__(self) -> None:
        if self.budget < LEAST_NETWORKS:
            raise UsageError(f"a budget of {self.budget} is too small: {LEAST_NETWORKS} or more")
        if not self.spaces:
            raise UsageError("name a search space (--space)")


def measure_budget(plan: Plan, workers: Workers, log: Log, progress: Progress) -> Tally:
    """Measure until the log holds the budget's networks, then repeat outliers.

    Raises:
        UsageError: no network of a space fits the target.
        TinyhilError: a device that fails on every network, a missing tool.
    """

    def tell(tally: Tally, name: str) -> None:
        progress(f"{known + tally.measured} of {plan.budget} networks measured: {name}")

    measurer = Measurer(workers, log, tell)
    shares = _shares(plan)
    known = sum(len(log.entries.samples.get(space.name, ())) for space in plan.spaces)
    for space, share in zip(plan.spaces, shares, strict=True):
        wanted = share - len(log.entries.samples.get(space.name, ()))
        if wanted > 0:
            measurer.spend(_in_order(space, plan.seed, measurer), wanted)
    progress("looking for outliers")
    for space in plan.spaces:
        samples = log.entries.samples.get(space.name, [])
        odd = outliers(samples, log.identity.simd)
        if odd:
            measurer.repeat(space, odd, _REPEAT_LEAST / 2)
    return measurer.tally


def _shares(plan: Plan) -> list[int]:
    """The budget, divided among the spaces as evenly as can be."""
    count = len(plan.spaces)
    return [plan.budget // count + (i < plan.budget % count) for i in range(count)]


def _in_order(space: Space, seed: int, measurer: Measurer) -> Iterator[Candidate]:
    """Members from `seed` on: every one is a random draw of its own."""
    index = seed
    while True:
        candidate = Candidate(space, index)
        if not measurer.known(candidate):
            yield candidate
        index += 1


def outliers(samples: Sequence[Sample], simd: Simd) -> list[Sample]:
    """Return the measurements that lie far from what the others predict: the worst tenth at most."""
    if len([sample for sample in samples if sample.step_cycles]) < LEAST_NETWORKS:
        return []
    errors = np.array([e for e, _ in out_of_fold(samples, simd)])
    centre = float(np.median(errors))
    spread = 1.4826 * float(np.median(np.abs(errors - centre)))
    limit = max(_REPEAT_SIGMAS * spread, _REPEAT_LEAST)
    order = np.argsort(-np.abs(errors - centre))[: max(1, int(_REPEAT_SHARE * len(samples)))]
    return [samples[i] for i in order if abs(errors[i] - centre) > limit]


def out_of_fold(samples: Sequence[Sample], simd: Simd) -> list[tuple[float, float]]:
    """Return for every sample its error (measured / predicted - 1) and its scale by a model that never saw it."""
    found = [(0.0, 1.0)] * len(samples)
    folds = min(FOLDS, len(samples))
    for fold in range(folds):
        rest = [s for i, s in enumerate(samples) if i % folds != fold]
        model = fit_model(rest, simd)
        for i in range(fold, len(samples), folds):
            estimate = model.estimate(samples[i].steps)
            error = samples[i].latency / estimate.cycles - 1.0
            found[i] = (error, model.scale(estimate))
    return found


@dataclass(frozen=True)
class Fitted:
    """A model with its interval's factor."""

    model: LayerModel
    factor: float


def fit(samples: Sequence[Sample], simd: Simd) -> Fitted:
    """Fit a model; its intervals come from the errors of five models that each left out a fifth (cross-conformal).

    Raises:
        UsageError: too few samples, or none with step times.
    """
    if len([sample for sample in samples if sample.step_cycles]) < 2:
        raise UsageError("too few networks were measured step by step to fit a model")
    scores = [abs(error) / scale for error, scale in out_of_fold(samples, simd)]
    return Fitted(fit_model(samples, simd), conformal.quantile(scores))


def split(samples: Sequence[Sample], seed: int) -> tuple[list[Sample], list[Sample]]:
    """Return the samples to fit and those to hold out, a fifth, by random choice of `seed`."""
    order = np.random.default_rng(seed).permutation(len(samples))
    held = set(order[: int(HELD_OUT * len(samples))].tolist())
    return (
        [s for i, s in enumerate(samples) if i not in held],
        [s for i, s in enumerate(samples) if i in held],
    )


def make_model(
    by_space: Mapping[str, Sequence[Sample]],
    identity: Identity,
    target: Target,
    tally: Tally,
    image: Image,
    seed: int,
) -> ModelFile:
    """Fit, check and describe a model from all that was measured.

    Raises:
        UsageError: too few samples.
    """
    kept: list[Sample] = []
    held: list[Sample] = []
    for samples in by_space.values():
        to_fit, out = split(samples, seed)
        kept += to_fit
        held += out
    fitted = fit(kept, identity.simd)
    interval = interval_of(conformal.LEVEL, fitted.factor, len(kept))
    laws = [op_law(space, samples, identity.clock_hz) for space, samples in by_space.items()]
    power = target.power.active if target.power else None
    return ModelFile(
        tinyhil_latency_model=1,
        identity=identity,
        origin=Origin(
            tinyhil=__version__,
            created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            host=f"{platform.system()} {platform.release()} {platform.machine()}",
            image_id=image.image_id,
            compiler=image.compiler,
            networks={space: len(samples) for space, samples in by_space.items()},
            skipped=tally.skipped,
            failed=tally.failed,
            repeated=tally.repeated,
            replaced=tally.replaced,
            without_layers=sum(not s.step_cycles for s in (*kept, *held)),
            seconds=round(tally.seconds, 3),
            sampling="random",
            seed=seed,
        ),
        families=family_records(fitted.model),
        overhead=fitted.model.overhead,
        noise=fitted.model.noise,
        interval=interval,
        laws=tuple(law for law in laws if law),
        power_mw=power.mw(target.clock_hz) if power else None,
        power_source=power.source if power else target.power_note or "",
        validation=validate(fitted.model, interval.factor, held),
    )
