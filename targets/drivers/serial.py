"""A serial port of this machine as a byte pipe (POSIX termios; IEEE Std 1003.1, chapter 11)."""

from __future__ import annotations

import fcntl
import os
import termios
import tty

from targets.drivers.stream import FdStream
from targets.errors import DeviceStartError

_WAY_OUT = {
    "Permission denied": "add yourself to the group that owns it (often: dialout)",
    "No such file or directory": "is the device plugged in?",
}


def open_port(path: str, baud: int) -> FdStream:
    """Open the port `path`, 8N1 at `baud`, raw, no flow control; what waited there is thrown away.

    The port is locked against other programs that lock theirs (flock), and has no line state to be
    restored. On a pseudo-terminal the rate means nothing.

    Raises:
        DeviceStartError: it cannot be opened, is no terminal, is in use, or knows no such rate.
    """
    speed = getattr(termios, f"B{baud}", None)
    if speed is None:
        raise DeviceStartError(f"{path}: {baud} is no baud rate of this system", phase="open")
    try:
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError as error:
        reason = str(error.strerror)
        hint = f"; {_WAY_OUT[reason]}" if reason in _WAY_OUT else ""
        raise DeviceStartError(f"{path}: {reason}{hint}", phase="open") from None
    try:
        _set_up(fd, speed)
    except (OSError, termios.error) as error:
        os.close(fd)
        busy = isinstance(error, BlockingIOError)
        reason = "in use by another program" if busy else str(error.args[-1])
        raise DeviceStartError(f"{path}: {reason}", phase="open") from None
    return FdStream(fd, path, lambda: "")


def _set_up(fd: int, speed: int) -> None:
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    tty.setraw(fd)
    flags = termios.tcgetattr(fd)
    flags[2] &= ~(termios.CSTOPB | termios.CRTSCTS)
    flags[2] |= termios.CLOCAL | termios.CREAD
    flags[4] = flags[5] = speed
    termios.tcsetattr(fd, termios.TCSANOW, flags)
    termios.tcflush(fd, termios.TCIOFLUSH)
