"""The first step of a search: a latency model of the target, and what an application takes beside its model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.errors import UsageError
from harness.latency.collect import Plan
from harness.latency.identity import identity_of
from harness.latency.model_file import ModelFile, load
from harness.records import Record
from models.calibrate import DrawnSpace, calibrated, calibration_job
from models.search.backbones import space_of
from models.search.dnas.backbone import Backbone
from models.search.estimate import Estimator, Overhead
from models.search.records import Folder
from models.search.wanted import Context


def latency_model(context: Context) -> ModelFile:
    """Load the latency model of the request or of the folder, or make it from random members of the backbones.

    Raises:
        UsageError: the given model is of something else, or there is none and nothing may be measured.
        TinyhilError: as calibrating raises.
    """
    wanted, path = context.wanted, _path(context)
    if wanted.latency_model is None and not path.exists():
        _check_online(context)
        job = calibration_job(wanted.target, wanted.kernels)
        spaces = [
            DrawnSpace(space_of(backbone), "normal") for backbone in context.backbones.values()
        ]
        plan = Plan(spaces, wanted.calibration)
        return calibrated(job, plan, path, progress=context.progress)
    known = load(path)
    known.require(identity_of(wanted.target, wanted.kernels), path)
    return known


class _Overheads(Record):
    """By the backbones' full names: a latency model's file may serve several searches."""

    of: Mapping[str, Overhead] = {}


def estimators(context: Context) -> Mapping[str, Estimator]:
    """Return the estimator of every backbone of the search, by the names of `context.backbones`.

    Raises:
        TinyhilError: as `latency_model`, and as measuring raises.
    """
    known, overheads = latency_model(context), _overheads(context)
    target, kernels = context.wanted.target, context.wanted.kernels
    return {
        name: Estimator(target, kernels, known, overheads[backbone.name])
        for name, backbone in context.backbones.items()
    }


def _overheads(context: Context) -> Mapping[str, Overhead]:
    """Measure, once, what an application takes beside a model of each backbone; kept beside the latency model."""
    folder = Folder(_path(context).parent)
    name = _path(context).with_suffix(".overheads.json").name
    known = folder.read(name, _Overheads) or _Overheads()
    for backbone in context.backbones.values():
        if backbone.name not in known.of:
            known = _Overheads(of={**known.of, backbone.name: _overhead(context, backbone)})
            folder.write(name, known)
    return known.of


def _overhead(context: Context, backbone: Backbone) -> Overhead:
    """Measure it with the narrowest network."""
    _check_online(context)
    context.progress(f"measuring what an application of {backbone.name} takes beside its model")
    arch = backbone.arch(backbone.narrowest(), "overhead")
    memory = context.target.measure(context.write_untrained("overhead", arch)).memory
    assert memory.code_bytes is not None and memory.ram_bytes is not None
    return Overhead(
        code_bytes=memory.code_bytes,
        ram_bytes=memory.ram_bytes - memory.arena_bytes - memory.io_bytes,
    )


def _check_online(context: Context) -> None:
    if context.wanted.offline:
        raise UsageError(
            "--offline measures nothing: give --latency-model the latency.json of an earlier search, with"
            " latency.overheads.json beside it"
        )


def _path(context: Context) -> Path:
    return context.wanted.latency_model or context.path("latency.json")
