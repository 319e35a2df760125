"""The conversation of one measurement with a running device. Its only product is the transcript."""

from __future__ import annotations

import time
from collections.abc import Callable

from harness.errors import LinkError
from harness.link.messages import MAX_EVENTS, Space
from harness.link.session import Session
from harness.link.transcript import Transcript
from harness.measure.firmware import Firmware
from harness.measure.loaded import loaded_device
from harness.measure.prepare import Prepared
from targets.deadline import Deadline
from targets.drivers.protocol import Driver

SLOWEST_MACS_PER_S = 2e6  # of any emulator with reference kernels, on a slow host


def converse(
    prepared: Prepared,
    transcript: Transcript,
    deadline: Deadline,
    phase: Callable[[str], None],
    driver: Driver | None = None,
) -> None:
    """Start the device, check outputs, time and profile the model, and write everything to `transcript`.

    Markers of the transcript: "probe" before a first inference, "check" {"index"} before each compared one, "latency"
    before the timed ones, "profile" before the profiled one, "status" before the last question, "end". After "recover"
    {"reason"} the device was reset and loaded again, and the interrupted step begins anew with its own marker: the last
    marker of a name and index counts. `driver` starts the device; None for the target's own.

    Raises:
        DeviceError: the device failed; the transcript holds what was said until then.
    """
    firmware = Firmware(
        prepared.job.target,
        prepared.image,
        prepared.model,
        cycle_model=prepared.cycle_model,
    )
    with loaded_device(firmware, transcript, deadline, phase, driver) as device:
        steps = _Steps(prepared, transcript, deadline)
        one_s = device.carry_out(steps.probe, deadline)
        for index in steps.check_starts():
            phase(f"checking outputs, {index + 1} of {prepared.job.check_inputs}")
            device.carry_out(lambda session, at=index: steps.check(session, at, one_s), deadline)  # type: ignore[misc]
        phase("timing")
        device.carry_out(lambda session: steps.time(session, one_s), deadline)
        phase("profiling layers")
        device.carry_out(lambda session: steps.profile(session, one_s), deadline)
        transcript.marker("end")


class _Steps:
    """What is done with a loaded model; each step stands by itself, and can be done anew."""

    def __init__(self, prepared: Prepared, transcript: Transcript, deadline: Deadline) -> None:
        self._prepared = prepared
        self._transcript = transcript
        self._deadline = deadline

    def probe(self, session: Session) -> float:
        """Run one inference and return the host's seconds for it: from then on the device's silence can be judged."""
        self._transcript.marker("probe")
        session.write(Space.INPUT, 0, self._prepared.inputs[0], self._deadline)
        begin_s = time.monotonic()
        guess_s = self._prepared.model.macs / SLOWEST_MACS_PER_S
        session.run(0, 1, False, self._deadline, expected_s=guess_s)
        return time.monotonic() - begin_s

    def check_starts(self) -> range:
        """Where a step of checking begins: at every input, or once where a state runs through all of them."""
        count = self._prepared.job.check_inputs
        return range(0, count, count if self._prepared.model.state_bytes and count else 1)

    def check(self, session: Session, first: int, one_s: float) -> None:
        """Run the inputs from `first` up to the next step's and read the outputs; a state begins anew with the first.

        Raises:
            LinkError: the link was resynchronised within a sequence: an inference may have been done twice.
        """
        before = session.counters.resynchronised
        for index in range(first, first + self.check_starts().step):
            self._transcript.marker("check", {"index": index})
            session.write(Space.INPUT, 0, self._prepared.inputs[index], self._deadline)
            anew = index == first and self._prepared.model.state_bytes > 0
            session.run(0, 1, False, self._deadline, expected_s=one_s, reset_state=anew)
            session.read(Space.OUTPUT, 0, self._prepared.model.output_bytes, self._deadline)
        if self._prepared.model.state_bytes and session.counters.resynchronised != before:
            raise LinkError("resynchronised within a sequence", phase="check")

    def time(self, session: Session, one_s: float) -> None:
        """Run the timed inferences."""
        warmup, repeats = self._prepared.job.timed
        session.write(Space.INPUT, 0, self._prepared.inputs[0], self._deadline)
        self._transcript.marker("latency", {"warmup": warmup, "repeats": repeats})
        expected_s = (warmup + repeats) * one_s
        session.run(warmup, repeats, False, self._deadline, expected_s=expected_s)

    def profile(self, session: Session, one_s: float) -> None:
        """Run with layer events of the last inference, read them, and ask for the stack's high-water mark."""
        self._transcript.marker("profile")
        session.write(Space.INPUT, 0, self._prepared.inputs[0], self._deadline)
        warmup, _ = self._prepared.job.timed
        expected_s = (warmup + 1) * one_s
        reply = session.run(warmup, 1, True, self._deadline, expected_s=expected_s)
        session.events(min(reply.events, MAX_EVENTS), self._deadline)
        self._transcript.marker("status")
        if not session.status(self._deadline).loaded:
            raise LinkError("the device restarted unseen", target=self._prepared.job.target.name)
