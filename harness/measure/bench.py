"""One job from beginning to end."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

from harness.engines.registry import engine_named
from harness.errors import TinyhilError
from harness.link.transcript import Header, Transcript, read_transcript
from harness.measure.assemble import assemble
from harness.measure.conversation import converse
from harness.measure.job import Job
from harness.measure.parse import parse_figures
from harness.measure.prepare import Prepared, prepare, with_deploy
from harness.measure.wheel import measure_wheel
from harness.paths import data_dir
from harness.records import Measurement
from harness.timing.model import timed_driver
from targets.deadline import Deadline
from targets.drivers.protocol import Driver
from targets.errors import DeviceError

ATTEMPTS = 2


def measure(
    job: Job, phase: Callable[[str], None] = lambda _: None, driver: Driver | None = None
) -> Measurement:
    """Measure `job`; `phase` is told what is being done, `driver` starts the device (None: the target's own).

    The conversation is written down raw first, in the data folder's transcripts/, then parsed. A device that fails in a
    way that may pass, although it was reset (harness/measure/loaded.py), is started afresh once.

    Raises:
        TinyhilError: any class of harness/errors.py; one about a device ends with the transcript's tail.
    """
    if job.target.driver.kind == "tflite_micro":
        return measure_wheel(job, phase)
    phase("compiling and building")
    prepared = prepare(job)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return measure_prepared(prepared, phase, driver)
        except TinyhilError as error:
            if not error.retryable or attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable: the last attempt returns or raises")


def measure_prepared(
    prepared: Prepared, phase: Callable[[str], None] = lambda _: None, driver: Driver | None = None
) -> Measurement:
    """Start the device once and measure what is prepared. Raises as `measure`."""
    job = prepared.job
    driver = driver or timed_driver(job.target, prepared.cycle_model)
    identity = str(uuid.uuid4())
    path = transcript_path(identity)
    path.parent.mkdir(parents=True, exist_ok=True)
    header = Header.now(job.target.name, prepared.image.image_id)
    with Transcript.create(path, header) as transcript:
        try:
            converse(prepared, transcript, Deadline.after(job.timeout_s), phase, driver)
        except DeviceError as error:
            transcript.marker("error", {"message": str(error)})
            raise
    figures = parse_figures(read_transcript(path))
    return assemble(
        with_deploy(prepared, figures.arena_bytes),
        figures,
        identity=identity,
        started=header.started,
        driver=driver.version(),
        transcript=str(path),
        origin=engine_named(job.engine).origin(job.target, job.kernels),
    )


def transcript_path(identity: str) -> Path:
    """Where the transcript of measurement `identity` lies."""
    return data_dir() / "transcripts" / f"{identity}.jsonl"
