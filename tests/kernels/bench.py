"""A running bench image that takes one plan after another."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from harness.build.images import build_image
from harness.engines.plan.kernels import KernelSet, kernel_set
from harness.errors import DeviceRefusedError
from harness.link.messages import HelloReply, LayerEvent, Space
from harness.link.session import Session
from harness.link.transcript import Transcript
from harness.timing.model import CycleModel, TimingMode, cycle_model, timed_driver
from targets.catalogue import load_catalogue
from targets.deadline import Deadline
from targets.schema import Target
from tests.kernels.side_by_side import Needs

LIMIT_S = 7200.0
RUN_S = 20.0


class Bench:
    """The device: its kernel set and the conversation with it.

    Emulators are started anew with each plan in their slot, which takes less time than an upload.
    """

    def __init__(
        self,
        target: Target,
        kernels: KernelSet,
        image: Path,
        devices: ExitStack,
        cycle_model: CycleModel | None = None,
    ) -> None:
        self.kernels = kernels
        self.target = target
        self.cycle_model = cycle_model
        self._image = image
        self._devices = devices
        self._deadline = Deadline.after(LIMIT_S)
        self._running: Session | None = None
        self._hello: HelloReply | None = None

    def holds(self, needs: Needs) -> bool:
        """Whether the device has memory for a plan."""
        if self._hello is None:
            self._hello = self._session.hello(self._deadline)
        return (
            needs.slot_bytes <= self._hello.slot_bytes
            and needs.ram_bytes <= self._hello.arena_bytes
        )

    def run(self, blob: bytes, expected: bytes) -> bytes | None:
        """Run a plan whose only input does not matter; its outputs where they are not `expected`, else None."""
        self._load(blob)
        self._session.run(0, 1, False, self._deadline, expected_s=RUN_S)
        size = len(expected)
        if self._session.crc(Space.OUTPUT, 0, size, self._deadline) == zlib.crc32(expected):
            return None
        return self._session.read(Space.OUTPUT, 0, size, self._deadline)

    def profile(self, blob: bytes) -> list[LayerEvent]:
        """Run a plan whose only input does not matter; the cycles of its steps, as many as the device remembers."""
        self._load(blob)
        reply = self._session.run(0, 1, True, self._deadline, expected_s=RUN_S)
        return self._session.events(reply.events, self._deadline)

    def _load(self, blob: bytes) -> None:
        if self.target.kind == "emulator":
            self._devices.close()
            self._deadline = Deadline.after(LIMIT_S)
            self._running = self._start(blob)
        else:
            self._session.upload(Space.SLOT, blob, self._deadline)
        self._session.load(len(blob), self._deadline)

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

    @property
    def _session(self) -> Session:
        if self._running is None:
            self._running = self._start(None)
        return self._running

    def _start(self, slot: bytes | None) -> Session:
        driver = timed_driver(self.target, self.cycle_model)
        device = self._devices.enter_context(driver.start(self._image, slot, self._deadline))
        session = Session(device.stream, Transcript(), target=self.target.name)
        session.wait_ready(self._deadline)
        session.hello(self._deadline)
        return session


@contextmanager
def started_bench(target_name: str, kernels: str, timing: TimingMode = "none") -> Iterator[Bench]:
    """Build the image, start the device, counting as `timing` says; leaving ends it.

    The set's own kernels run wherever they can: no shape is left to the reference kernels for its speed.
    """
    target = load_catalogue().target(target_name)
    image = build_image(target, "plan", kernels, Deadline.after(LIMIT_S))
    with ExitStack() as devices:
        own = replace(kernel_set(kernels, target.core.simd), tuning=None)
        yield Bench(target, own, image.elf, devices, cycle_model(target, timing))
