"""A client of the MLPerf Tiny text language, written from its description in docs/link.md and sharing
nothing with the harness: what another laboratory's runner would do with a serial port."""

from __future__ import annotations

import csv
import os
import select
import termios
import time
from pathlib import Path

TIMEOUT_S = 60.0


class ForeignClient:
    """Opens the port `path` as pyserial does. A context manager."""

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        settings = termios.tcgetattr(self._fd)
        settings[0] = settings[1] = settings[3] = 0
        settings[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
        settings[4] = settings[5] = termios.B115200
        termios.tcsetattr(self._fd, termios.TCSANOW, settings)
        self._held = b""

    def send(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._fd, data) :]

    def line(self, timeout_s: float = TIMEOUT_S) -> str:
        """The next line that is not empty; TimeoutError without one."""
        until_s = time.monotonic() + timeout_s
        while True:
            line, found, rest = self._held.partition(b"\n")
            if found:
                self._held = rest
                if text := line.strip(b"\r").decode("ascii"):
                    return text
                continue
            if not select.select([self._fd], [], [], max(0.0, until_s - time.monotonic()))[0]:
                raise TimeoutError(f"no line after {self._held!r}")
            self._held += os.read(self._fd, 65536)

    def command(self, text: str) -> list[str]:
        """Send a command; the lines before m-ready."""
        self.send(text.encode() + b"%")
        lines = []
        while (line := self.line()) != "m-ready":
            lines.append(line)
        return lines

    def load(self, data: bytes, step: int = 31) -> None:
        assert self.command(f"db load {len(data)}") == [f"m-[Expecting {len(data)} bytes]"]
        for at in range(0, len(data), step):
            reply = self.command("db " + "".join(f"{byte:02x}" for byte in data[at : at + step]))
            assert reply == (["m-load-done"] if at + step >= len(data) else [])

    def infer(self, count: int, warmup: int) -> tuple[list[float], float]:
        """Outputs, and microseconds between the two time stamps."""
        lines = self.command(f"infer {count} {warmup}")
        laps = [int(line[9:]) for line in lines if line.startswith("m-lap-us-")]
        (results,) = [line[11:-1] for line in lines if line.startswith("m-results-[")]
        assert len(laps) == 2
        return [float(word) for word in results.split(",")], laps[1] - laps[0]

    def close(self) -> None:
        os.close(self._fd)

    def __enter__(self) -> ForeignClient:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def accuracy(client: ForeignClient, folder: Path) -> float:
    """Top-1 accuracy in percent over a data set, one inference per file."""
    with (folder / "y_labels.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    right = 0
    for name, _, label in rows:
        client.load((folder / name).read_bytes())
        results, _ = client.infer(1, 0)
        right += results.index(max(results)) == int(label)
    return 100 * right / len(rows)
