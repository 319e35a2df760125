"""Runs the firmware as a process of the host, on a pseudo terminal."""

from __future__ import annotations

import os
import termios
import tty
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from targets.deadline import Deadline
from targets.drivers.image import check_host_image, check_slot
from targets.drivers.process import Child, memory_file
from targets.drivers.protocol import Capability, Finding
from targets.drivers.stream import FdStream
from targets.errors import DeviceStartError
from targets.schema import Target


class NativeDevice:
    """A running firmware process; implements protocol.Device."""

    def __init__(self, target: Target, image: Path, slot: bytes | None, deadline: Deadline) -> None:
        """Start `image`. Raises DeviceStartError, DeadlineExceededError."""
        self._target = target
        self._image = image
        self._slot = slot
        self._child: Child | None = None
        master, slave = os.openpty()
        try:
            self._port = os.ttyname(slave)
        finally:
            os.close(slave)
        self._stream = FdStream(master, target.name, self.last_words)
        try:
            self._launch(deadline)
        except BaseException:
            self.stop()
            raise

    @property
    def stream(self) -> FdStream:
        """See protocol.Device."""
        return self._stream

    @property
    def pid(self) -> int:
        """The process' id; changes with a reset."""
        return self._child.pid if self._child else 0

    def reset(self, deadline: Deadline) -> None:
        """End the process and start it again on the same terminal, with the slot's first content.

        Raises:
            DeadlineExceededError: it says nothing.
            DeviceStartError: it did not start again.
        """
        if self._child:
            self._child.stop()
        self._launch(deadline)

    def alive(self) -> bool:
        """See protocol.Device."""
        return self._child is not None and self._child.alive()

    def last_words(self) -> str:
        """See protocol.Device."""
        return self._child.last_words() if self._child else ""

    def stop(self) -> None:
        """See protocol.Device."""
        if self._child:
            self._child.stop()
        self._stream.close()

    def _launch(self, deadline: Deadline) -> None:
        # We hold the terminal's far end only while starting: held for longer, the line would not
        # close when the process dies.
        with ExitStack() as stack:
            slave = os.open(self._port, os.O_RDWR | os.O_NOCTTY)
            stack.callback(os.close, slave)
            tty.setraw(slave)
            termios.tcflush(slave, termios.TCIFLUSH)
            arguments, fds = [str(self._image)], []
            if self._slot:
                fds = [stack.enter_context(memory_file("tinyhil-slot", self._slot))]
                arguments += ["--slot", f"/dev/fd/{fds[0]}"]
            try:
                self._child = Child(arguments, pass_fds=fds, stdin=slave, stdout=slave)
            except OSError as error:
                raise self._refused(str(error.strerror)) from None
        # The firmware greets at once; nothing else shows that the program could be executed.
        if not self._stream.speaks(deadline):
            if self._child.alive():
                deadline.check("the firmware's greeting", target=self._target.name, phase="start")
            self._child.stop()
            raise self._refused(self._child.last_words())

    def _refused(self, detail: str) -> DeviceStartError:
        return DeviceStartError(
            f"{self._image.name} did not start",
            target=self._target.name,
            phase="start",
            detail=detail,
        )

    def __enter__(self) -> NativeDevice:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class NativeDriver:
    """Implements protocol.Driver for targets with driver.kind = "native"."""

    def __init__(self, target: Target) -> None:
        self._target = target

    @property
    def capabilities(self) -> Capability:
        """See protocol.Driver."""
        return Capability.PRELOAD | Capability.RESET

    def findings(self) -> list[Finding]:
        """See protocol.Driver."""
        usable = Path("/dev/ptmx").exists()
        return [
            Finding(
                "pseudo terminals",
                usable,
                "/dev/ptmx" if usable else "/dev/ptmx is missing",
                "" if usable else "mount devpts",
            )
        ]

    def version(self) -> str:
        """See protocol.Driver."""
        system = os.uname()
        return f"{system.sysname} {system.release} {system.machine}"

    def start(self, image: Path, slot: bytes | None, deadline: Deadline) -> NativeDevice:
        """See protocol.Driver."""
        check_slot(self._target, slot)
        check_host_image(self._target, image)
        return NativeDevice(self._target, image, slot, deadline)
