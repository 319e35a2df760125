"""Later measurements as samples of a latency model: what `tinyhil run` measured, with the .tflite files it ran."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.engines.plan.arena import plan_arena
from harness.errors import UsageError
from harness.latency.fit import ADDED
from harness.latency.identity import Identity
from harness.latency.networks import Sample
from harness.latency.steps import program_of, steps_of
from harness.measure.job import Job
from harness.records import Measurement
from targets.schema import Target


def samples_of(
    measurements: Sequence[Measurement],
    files: Sequence[Path],
    identity: Identity,
    target: Target,
) -> list[Sample]:
    """Return a sample of every measurement that was made with what the model is of.

    Args:
        measurements: any; those of other targets, engines or kernel sets are left out.
        files: the .tflite files that were run.
        identity: of the model.
        target: its target.

    Raises:
        UsageError: a measurement was made with another clock or timing model, or its file is not among `files`.
        ModelFileError: a file cannot be read.
    """
    by_hash: dict[str, tuple[Path, bytes]] = {}
    for path in files:
        data = Job(path, target).read_model()
        by_hash[hashlib.sha256(data).hexdigest()] = (path, data)
    return [
        _sample(measurement, by_hash, identity, target)
        for measurement in measurements
        if (measurement.target, measurement.engine, measurement.kernels)
        == (identity.target, "plan", identity.kernels)
    ]


def _sample(
    measurement: Measurement,
    files: Mapping[str, tuple[Path, bytes]],
    identity: Identity,
    target: Target,
) -> Sample:
    name, origin, latency = measurement.model.name, measurement.provenance, measurement.latency
    pairs = {
        "clock": (origin.clock_hz, identity.clock_hz),
        "timing model": (origin.timing_sha256, identity.timing_sha256),
        "timing plugin": (origin.timing_plugin_sha256, identity.timing_plugin_sha256),
        "graph optimisation": (origin.optimise, identity.optimise),
        "unit of time": (latency.unit, identity.unit),
    }
    for what, (theirs, ours) in pairs.items():
        if theirs != ours:
            raise UsageError(f"'{name}' was measured with another {what} than the model is of")
    if any(one.name == "softmax" for one in measurement.optimisations):
        raise UsageError(f"'{name}' was measured without its SOFTMAX: another network")
    if measurement.model.sha256 not in files:
        raise UsageError(f"'{name}' was measured, but its .tflite is not given (--models)")
    path, data = files[measurement.model.sha256]
    program = program_of(data, str(path), target, identity.kernels, optimise=identity.optimise)
    steps = steps_of(program)
    by_operator = {layer.index: layer.cycles for layer in latency.layers}
    operators = [step.source_index for step in steps]
    # Results tell of operators: where one of them is several steps, their times cannot be told apart.
    apart = len(set(operators)) == len(operators) and set(operators) == set(by_operator)
    return Sample(
        name=name,
        sha256=measurement.model.sha256,
        index=-1,
        cycles=latency.cycles_all or (latency.cycles,),
        unit=latency.unit,
        step_cycles=tuple(by_operator[at] for at in operators) if apart else (),
        steps=steps,
        arena_bytes=plan_arena(program).arena_bytes,
        wall_s=0.0,
        chosen=ADDED,
    )
