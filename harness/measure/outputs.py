"""Inputs of one's choice through a model on a device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.link.messages import Space
from harness.link.session import Session
from harness.link.transcript import Transcript
from harness.measure.firmware import Firmware
from harness.measure.loaded import loaded_device
from targets.deadline import Deadline
from targets.drivers.protocol import Driver


def run_inputs(
    firmware: Firmware,
    inputs: Iterable[bytes],
    transcript: Transcript,
    deadline: Deadline,
    driver: Driver | None = None,
) -> Iterator[bytes]:
    """Start the device, run each input in turn, and yield its outputs as they come.

    Args:
        firmware: the image and model.
        inputs: all inputs of an inference one after another, in the model's types.
        transcript: where the conversation is written down.
        deadline: for all of it.
        driver: what starts the device; None for the target's own.

    Raises:
        DeviceError: the device failed, again after it was started anew.
    """
    with loaded_device(firmware, transcript, deadline, driver=driver) as device:
        for data in inputs:
            yield device.carry_out(_Infer(data, firmware.model.output_bytes, deadline), deadline)


@dataclass(frozen=True)
class _Infer:
    """One inference, as a step that can be done anew."""

    data: bytes
    output_bytes: int
    deadline: Deadline

    def __call__(self, session: Session) -> bytes:
        session.write(Space.INPUT, 0, self.data, self.deadline)
        session.run(0, 1, False, self.deadline)
        return session.read(Space.OUTPUT, 0, self.output_bytes, self.deadline)
