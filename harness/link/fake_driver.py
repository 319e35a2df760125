"""A driver that starts fake devices, for campaigns without hardware
(targets/drivers/protocol.py)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from harness.errors import DeviceGoneError, MemoryLimitError
from harness.link.fake import FakeDevice
from targets.deadline import Deadline
from targets.drivers.protocol import Capability, Device, Finding, Stream

Wrap = Callable[[Stream, FakeDevice], Stream]
"""Puts something between host and device, for example a FaultyStream."""


class FakeDriver:
    """Starts what `make` makes; the image is not looked at.

    Args:
        make: returns a new device at every start.
        wrap: what lies between host and device; None for nothing.
        slot_bytes: the limit of what may be placed before the start.
        capabilities: what it offers; all by default.
    """

    def __init__(
        self,
        make: Callable[[], FakeDevice] = FakeDevice,
        wrap: Wrap | None = None,
        slot_bytes: int = 256 * 1024,
        capabilities: Capability = Capability.PRELOAD | Capability.RESET,
    ) -> None:
        self._capabilities = capabilities
        self._make = make
        self._wrap = wrap
        self._slot_bytes = slot_bytes

    @property
    def capabilities(self) -> Capability:
        """See protocol.Driver."""
        return self._capabilities

    def findings(self) -> list[Finding]:
        """Return that nothing is needed."""
        return [Finding("fake device", True, self.version())]

    def version(self) -> str:
        """Return what stands in the provenance."""
        return "fake"

    def start(self, image: Path, slot: bytes | None, deadline: Deadline) -> Device:
        """Start a new device with `slot` in its model slot.

        Raises:
            MemoryLimitError: `slot` is too large.
        """
        if slot is not None and len(slot) > self._slot_bytes:
            raise MemoryLimitError(
                "the model", len(slot), "the model slot", self._slot_bytes, "fake"
            )
        device = self._make()
        if slot is not None:
            device.preload(slot)
        return _RunningFake(device, self._wrap)


class _RunningFake:
    """A started fake device, and its serial port."""

    def __init__(self, device: FakeDevice, wrap: Wrap | None) -> None:
        self._device = device
        self._stopped = False
        port = device.stream()
        self._stream = wrap(port, device) if wrap else port

    @property
    def stream(self) -> Stream:
        """The serial port; closed once the device is stopped."""
        return self

    def read(self, limit: int, deadline: Deadline) -> bytes:
        """Read from the port."""
        return self._open().read(limit, deadline)

    def write(self, data: bytes, deadline: Deadline) -> None:
        """Write to the port."""
        self._open().write(data, deadline)

    def _open(self) -> Stream:
        if self._stopped:
            raise DeviceGoneError("the fake device was stopped")
        return self._stream

    def reset(self, deadline: Deadline) -> None:
        """Restart it."""
        self._device.reset()

    def alive(self) -> bool:
        """Whether it was not stopped."""
        return not self._stopped

    def last_words(self) -> str:
        """A fake says nothing beside its serial port."""
        return ""

    def stop(self) -> None:
        """Stop it."""
        self._stopped = True

    def __enter__(self) -> _RunningFake:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
