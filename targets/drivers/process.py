"""Starts a program that ends with us, and keeps the tail of what it prints to stderr."""

from __future__ import annotations

import collections
import contextlib
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_TAIL_BYTES = 4096
_TERMINATE_S = 2.0


class Child:
    """A child process in a session of its own: Ctrl-C in a terminal reaches us alone.

    It is started through util-linux's `setpriv --pdeathsig KILL` where that exists, so that the
    kernel kills it when we die, even by SIGKILL. The kernel ties this to the *thread* that started
    the child: keep that thread alive for as long as the device is used, and do not start devices
    from a worker thread that ends before them.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        pass_fds: Sequence[int] = (),
        stdin: int = subprocess.DEVNULL,
        stdout: int = subprocess.DEVNULL,
        noise: str = "",
    ) -> None:
        """Start `argv`; `pass_fds` stay open in it under their numbers.

        Lines with `noise` in them are left out of its last words.

        Raises:
            OSError: it cannot be executed.
        """
        guard = shutil.which("setpriv")
        prefix = [guard, "--pdeathsig", "KILL", "--"] if guard else []
        self._process = subprocess.Popen(
            [*prefix, *argv],
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            pass_fds=tuple(pass_fds),
            start_new_session=True,
        )
        self._noise = noise
        self._tail: collections.deque[bytes] = collections.deque()
        self._drain = threading.Thread(target=self._keep_tail, daemon=True)
        self._drain.start()

    @property
    def pid(self) -> int:
        """Process id (setpriv executes the program in its own place)."""
        return self._process.pid

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def last_words(self) -> str:
        """Tail of its stderr, at most 4 KiB, one line; complete once the process has ended."""
        if not self.alive():
            self._drain.join(timeout=_TERMINATE_S)
        text = b"".join(self._tail)[-_TAIL_BYTES:].decode("utf-8", "replace")
        lines = [line.strip() for line in text.splitlines()]
        told = [line for line in lines if line and not (self._noise and self._noise in line)]
        return " | ".join(told)

    def stop(self) -> None:
        """Terminate, wait, kill. Safe to call twice; never raises."""
        with contextlib.suppress(OSError):
            self._process.terminate()
        try:
            self._process.wait(timeout=_TERMINATE_S)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(OSError):
                self._process.kill()
            self._process.wait()
        self._drain.join(timeout=_TERMINATE_S)

    def _keep_tail(self) -> None:
        pipe = self._process.stderr
        assert pipe is not None
        kept = 0
        with contextlib.closing(pipe):
            while chunk := os.read(pipe.fileno(), _TAIL_BYTES):
                self._tail.append(chunk)
                kept += len(chunk)
                while kept - len(self._tail[0]) >= _TAIL_BYTES:
                    kept -= len(self._tail.popleft())


@contextmanager
def memory_file(name: str, content: bytes) -> Iterator[int]:
    """A file in memory with `content`: a descriptor N, which a child opens as /dev/fd/N.

    It has no name on any disk, so nothing is left behind however we end.
    """
    fd = os.memfd_create(name)
    try:
        with open(fd, "wb", closefd=False) as file:
            file.write(content)
        yield fd
    finally:
        os.close(fd)
