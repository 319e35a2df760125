"""From measured networks to a latency model: outliers, fit, intervals, check on held-out networks."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

import numpy as np

from harness import __version__
from harness.errors import UsageError
from harness.latency import conformal
from harness.latency.curve import learning_curve
from harness.latency.identity import Identity
from harness.latency.laws import op_law
from harness.latency.log import Entries
from harness.latency.measure import Tally
from harness.latency.model import LayerModel, fit_model
from harness.latency.model_file import ModelFile, Origin, family_records, interval_of
from harness.latency.networks import Sample
from harness.latency.validation import validate
from targets.schema import Simd, Target

FOLDS = 10
HELD_OUT = 0.2
"""Share of the networks that is not fitted, but predicted."""
LEAST_NETWORKS = 10
ADDED = "added"
"""Space of the networks that were measured otherwise and folded in."""
_REPEAT_SIGMAS = 6.0
_REPEAT_LEAST = 0.02
"""An outlier is off by at least this, relative: below, repeating would not pay."""
_REPEAT_SHARE = 0.1


def outliers(samples: Sequence[Sample], simd: Simd) -> list[Sample]:
    """Return the measurements that lie far from what the others predict: the worst tenth at most."""
    timed = [sample for sample in samples if sample.step_cycles]
    if len(timed) < LEAST_NETWORKS:
        return []
    found = out_of_fold(timed, simd)
    known = [(sample, fold.error) for sample, fold in zip(timed, found, strict=True) if fold.known]
    if not known:
        return []
    errors = np.array([error for _, error in known])
    off = np.abs(errors - np.median(errors))
    limit = max(_REPEAT_SIGMAS * 1.4826 * float(np.median(off)), _REPEAT_LEAST)
    order = np.argsort(-off)[: max(1, int(_REPEAT_SHARE * len(known)))]
    return [known[i][0] for i in order if off[i] > limit]


@dataclass(frozen=True)
class Fold:
    """What a model that never saw a sample says of it.

    Attributes:
        error: measured / predicted - 1.
        scale: relative standard deviation of the prediction.
        known: whether all of its kernels were measured in other samples.
    """

    error: float
    scale: float
    known: bool


def out_of_fold(samples: Sequence[Sample], simd: Simd) -> list[Fold]:
    """Return for every sample what a model of nine tenths of them, without it, says of it.

    Two samples or more must have step times.
    """
    # Those with step times are dealt first: every fold leaves some of them to fit.
    order = sorted(range(len(samples)), key=lambda i: not samples[i].step_cycles)
    folds = min(FOLDS, len(samples))
    found = {}
    for fold in range(folds):
        left_out = set(order[fold::folds])
        model = fit_model([s for i, s in enumerate(samples) if i not in left_out], simd)
        found.update({i: judge(model, samples[i]) for i in left_out})
    return [found[i] for i in range(len(samples))]


def judge(model: LayerModel, sample: Sample) -> Fold:
    """Return what `model` says of a sample that it was not fitted to."""
    estimate = model.estimate(sample.steps)
    error = sample.latency / estimate.cycles - 1.0
    return Fold(error, model.scale(estimate), not estimate.unknown)


def fit_model_or_none(samples: Sequence[Sample], simd: Simd) -> LayerModel | None:
    """Fit a model; None before any sample has step times."""
    return fit_model(samples, simd) if any(s.step_cycles for s in samples) else None


@dataclass(frozen=True)
class Fitted:
    """A model with its interval's factor, and from how many networks that comes."""

    model: LayerModel
    factor: float
    networks: int


def fit(samples: Sequence[Sample], simd: Simd, apart: Sequence[Sample] = ()) -> Fitted:
    """Fit a model to `samples`.

    The factor of its intervals comes from `apart`, random draws that are not fitted (split conformal); where there are
    none, from what models of nine tenths of `samples` say of the last tenth (cross-conformal).

    Raises:
        UsageError: too few samples, or none with step times.
    """
    if sum(bool(sample.step_cycles) for sample in samples) < 2:
        raise UsageError("too few networks were measured step by step to fit a model")
    model = fit_model(samples, simd)
    judged = [judge(model, s) for s in apart] if apart else out_of_fold(samples, simd)
    scores = [abs(fold.error) / fold.scale for fold in judged]
    return Fitted(model, conformal.quantile(scores), len(scores))


@dataclass(frozen=True)
class Split:
    """Samples by what they are for: to fit, to size intervals with (none: the fitted ones), to check with."""

    fitted: list[Sample]
    apart: list[Sample]
    held_out: list[Sample]


def split(samples: Sequence[Sample], seed: int) -> Split:
    """Hold out a fifth of the random draws of one space, by `seed`; half of them where others were chosen on purpose.

    What was chosen on purpose is fitted: it tells nothing of the errors of random networks.
    """
    drawn = [s for s in samples if s.chosen == "random"]
    chosen = [s for s in samples if s.chosen != "random"]
    order = np.random.default_rng(seed).permutation(len(drawn))
    shuffled = [drawn[i] for i in order]
    if chosen:
        half = len(drawn) // 2
        return Split(chosen, shuffled[half:], shuffled[:half])
    count = int(HELD_OUT * len(drawn))
    return Split(shuffled[count:], [], shuffled[:count])


@dataclass(frozen=True)
class Built:
    """The firmware that was measured: its image's hash, and the compiler that made it."""

    image_id: str
    compiler: str


def make_model(
    by_space: Mapping[str, Sequence[Sample]],
    identity: Identity,
    target: Target,
    entries: Entries,
    tally: Tally,
    built: Built,
    seed: int,
    curve: bool = False,
) -> ModelFile:
    """Fit, check and describe a model from all that was measured; `curve`: with learning curves.

    Raises:
        UsageError: too few samples.
    """
    splits = [split(samples, seed) for samples in by_space.values()]
    kept, apart, held = (
        [sample for one in splits for sample in getattr(one, part)]
        for part in ("fitted", "apart", "held_out")
    )
    everything = [sample for samples in by_space.values() for sample in samples]
    fitted = fit(kept, identity.simd, apart)
    interval = interval_of(conformal.LEVEL, fitted.factor, fitted.networks)
    laws = [
        op_law(space, samples, identity.clock_hz)
        for space, samples in by_space.items()
        if space != ADDED
    ]
    power = target.power.active if target.power else None
    return ModelFile(
        tinyhil_latency_model=1,
        identity=identity,
        origin=Origin(
            tinyhil=__version__,
            created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            host=f"{platform.system()} {platform.release()} {platform.machine()}",
            image_id=built.image_id,
            compiler=built.compiler,
            networks={space: len(samples) for space, samples in by_space.items()},
            skipped=sum(space in by_space for space, _ in entries.skipped),
            failed=sum(space in by_space for space, _ in entries.failed),
            repeated=tally.repeated,
            replaced=tally.replaced,
            without_layers=sum(not s.step_cycles for s in everything),
            seconds=round(sum(s.wall_s for s in everything), 3),
            sampling="+".join(sorted({s.chosen for s in everything})),
            seed=seed,
        ),
        families=family_records(fitted.model),
        overhead=fitted.model.overhead,
        noise=fitted.model.noise,
        interval=interval,
        laws=tuple(law for law in laws if law),
        power_mw=power.mw(target.clock_hz) if power else None,
        power_source=power.source if power else target.power_note or "",
        validation=validate(
            fitted.model,
            interval.factor,
            held,
            learning_curve(kept, held, identity.simd) if curve else (),
        ),
    )
