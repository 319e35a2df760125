"""The conversation of one measurement with a running device. Its only product is the transcript."""

from __future__ import annotations

import time
from collections.abc import Callable

from harness.errors import LinkError
from harness.link.messages import MAX_EVENTS, Space
from harness.link.session import Session
from harness.link.transcript import Transcript
from harness.measure.prepare import Prepared
from targets.deadline import Deadline
from targets.drivers import driver_for
from targets.drivers.protocol import Capability

BOOT_TIMEOUT_S = 20.0
SLOWEST_MACS_PER_S = 2e6  # of any emulator with reference kernels, on a slow host


def converse(
    prepared: Prepared, transcript: Transcript, deadline: Deadline, phase: Callable[[str], None]
) -> None:
    """Start the device, check outputs, time and profile the model, and write everything to `transcript`.

    Markers of the transcript: "probe" before a first inference, "check" {"index"} before each compared one, "latency"
    before the timed ones, "profile" before the profiled one, "status" before the last question, "end".

    Raises:
        DeviceError: the device failed; the transcript holds what was said until then.
    """
    job = prepared.job
    driver = driver_for(job.target)
    output_bytes = sum(tensor.size_bytes for tensor in prepared.model.outputs)
    preload = Capability.PRELOAD in driver.capabilities
    phase("starting")
    with driver.start(
        prepared.image.elf, prepared.model.blob if preload else None, deadline
    ) as device:
        session = Session(device.stream, transcript, target=job.target.name)
        session.wait_ready(deadline.sooner(BOOT_TIMEOUT_S))
        hello = session.hello(deadline.sooner(BOOT_TIMEOUT_S))
        if hello.image_id.hex() != prepared.image.image_id[:32]:
            raise LinkError(
                f"runs image {hello.image_id.hex()}, not {prepared.image.image_id[:32]}",
                target=job.target.name,
                phase="hello",
            )
        if not preload:
            phase("uploading")
            session.upload(Space.SLOT, prepared.model.blob, deadline)
        session.load(len(prepared.model.blob), deadline)
        one_s = _probe(session, prepared, transcript, deadline)
        for index in range(job.check_inputs):
            phase(f"checking outputs {index + 1}/{job.check_inputs}")
            transcript.marker("check", {"index": index})
            session.write(Space.INPUT, 0, prepared.inputs[index], deadline)
            session.run(0, 1, False, deadline, expected_s=one_s)
            session.read(Space.OUTPUT, 0, output_bytes, deadline)
        warmup, repeats = job.timed
        phase("timing")
        session.write(Space.INPUT, 0, prepared.inputs[0], deadline)
        transcript.marker("latency", {"warmup": warmup, "repeats": repeats})
        session.run(warmup, repeats, False, deadline, expected_s=(warmup + repeats) * one_s)
        phase("profiling layers")
        transcript.marker("profile")
        reply = session.run(0, 1, True, deadline, expected_s=one_s)
        session.events(min(reply.events, MAX_EVENTS), deadline)
        transcript.marker("status")
        session.status(deadline)
        transcript.marker("end")


def _probe(
    session: Session, prepared: Prepared, transcript: Transcript, deadline: Deadline
) -> float:
    """Run one inference and return the host's seconds for it: from then on the device's silence can be judged."""
    transcript.marker("probe")
    session.write(Space.INPUT, 0, prepared.inputs[0], deadline)
    begin_s = time.monotonic()
    guess_s = prepared.model.macs / SLOWEST_MACS_PER_S
    session.run(0, 1, False, deadline, expected_s=guess_s)
    return time.monotonic() - begin_s
