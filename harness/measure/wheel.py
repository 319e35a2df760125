"""Measures on a target that has no firmware: TensorFlow Lite Micro's interpreter in the package tflite-micro."""

from __future__ import annotations

import hashlib
import platform
import statistics
import uuid
from collections.abc import Callable
from datetime import datetime, timezone
from importlib import metadata

from harness import __version__
from harness.engines.plan.compile import CompiledModel, compile_model
from harness.engines.tflm.library import PLAIN
from harness.engines.tflm_oracle import TflmArena, TflmOracle
from harness.errors import MissingToolError, ModelError, UsageError
from harness.measure.assemble import spread
from harness.measure.inputs import random_inputs
from harness.measure.job import Job
from harness.records import Check, Energy, Latency, Measurement, Memory, ModelId, Provenance
from targets.drivers import driver_for
from targets.drivers.tflite_micro import PACKAGE, WAY_OUT

_NOTE = "it is itself the reference interpreter"


def measure_wheel(job: Job, phase: Callable[[str], None] = lambda _: None) -> Measurement:
    """Measure `job` on the interpreter: latency of invoke on this machine, and what it takes of the arena.

    The arena is what TFLM's recording allocator reports; its structures are those of a 64-bit host. There are no
    layers, no flash and no stack.

    Raises:
        UsageError: the job names another engine or kernels that the package does not have.
        ModelError: the model cannot be measured.
        MissingToolError: the package is not installed.
    """
    if (job.engine, job.kernels) != ("tflm", PLAIN):
        raise UsageError(
            f"{job.target.name} runs engine tflm with its own kernels '{PLAIN}',"
            f" not {job.engine} with '{job.kernels}'"
        )
    started = datetime.now(timezone.utc).isoformat()
    data = job.read_model()
    phase("setting up the interpreter")
    try:
        model = compile_model(data, job.name, optimise=False)
        interpreter = TflmOracle(data)
    except ImportError:
        raise MissingToolError(
            f"Python package {PACKAGE}", f"target {job.target.name}", WAY_OUT
        ) from None
    except ModelError as error:
        raise error.named(str(job.model)) from None
    arrays = random_inputs(model.inputs, 1, job.seed)[0]
    warmup, repeats = job.timed
    phase("timing")
    every = [interpreter.time_ns(arrays) for _ in range(warmup + repeats)][warmup:]
    target = job.target
    return Measurement(
        id=str(uuid.uuid4()),
        model=ModelId(name=job.name, sha256=model.sha256, macs=model.macs, ops=2 * model.macs),
        target=target.name,
        core=target.core.name,
        engine=job.engine,
        kernels=job.kernels,
        latency=_latency(every, warmup),
        memory=_memory(model, len(data), interpreter.arena()),
        energy=Energy(uj=None, kind="estimated", power_mw=None, source=target.power_note or ""),
        check=Check(reference="", inputs=0, bit_exact=None, max_abs_diff=None, note=_NOTE),
        provenance=Provenance(
            tinyhil=__version__,
            started=started,
            host=f"{platform.system()} {platform.release()} {platform.machine()}",
            python=platform.python_version(),
            target_sha256=hashlib.sha256(target.model_dump_json().encode()).hexdigest(),
            clock_hz=target.clock_hz,
            image_id="",
            deploy_image_id="",
            compiler="",
            driver=driver_for(target).version(),
            timing_model=target.timing.model,
            engine_origin=f"TFLM, {PACKAGE} {metadata.version(PACKAGE)}",
            seed=job.seed,
            transcript="",
        ),
    )


def _latency(every_ns: list[int], warmup: int) -> Latency:
    median = statistics.median_low(every_ns)
    return Latency(
        cycles=median,
        unit="nanoseconds",
        us=median / 1000,
        kind="measured",
        warmup=warmup,
        repeats=len(every_ns),
        spread=spread(every_ns),
        min_us=min(every_ns) / 1000,
        max_us=max(every_ns) / 1000,
        layers=(),
        cycles_all=tuple(every_ns),
    )


def _memory(model: CompiledModel, model_bytes: int, arena: TflmArena) -> Memory:
    return Memory(
        flash_bytes=None,
        code_bytes=None,
        model_bytes=model_bytes,
        ram_bytes=None,
        static_bytes=None,
        arena_bytes=arena.total_bytes,
        arena_persistent_bytes=arena.persistent_bytes,
        arena_bound_bytes=model.lower_bound_bytes,
        io_bytes=model.input_bytes + model.output_bytes,
        stack_bytes=None,
        flash_parts={},
        kind="measured",
    )
