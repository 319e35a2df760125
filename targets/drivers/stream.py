"""A byte pipe on a file descriptor: a socket, a pseudo terminal, a serial port."""

from __future__ import annotations

import errno
import math
import os
import select
from collections.abc import Callable

from targets.deadline import Deadline
from targets.errors import DeadlineExceededError, DeviceGoneError


class FdStream:
    """Implements protocol.Stream on a descriptor, which it owns and makes non-blocking."""

    def __init__(self, fd: int, target: str, last_words: Callable[[], str]) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._target = target
        self._last_words = last_words

    def read(self, limit: int, deadline: Deadline) -> bytes:
        """See protocol.Stream."""
        while self._wait(select.POLLIN, deadline):
            try:
                data = os.read(self._fd, limit)
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._gone(error) from None
            if not data:
                raise self._gone(None)
            return data
        return b""

    def write(self, data: bytes, deadline: Deadline) -> None:
        """See protocol.Stream."""
        left = memoryview(data)
        while left:
            if not self._wait(select.POLLOUT, deadline):
                raise DeadlineExceededError(
                    f"the device took {len(data) - len(left)} of {len(data)} bytes"
                    f" within {deadline.limit_s:g} s",
                    target=self._target,
                    phase="write",
                )
            try:
                left = left[os.write(self._fd, left) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._gone(error) from None

    def speaks(self, deadline: Deadline) -> bool:
        """Wait for a first byte, which stays; False when the line closes or time is up before."""
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        events = poll.poll(math.ceil(deadline.remaining_s() * 1000))
        return bool(events and events[0][1] & select.POLLIN)

    def close(self) -> None:
        """Close the descriptor; later calls raise DeviceGoneError. Safe to call twice."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _wait(self, event: int, deadline: Deadline) -> bool:
        """Whether it became ready for `event` (or broke) in time. Looks at least once."""
        if self._fd < 0:
            raise self._gone(None)
        poll = select.poll()
        poll.register(self._fd, event)
        ready = poll.poll(math.ceil(deadline.remaining_s() * 1000))
        # What was received before the line closed can still be read; writing is over at once (a
        # pseudo terminal would take bytes for nobody).
        if ready and event == select.POLLOUT and ready[0][1] & (select.POLLHUP | select.POLLERR):
            raise self._gone(None)
        return bool(ready)

    def _gone(self, error: OSError | None) -> DeviceGoneError:
        # EIO is how a pseudo terminal says that its other end is closed.
        known = error is None or error.errno in (errno.EIO, errno.EPIPE, errno.ECONNRESET)
        why = "the device closed the line" if known or error is None else str(error.strerror)
        return DeviceGoneError(why, target=self._target, phase="link", detail=self._last_words())
