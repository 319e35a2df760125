"""A pseudo-terminal for clients, and the bytes between it and a device's stream.

The terminal's far end is held open by clients alone, so that their coming and going shows: what a
client left unread is thrown away before the next one comes, as on a cable that was pulled.
"""

from __future__ import annotations

import errno
import os
import select
import termios
import threading
import tty
from pathlib import Path
from types import TracebackType

from harness.errors import UsageError
from targets.deadline import Deadline
from targets.drivers.protocol import Stream
from targets.errors import TinyhilError

_CHUNK_BYTES = 4096
_LOOK_S = 0.02
_FOR_EVER_S = 1e6


class PtyPort:
    """A pseudo-terminal in raw mode; `name` is the path that clients open. A context manager.

    Args:
        link: a further name, made as a symbolic link and removed at the end; None for none.

    Raises:
        UsageError: `link` cannot be made, or something that is no link stands there.
    """

    def __init__(self, link: Path | None = None) -> None:
        self._link = link
        self._gone = threading.Event()
        self._heard = False
        self._master, far = os.openpty()
        self._path = os.ttyname(far)
        tty.setraw(far)
        os.close(far)
        os.set_blocking(self._master, False)
        try:
            self._make_link()
        except BaseException:
            os.close(self._master)
            raise

    @property
    def name(self) -> str:
        """The path that clients open: the link where there is one."""
        return str(self._link) if self._link else self._path

    def read(self, wait_s: float) -> bytes:
        """Return what a client said; b"" when nothing within `wait_s`, or nobody is there."""
        events = self._poll(select.POLLIN, wait_s)
        if events & select.POLLIN:
            try:
                data = os.read(self._master, _CHUNK_BYTES)
            except OSError as error:
                if error.errno not in (errno.EIO, errno.EAGAIN):
                    raise
                data = b""
            if data:
                self._heard = True
                return data
        if events & select.POLLHUP:
            self._forget_client()
            self._gone.wait(wait_s)
        return b""

    def write(self, data: bytes) -> None:
        """Hand all of `data` to the client, however slowly it reads; drop it when nobody is there."""
        left = memoryview(data)
        while left and not self._gone.is_set():
            events = self._poll(select.POLLOUT, _LOOK_S)
            if events & select.POLLHUP:
                return
            if events & select.POLLOUT:
                try:
                    left = left[os.write(self._master, left) :]
                except BlockingIOError:
                    continue

    def end(self) -> None:
        """Have `read` and `write` return from now on."""
        self._gone.set()

    def __enter__(self) -> PtyPort:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()
        if self._link is not None and self._link.is_symlink():
            self._link.unlink()
        os.close(self._master)

    def _poll(self, event: int, wait_s: float) -> int:
        poll = select.poll()
        poll.register(self._master, event)
        ready = poll.poll(wait_s * 1000)
        return ready[0][1] if ready else 0

    def _forget_client(self) -> None:
        """Throw away what the last client left unread, and undo its settings."""
        if not self._heard:
            return
        self._heard = False
        far = os.open(self._path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            tty.setraw(far)
            termios.tcflush(far, termios.TCIFLUSH)
        finally:
            os.close(far)

    def _make_link(self) -> None:
        if self._link is None:
            return
        try:
            if self._link.is_symlink():
                self._link.unlink()  # left behind by one that was killed
            self._link.symlink_to(self._path)
        except OSError as error:
            raise UsageError(f"{self._link} cannot be made: {error.strerror}") from None


def forward(stream: Stream, port: PtyPort) -> None:
    """Carry bytes both ways, without loss while a client listens, until the device ends.

    Raises:
        DeviceError: the device ended or takes no bytes any more. (What is raised into this thread,
            as by a signal, ends the forwarding too.)
    """
    failure: list[TinyhilError] = []
    ended = threading.Event()

    def from_device() -> None:
        try:
            while not ended.is_set():
                data = stream.read(_CHUNK_BYTES, Deadline.after(5 * _LOOK_S))
                if data:
                    port.write(data)
        except TinyhilError as error:
            failure.append(error)
            port.end()
            ended.set()

    thread = threading.Thread(target=from_device, name="from device", daemon=True)
    thread.start()
    try:
        while not ended.is_set():
            data = port.read(_LOOK_S)
            if data:
                stream.write(data, Deadline.after(_FOR_EVER_S))
    finally:
        ended.set()
        port.end()
        thread.join()
    if failure:
        raise failure[0]
