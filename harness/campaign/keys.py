"""Which measurement is which: the identity of a job by the content of all that determines its result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from harness import __version__
from harness.build.sources import firmware_dir, hash_sources
from harness.build.toolchain import find_toolchain
from harness.engines.registry import engine_named
from harness.errors import BuildError, MissingToolError, ModelFileError, UsageError
from harness.measure.job import Job
from harness.store.jobs import PlannedJob
from harness.timing.plugin import source_hash
from targets.drivers import driver_for
from targets.schema import Target


class Planner:
    """Makes the plan of jobs; asks compilers and reads sources once per target."""

    def __init__(self) -> None:
        self._firmware: dict[str, str] = {}
        self._target: dict[str, str] = {}

    def planned(self, job: Job) -> PlannedJob:
        """Return `job` with its key: SHA-256 over the model's name and content, the target's description, engine,
        kernel set, the firmware's sources and compiler, tinyhil's version, and the options that change the figures.

        A model that cannot be read has a key too: its job fails, and is another one once the file is there.
        """
        model_sha256 = _model_sha256(job)
        warmup, repeats = job.timed
        target = job.target
        content = {
            "model": job.name,
            "model_sha256": model_sha256,
            "target": target.name,
            "target_sha256": self._of(self._target, target, _target_sha256),
            "engine": job.engine,
            "kernels": job.kernels,
            "firmware": self._of(self._firmware, target, _firmware_id),
            "tinyhil": __version__,
            "warmup": warmup,
            "repeats": repeats,
            "check_inputs": job.check_inputs,
            "seed": job.seed,
            "timing": job.timing,
            "optimise": job.optimise,
            "drop_softmax": job.drop_softmax,
            "timing_plugin": "" if job.timing == "none" else source_hash(),
        }
        if job.engine != "plan":
            content["engine_origin"] = _origin(job)
        text = json.dumps(content, sort_keys=True)
        return PlannedJob(
            key=hashlib.sha256(text.encode()).hexdigest(),
            model=job.name,
            model_sha256=model_sha256,
            model_path=str(job.model.absolute()),
            target=target.name,
            engine=job.engine,
            kernels=job.kernels,
        )

    @staticmethod
    def _of(known: dict[str, str], target: Target, make: Callable[[Target], str]) -> str:
        if target.name not in known:
            known[target.name] = make(target)
        return known[target.name]


def _model_sha256(job: Job) -> str:
    try:
        return hashlib.sha256(job.read_model()).hexdigest()
    except ModelFileError:
        return ""


def _origin(job: Job) -> str:
    """Whose code executes the model: what identifies it."""
    if job.target.driver.kind == "tflite_micro":
        return driver_for(job.target).version()
    try:
        return engine_named(job.engine).origin(job.target, job.kernels).sha256
    except (MissingToolError, UsageError):
        return ""


def _target_sha256(target: Target) -> str:
    return hashlib.sha256(target.model_dump_json().encode()).hexdigest()


def _firmware_id(target: Target) -> str:
    """What an image's identity is made of beside the target: sources and compiler."""
    try:
        return f"{hash_sources(firmware_dir(), target.family)} {find_toolchain(target).version}"
    except (MissingToolError, BuildError):
        return ""
