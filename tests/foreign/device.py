"""A device that speaks the MLPerf Tiny text language behind a pseudo-terminal, written from docs/link.md
and sharing nothing with the harness: another laboratory's board."""

from __future__ import annotations

import os
import select
import threading
import tty
from collections.abc import Callable

Run = Callable[[bytes], list[float]]
Twist = Callable[[str, bytes], bytes | None]
"""From a command and the true reply to what is sent instead; None to hang up."""

US_PER_INFERENCE = 1500


class ForeignDevice:
    """A context manager; `port` is the path to open. Runs in a thread.

    `run` computes the outputs, `twist` makes its replies hostile.
    """

    def __init__(self, run: Run, twist: Twist = lambda command, reply: reply) -> None:
        self._run = run
        self._twist = twist
        self._input = bytearray()
        self._size = 0
        self._now_us = 2**32 - 4000  # wraps round during the first windows
        self._results: list[float] = []
        self.commands: list[str] = []

    def __enter__(self) -> ForeignDevice:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._stop_read, self._stop_write = os.pipe()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        os.write(self._stop_write, b"x")
        self._thread.join()
        for fd in (self._master, self._slave, self._stop_read, self._stop_write):
            if fd >= 0:
                os.close(fd)

    def _serve(self) -> None:
        held = b""
        while True:
            ready, _, _ = select.select([self._master, self._stop_read], [], [])
            if self._stop_read in ready:
                return
            held += os.read(self._master, 4096)
            while b"%" in held:
                command, _, held = held.partition(b"%")
                text = command.decode("ascii").strip()
                self.commands.append(text)
                lines = [*self._answer(text.split()), "m-ready"]
                reply = self._twist(text, "".join(line + "\r\n" for line in lines).encode())
                if reply is None:
                    os.close(self._slave)
                    os.close(self._master)
                    self._slave = self._master = -1
                    return
                if self._send(reply):
                    return

    def _send(self, reply: bytes) -> bool:
        """Whether it was told to stop meanwhile."""
        while reply:
            ready, free, _ = select.select([self._stop_read], [self._master], [])
            if ready:
                return True
            if free:
                reply = reply[os.write(self._master, reply[:1024]) :]
        return False

    def _answer(self, words: list[str]) -> list[str]:
        match words:
            case ["name"]:
                return ["m-name-strange-[acme]"]
            case ["profile"]:
                return ["m-profile-[v1.1]", "m-model-[theirs]"]
            case ["timestamp"]:
                return [self._lap()]
            case ["db", "load", count]:
                self._input.clear()
                self._size = int(count)
                return [f"m-[Expecting {count} bytes]"]
            case ["db", digits]:
                self._input += bytes.fromhex(digits)
                return ["m-load-done"] if len(self._input) == self._size else []
            case ["infer", count, warmup]:
                self._results = self._run(bytes(self._input))
                self._now_us += int(warmup) * US_PER_INFERENCE
                begin = self._lap()
                self._now_us += int(count) * US_PER_INFERENCE
                head = [f"m-warmup-start-{warmup}", "m-warmup-done", f"m-infer-start-{count}"]
                return [*head, begin, self._lap(), "m-infer-done", self._show()]
            case ["results"]:
                return [self._show()]
        return [f"e-[Unknown command: {' '.join(words)}]"]

    def _lap(self) -> str:
        return f"m-lap-us-{self._now_us % 2**32}"

    def _show(self) -> str:
        return "m-results-[" + ",".join(f"{value:.3f}" for value in self._results) + "]"
