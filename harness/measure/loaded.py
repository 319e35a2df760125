"""A running device that holds a model, brought back to that when the link fails for good.

The ladder of recovery: an unanswered request is sent again, then the link is resynchronised
(harness/link/exchange.py); what fails even so is mended here: the device is reset where its driver
can, the model loaded again, and the interrupted step done anew. Then the step's error is final.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from harness.build.images import Image
from harness.errors import DeviceRefusedError, LinkError
from harness.link.messages import LoadReply, Space
from harness.link.session import Session
from harness.link.transcript import Transcript
from harness.timing.model import CycleModel, timed_driver
from targets.deadline import Deadline
from targets.drivers.protocol import Capability, Device, Driver
from targets.errors import DeviceError, DeviceGoneError
from targets.schema import Target

BOOT_TIMEOUT_S = 20.0
MOST_RECOVERIES = 3
"""Of one device; one that fails more often is given up."""

T = TypeVar("T")
Phase = Callable[[str], None]


class Loadable(Protocol):
    """What a model slot takes, and what LOAD must say of it (docs/link.md)."""

    @property
    def blob(self) -> bytes:
        """The slot's content."""

    @property
    def sha256(self) -> str:
        """In hex."""

    @property
    def input_bytes(self) -> int:
        """Of all inputs."""

    @property
    def output_bytes(self) -> int:
        """Of all outputs."""


class Loads(Protocol):
    """An image and what it loads (harness/measure/firmware.py has the one of models)."""

    @property
    def target(self) -> Target:
        """Where it runs."""

    @property
    def image(self) -> Image:
        """What is started."""

    @property
    def model(self) -> Loadable:
        """What is loaded."""

    @property
    def linked(self) -> bool:
        """Whether it is part of the image, and not put into the slot."""

    @property
    def cycle_model(self) -> CycleModel | None:
        """What an emulator counts with, if not instructions."""


class LoadedDevice:
    """A started device with its model loaded. `session` is the conversation with it."""

    def __init__(
        self,
        device: Device,
        firmware: Loads,
        capabilities: Capability,
        transcript: Transcript,
        phase: Phase,
    ) -> None:
        self.device = device
        self.session = Session(device.stream, transcript, target=firmware.target.name)
        self.recoveries = 0
        self._firmware = firmware
        self._preloaded = firmware.model if Capability.PRELOAD in capabilities else None
        self._capabilities = capabilities
        self._transcript = transcript
        self._phase = phase

    def bring_up(self, deadline: Deadline) -> None:
        """Wait for the device, load the model; recover from what may pass. Raises DeviceError."""
        self.carry_out(lambda _: None, deadline, loaded=False)

    def change(self, firmware: Loads, deadline: Deadline) -> None:
        """Load another model into the running image's slot, which must be writable. Raises DeviceError."""
        self._firmware = firmware
        self.recoveries = 0
        self.carry_out(self._upload_and_load(deadline), deadline)

    def _upload_and_load(self, deadline: Deadline) -> Callable[[Session], None]:
        def step(session: Session) -> None:
            model = self._firmware.model
            self._phase("uploading")
            session.upload(Space.SLOT, model.blob, deadline)
            self._verify(session.load(len(model.blob), deadline))

        return step

    def carry_out(
        self, step: Callable[[Session], T], deadline: Deadline, *, loaded: bool = True
    ) -> T:
        """Do `step`, which must be doable anew from the loaded model on, and return its result.

        Args:
            step: asks the device.
            deadline: for all of it.
            loaded: whether the model is loaded now.

        Raises:
            DeviceError: the whole ladder did not help, or nothing may.
        """
        while True:
            try:
                if not loaded:
                    self._load(deadline)
                    loaded = True
                return step(self.session)
            except DeviceError as error:
                if not self._may_pass(error, deadline):
                    raise self._final(error) from None
                self._reset(error, deadline)
                loaded = False

    def _load(self, deadline: Deadline) -> None:
        name, model = self._firmware.target.name, self._firmware.model
        self.session.wait_ready(deadline.sooner(BOOT_TIMEOUT_S))
        hello = self.session.hello(deadline.sooner(BOOT_TIMEOUT_S))
        wanted = self._firmware.image.image_id[:32]
        if hello.image_id.hex() != wanted:
            raise DeviceError(
                f"runs image {hello.image_id.hex()}, not {wanted}", target=name, phase="hello"
            )
        if hello.cycles_modelled != (self._firmware.cycle_model is not None):
            # Never take the one for the other: they are different figures.
            counts, should = ("modelled cycles", "instructions or real cycles")
            if not hello.cycles_modelled:
                counts, should = should, counts
            raise DeviceError(f"counts {counts}, not {should}", target=name, phase="hello")
        if not self._firmware.linked and model is not self._preloaded:
            self._phase("uploading")
            self.session.upload(Space.SLOT, model.blob, deadline)
        length = 0 if self._firmware.linked else len(model.blob)
        self._verify(self.session.load(length, deadline))

    def _verify(self, reply: LoadReply) -> None:
        model = self._firmware.model
        loaded = (reply.model_sha256.hex(), reply.input_bytes, reply.output_bytes)
        if loaded != (model.sha256, model.input_bytes, model.output_bytes):
            raise LinkError("another model is loaded", target=self._firmware.target.name)

    def _may_pass(self, error: DeviceError, deadline: Deadline) -> bool:
        if self.recoveries >= MOST_RECOVERIES or deadline.expired():
            return False
        if isinstance(error, DeviceGoneError):
            return False
        if isinstance(error, DeviceRefusedError):
            return self._lost_model(deadline)
        return error.retryable

    def _lost_model(self, deadline: Deadline) -> bool:
        """Whether a refusal comes from a restart whose banner went unseen."""
        try:
            return not self.session.status(deadline).loaded
        except DeviceError as error:
            return error.retryable

    def _reset(self, error: DeviceError, deadline: Deadline) -> None:
        self.recoveries += 1
        self._transcript.marker("recover", {"reason": str(error)})
        if Capability.RESET in self._capabilities:
            self._phase("resetting the device")
            self.device.reset(deadline.sooner(BOOT_TIMEOUT_S))

    def _final(self, error: DeviceError) -> DeviceError:
        """Return the error with the transcript's tail."""
        if isinstance(error, LinkError) and not error.detail:
            return LinkError(str(error), phase=error.phase, detail=self._transcript.tail())
        return error


@contextmanager
def loaded_device(
    firmware: Loads,
    transcript: Transcript,
    deadline: Deadline,
    phase: Phase = lambda _: None,
    driver: Driver | None = None,
) -> Iterator[LoadedDevice]:
    """Start the device and load the model; leaving ends it.

    Args:
        firmware: what to run.
        transcript: where the conversation is written down.
        deadline: for starting and loading.
        phase: is told what is being done.
        driver: what starts the device; None for the target's own.

    Raises:
        MissingToolError: a program is missing.
        MemoryLimitError: the model is larger than the slot.
        DeviceError: the device did not start or cannot be talked to.
    """
    driver = driver or timed_driver(firmware.target, firmware.cycle_model)
    preload = Capability.PRELOAD in driver.capabilities and not firmware.linked
    phase("starting")
    slot = firmware.model.blob if preload else None
    with driver.start(firmware.image.elf, slot, deadline) as device:
        loaded = LoadedDevice(device, firmware, driver.capabilities, transcript, phase)
        loaded.bring_up(deadline)
        yield loaded
