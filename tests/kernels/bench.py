"""A running bench image that takes one small model after another."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from harness.build.images import build_image
from harness.engines.plan.compile import CompiledModel, compile_model
from harness.engines.plan.kernels import KernelSet, kernel_set
from harness.errors import DeviceRefusedError
from harness.link.messages import Space
from harness.link.session import Session
from harness.link.transcript import Transcript
from targets.catalogue import load_catalogue
from targets.deadline import Deadline
from targets.drivers import driver_for

LIMIT_S = 7200.0
RUN_S = 20.0


class Bench:
    """The device: its kernel set and the conversation with it."""

    def __init__(self, session: Session, kernels: KernelSet, deadline: Deadline) -> None:
        self.kernels = kernels
        self._session = session
        self._deadline = deadline

    def load(self, data: bytes) -> CompiledModel:
        """Compile a .tflite file for this device and load it."""
        model = compile_model(data, "case", self.kernels)
        self._session.upload(Space.SLOT, model.blob, self._deadline)
        self._session.load(len(model.blob), self._deadline)
        return model

    def infer(self, model: CompiledModel, inputs: bytes) -> bytes:
        """All outputs for all inputs, each one after another."""
        self._session.write(Space.INPUT, 0, inputs, self._deadline)
        self._session.run(0, 1, False, self._deadline, expected_s=RUN_S)
        return self._session.read(Space.OUTPUT, 0, model.output_bytes, self._deadline)

    def try_plan(self, blob: bytes, inputs: bytes) -> bool:
        """Load a plan that may be hostile and, where the device takes it, run it; whether it was taken.

        Raises:
            DeviceError: the device faulted or fell silent.
            AssertionError: the plan is not what it was: a kernel wrote to the slot.
        """
        self._session.upload(Space.SLOT, blob, self._deadline)
        try:
            self._session.load(len(blob), self._deadline)
        except DeviceRefusedError:
            return False
        self._session.write(Space.INPUT, 0, inputs, self._deadline)
        self._session.run(0, 1, False, self._deadline, expected_s=RUN_S)
        found = self._session.crc(Space.SLOT, 0, len(blob), self._deadline)
        assert found == zlib.crc32(blob), "a kernel wrote to the plan"
        return True


@contextmanager
def started_bench(target_name: str, kernels: str) -> Iterator[Bench]:
    """Build the image, start the device; leaving ends it."""
    target = load_catalogue().target(target_name)
    deadline = Deadline.after(LIMIT_S)
    image = build_image(target, "plan", kernels, deadline)
    with driver_for(target).start(image.elf, None, deadline) as device:
        session = Session(device.stream, Transcript(), target=target.name)
        session.wait_ready(deadline)
        session.hello(deadline)
        yield Bench(session, kernel_set(kernels, target.core.simd), deadline)
