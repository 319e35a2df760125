"""Joins what the device said with what the host knows into one Measurement. Pure but for the host's own description."""

from __future__ import annotations

import hashlib
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from harness import __version__
from harness.engines.engine import Origin, PackedModel
from harness.engines.plan.compile import TensorInfo
from harness.engines.plan.optimise import summary
from harness.measure.parse import Figures
from harness.measure.prepare import Prepared, io_bytes
from harness.records import (
    Check,
    Energy,
    GraphOptimisation,
    Latency,
    LayerLatency,
    Measurement,
    Memory,
    ModelId,
    Provenance,
)
from harness.timing.model import CycleModel
from targets.schema import Target


def assemble(
    prepared: Prepared,
    figures: Figures,
    *,
    identity: str,
    started: str,
    driver: str,
    transcript: str,
    origin: Origin = Origin(),  # noqa: B008 (frozen)
) -> Measurement:
    """Return the measurement `identity` (a UUID) of one job, whose deploy image was built."""
    assert prepared.deploy is not None
    job, model, timed_by = prepared.job, prepared.model, prepared.cycle_model
    latency = latency_of(figures, model, job.target, timed_by)
    return Measurement(
        id=identity,
        model=ModelId(name=job.name, sha256=model.sha256, macs=model.macs, ops=2 * model.macs),
        target=job.target.name,
        core=job.target.core.name,
        engine=job.engine,
        kernels=job.kernels,
        latency=latency,
        memory=memory_of(prepared, figures),
        energy=energy_of(latency.us, job.target),
        check=check_of(prepared, figures),
        provenance=Provenance(
            tinyhil=__version__,
            started=started,
            host=f"{platform.system()} {platform.release()} {platform.machine()}",
            python=platform.python_version(),
            target_sha256=hashlib.sha256(job.target.model_dump_json().encode()).hexdigest(),
            clock_hz=job.target.clock_hz,
            image_id=prepared.image.image_id,
            deploy_image_id=prepared.deploy.image_id,
            compiler=prepared.image.compiler,
            driver=driver,
            timing_model=timed_by.name if timed_by else job.target.timing.model,
            timing_sha256=timed_by.sha256 if timed_by else "",
            timing_plugin_sha256=timed_by.plugin_sha256 if timed_by else "",
            engine_origin=origin.name,
            engine_sha256=origin.sha256,
            optimise=job.optimise and job.engine == "plan",
            optimised=summary(model.optimisations),
            seed=job.seed,
            transcript=transcript,
        ),
        optimisations=tuple(GraphOptimisation(**asdict(one)) for one in model.optimisations),
    )


def latency_of(
    figures: Figures, model: PackedModel, target: Target, timed_by: CycleModel | None = None
) -> Latency:
    """Median, range and layers; microseconds at the target's core clock."""
    us_per_cycle = 1e6 / target.clock_hz
    cycles = figures.cycles
    median = statistics.median_low(cycles)
    return Latency(
        cycles=median,
        unit="cycles" if timed_by else target.timing.unit,
        us=median * us_per_cycle,
        kind=target.timing.kind,
        error_percent=timed_by.error_percent if timed_by else None,
        warmup=figures.warmup,
        repeats=len(cycles),
        spread=spread(cycles),
        min_us=min(cycles) * us_per_cycle,
        max_us=max(cycles) * us_per_cycle,
        layers=_layers(figures, model, us_per_cycle),
        cycles_all=cycles,
    )


def _layers(figures: Figures, model: PackedModel, us_per_cycle: float) -> tuple[LayerLatency, ...]:
    """One layer for every operator of the .tflite, which may be several steps of the plan."""
    steps = {step.index: step for step in model.steps}
    cycles: dict[int, int] = {}
    macs: dict[int, int] = {}
    kinds: dict[int, str] = {}
    for event in figures.layers:
        step = steps[event.op]
        operator = step.source_index
        cycles[operator] = cycles.get(operator, 0) + event.cycles
        macs[operator] = macs.get(operator, 0) + step.macs
        kinds[operator] = step.kind
    return tuple(
        LayerLatency(
            index=operator,
            op=kinds[operator],
            cycles=spent,
            us=spent * us_per_cycle,
            macs=macs[operator],
        )
        for operator, spent in cycles.items()
    )


def spread(cycles: Sequence[int]) -> float:
    """Interquartile range over the median: a few outliers of a busy host do not move it."""
    low, median, high = np.percentile(cycles, (25, 50, 75))
    return float((high - low) / median) if median else 0.0


def memory_of(prepared: Prepared, figures: Figures) -> Memory:
    """Flash and static RAM of the deploy build, the arena that the engine takes, the stack as the device painted it."""
    sizes, model = prepared.sizes, prepared.model
    assert sizes is not None  # with_deploy
    staging = io_bytes(model)
    return Memory(
        flash_bytes=sizes.flash_bytes,
        code_bytes=sizes.flash_bytes - sizes.model_bytes,
        model_bytes=sizes.model_bytes,
        ram_bytes=sizes.static_bytes + figures.arena_bytes + staging + figures.stack_bytes,
        static_bytes=sizes.static_bytes,
        arena_bytes=figures.arena_bytes,
        arena_persistent_bytes=figures.persistent_bytes,
        arena_bound_bytes=model.lower_bound_bytes,
        io_bytes=staging,
        stack_bytes=figures.stack_bytes,
        flash_parts=dict(sizes.flash_parts),
        kind="measured",
    )


def energy_of(latency_us: float, target: Target) -> Energy:
    """Active power of the target's core times the latency; estimated, whatever the latency was."""
    if target.power is None:
        return Energy(uj=None, kind="estimated", power_mw=None, source=target.power_note or "")
    power_mw = target.power.active.mw(target.clock_hz)
    return Energy(
        uj=latency_us * power_mw / 1000.0,
        kind="estimated",
        power_mw=power_mw,
        source=f"{power_mw:.3g} mW x time, {target.power.active.source}",
    )


def check_of(prepared: Prepared, figures: Figures) -> Check:
    """Compare every checked inference with the reference interpreter's outputs."""
    reference = prepared.reference
    if not reference.outputs:
        return Check(reference="", inputs=0, bit_exact=None, max_abs_diff=None, note=reference.note)
    worst = 0.0
    exact = True
    for ours, theirs in zip(figures.outputs, reference.outputs, strict=True):
        exact = exact and ours == theirs
        worst = max(worst, _max_abs_diff(ours, theirs, prepared.model.outputs))
    return Check(
        reference=reference.name,
        inputs=len(reference.outputs),
        bit_exact=exact,
        max_abs_diff=worst,
    )


def _max_abs_diff(ours: bytes, theirs: bytes, outputs: Sequence[TensorInfo]) -> float:
    worst, offset = 0.0, 0
    for tensor in outputs:
        span = slice(offset, offset + tensor.size_bytes)
        a, b = (
            np.frombuffer(x[span], tensor.dtype.numpy).astype(np.float64) for x in (ours, theirs)
        )
        worst = max(worst, float(np.max(np.abs(a - b), initial=0.0)))
        offset += tensor.size_bytes
    return worst
