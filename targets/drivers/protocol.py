"""What a driver is: the way to bring a target to life, and nothing else.

A driver knows how to start one kind of target with an image; what is said over the wire is not its business. Every
driver passes tests/contract/test_drivers.py.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol

from targets.deadline import Deadline


class Capability(enum.Flag):
    """What a driver can do beyond starting and stopping."""

    NONE = 0
    PRELOAD = enum.auto()
    """Places the model slot's content before the start, so that no upload is needed."""
    RESET = enum.auto()
    """Restarts the firmware without help from the firmware."""


@dataclass(frozen=True)
class Finding:
    """One result of checking what a driver needs.

    Attributes:
        what: the thing that was looked for ("qemu-system-arm").
        ok: whether it is usable.
        detail: its version, or what is wrong.
        way_out: how to mend it; "" when ok.
    """

    what: str
    ok: bool
    detail: str
    way_out: str = ""


class Stream(Protocol):
    """A byte pipe to the device. Nothing is ever lost or reordered by the stream itself."""

    def read(self, limit: int, deadline: Deadline) -> bytes:
        """Return 1..limit bytes, waiting for the first; b"" when the deadline passes.

        Raises:
            DeviceGoneError: the other end is closed.
        """

    def write(self, data: bytes, deadline: Deadline) -> None:
        """Write all of `data`.

        Raises:
            DeviceGoneError: the other end is closed.
            DeadlineExceededError: the device does not take the bytes.
        """


class Device(Protocol):
    """A running device. A context manager: leaving it stops the device, whatever happened."""

    @property
    def stream(self) -> Stream:
        """The serial port's byte pipe."""

    def reset(self, deadline: Deadline) -> None:
        """Restart the firmware; the stream stays. Needs Capability.RESET."""

    def alive(self) -> bool:
        """Whether the device still runs, as far as the host can tell."""

    def last_words(self) -> str:
        """Tail of what the emulator or probe itself printed; "" when nothing."""

    def stop(self) -> None:
        """End it and everything it started. Safe to call twice; never raises."""

    def __enter__(self) -> Device: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Driver(Protocol):
    """Starts one target."""

    @property
    def capabilities(self) -> Capability:
        """What this driver can do."""

    def findings(self) -> list[Finding]:
        """Check tools and permissions this driver needs. Starts nothing."""

    def version(self) -> str:
        """What goes into a measurement's provenance ("QEMU 7.2.22")."""

    def start(self, image: Path, slot: bytes | None, deadline: Deadline) -> Device:
        """Start the target with `image` (an ELF) and, with PRELOAD, `slot` in the model slot.

        Raises:
            MissingToolError: a program is missing.
            MemoryLimitError: `slot` is larger than the model slot.
            DeviceStartError: it did not start.
        """
