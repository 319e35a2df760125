"""The first step of a search: a latency model of the target, and what an application takes beside its model."""

from __future__ import annotations

from pathlib import Path

from harness.errors import UsageError
from harness.latency.collect import Plan
from harness.latency.identity import identity_of
from harness.latency.model_file import ModelFile, load
from models.calibrate import DrawnSpace, calibrated, calibration_job
from models.search.backbones import space_of
from models.search.estimate import Overhead
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


def overhead(context: Context) -> Overhead:
    """Measure, once, what an application takes beside its model; kept beside the latency model. Raises TinyhilError."""
    folder = Folder(_path(context).parent)
    name = _path(context).with_suffix(".overhead.json").name
    if known := folder.read(name, Overhead):
        return known
    _check_online(context)
    context.progress("measuring what an application takes beside its model")
    arch = context.backbone.arch(context.backbone.narrowest(), "overhead")
    memory = context.target.measure(context.write_untrained("overhead", arch)).memory
    assert memory.code_bytes is not None and memory.ram_bytes is not None
    found = Overhead(
        code_bytes=memory.code_bytes,
        ram_bytes=memory.ram_bytes - memory.arena_bytes - memory.io_bytes,
    )
    folder.write(name, found)
    return found


def _check_online(context: Context) -> None:
    if context.wanted.offline:
        raise UsageError(
            "--offline measures nothing: give --latency-model the latency.json of an earlier search, with"
            " latency.overhead.json beside it"
        )


def _path(context: Context) -> Path:
    return context.wanted.latency_model or context.path("latency.json")
