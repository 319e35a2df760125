"""The fake device's half of the MLPerf Tiny text language (docs/link.md, section 1)."""

from __future__ import annotations

import string

from harness.link.fake_state import FakeState

_HELP = ("help", "name", "profile", "timestamp", "db load N", "db HEX", "db print", "infer N [W]")
_DEFAULT_WARMUP = 10


class FakeText:
    """Carries out commands on a FakeState. `clock_hz` turns its cycles into microseconds."""

    def __init__(self, state: FakeState, clock_hz: int) -> None:
        self._state = state
        self._clock_hz = clock_hz
        self._size = 0
        self._filled = 0

    def restart(self) -> None:
        """Forget a begun `db load`."""
        self._size = self._filled = 0

    def command(self, text: str) -> list[str]:
        """Return the lines that answer one command, without `m-ready`."""
        words = text.split(" ")
        words = [word for word in words if word] or [""]
        state = self._state
        if words[0] in ("infer", "results") and state.model is None:
            return ["e-[No model loaded]"]
        if words[0] == "name":
            return ["m-name-dut-[tinyhil]"]
        if words[0] == "profile":
            model = state.model.name if state.model else "none"
            return ["m-profile-[ULPMark for tinyML Firmware V0.0.1]", f"m-model-[{model}]"]
        if words[0] == "timestamp":
            return [self._lap()]
        if words[0] == "help":
            return list(_HELP)
        if words[0] == "results":
            return [self._results()]
        if words[0] == "infer":
            return self._infer(words[1:])
        if words[0] == "db":
            return self._db(words[1:])
        return [f"e-[Unknown command: {words[0]}]"]

    def _lap(self) -> str:
        return f"m-lap-us-{self._state.cycles * 1_000_000 // self._clock_hz}"

    def _results(self) -> str:
        model = self._state.loaded()
        values = (
            model.output_scale * (byte - 256 * (byte > 127) - model.output_zero_point)
            for byte in self._state.output
        )
        return "m-results-[" + ",".join(f"{value:.3f}" for value in values) + "]"

    def _infer(self, words: list[str]) -> list[str]:
        count = _number(words[0]) if words else 1
        warmup = _number(words[1]) if len(words) > 1 else _DEFAULT_WARMUP
        if count <= 0:
            return ["e-[Inference iterations must be >0]"]
        for _ in range(warmup):
            self._state.infer(False)
        lines = [f"m-warmup-start-{warmup}", "m-warmup-done", f"m-infer-start-{count}", self._lap()]
        for _ in range(count):
            self._state.infer(False)
        return [*lines, self._lap(), "m-infer-done", self._results()]

    def _db(self, words: list[str]) -> list[str]:
        if not words:
            return ["e-[Command 'db' requires a subcommand]"]
        if words[0] == "load":
            return self._db_load(_number(words[1]) if len(words) > 1 else 0)
        if words[0] == "print":
            data = self._state.input[: self._size]
            rows = [data[at : at + 8] for at in range(0, len(data), 8)]
            return ["m-buffer-" + row.hex("-") for row in rows]
        return self._db_bytes(words[0])

    def _db_load(self, size: int) -> list[str]:
        self._size = self._filled = 0
        if size <= 0:
            return ["e-[Command 'db load' must be >0 bytes]"]
        limit = len(self._state.input)
        if size > limit:
            return [f"Supplied buffer size {size} exceeds maximum of {limit}"]
        self._size = size
        return [f"m-[Expecting {size} bytes]"]

    def _db_bytes(self, digits: str) -> list[str]:
        if len(digits) % 2:
            return ["e-[Insufficent number of hex digits]"]
        if self._filled == self._size or self._size > len(self._state.input):
            return ["e-[No bytes expected, use 'db load']"]
        for at in range(0, len(digits), 2):
            pair = digits[at : at + 2]
            if not set(pair) <= set(string.hexdigits):
                return [f"e-[Invalid hex digit '{pair}']"]
            self._state.input[self._filled] = int(pair, 16)
            self._filled += 1
            if self._filled == self._size:
                return ["m-load-done"]
        return []


def _number(text: str) -> int:
    """Return what C's atoi does for the digits at the beginning."""
    digits = text[: len(text) - len(text.lstrip(string.digits))]
    return min(int(digits or "0"), 2**31 - 1)
