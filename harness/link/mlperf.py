"""Client of the MLPerf Tiny text language: drives any firmware that speaks it, ours or another's.

Source: mlcommons/tiny, benchmark/api (the reference's commands and replies) and docs/link.md,
section 1. The language has no checksums: a damaged digit goes unseen, so results are only as good
as the line. Nothing is sent twice, because `db` and `infer` are not idempotent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.errors import DeadlineExceededError, DeviceRefusedError, LinkError, UsageError
from harness.link.frames import FrameDecoder, TextLine
from harness.link.transcript import Transcript
from targets.deadline import Deadline
from targets.drivers.protocol import Stream

READY = "m-ready"
REFUSED_BY_TEXT = 0
"""`code` of a DeviceRefusedError that came as `e-[...]`: the text language has no numbers."""

_READ_BYTES = 4096
_DB_BYTES = 32
_KNOCK_S = 1.0
_COUNTER_WRAP_US = 1 << 32
_MAX_LINES = 20_000

_NAME = re.compile(r"m-name-(?P<device>.+?)-\[(?P<vendor>.*)\]")
_PROFILE = re.compile(r"m-profile-\[(.*)\]")
_MODEL = re.compile(r"m-model-\[(.*)\]")
_LAP = re.compile(r"m-lap-us-([0-9]{1,20})")
_COUNT = re.compile(r"m-infer-start-([0-9]{1,10})")
_RESULTS = re.compile(r"m-results-\[(.*)\]")
_VALUE = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,20})?")
_ERROR = re.compile(r"e-\[(.*)\]")


@dataclass(frozen=True)
class NameReply:
    """`m-name-DEVICE-[VENDOR]`."""

    device: str
    vendor: str


@dataclass(frozen=True)
class ProfileReply:
    """`m-profile-[FIRMWARE]` and `m-model-[MODEL]`; the model is "" where it is not told."""

    firmware: str
    model: str


@dataclass(frozen=True)
class InferResult:
    """One `infer`.

    Attributes:
        count: inferences between the first and the last time stamp.
        lap_us: the time stamps, microseconds; none in the reference's energy mode.
        results: dequantised outputs, three decimals.
    """

    count: int
    lap_us: tuple[int, ...]
    results: tuple[float, ...]

    @property
    def latency_us(self) -> float | None:
        """Mean time of one inference; a 32-bit counter may have wrapped once. None without time
        stamps."""
        if len(self.lap_us) < 2:
            return None
        span = self.lap_us[-1] - self.lap_us[0]
        return (span + _COUNTER_WRAP_US if span < 0 else span) / self.count


def parse_name(lines: Sequence[str]) -> NameReply:
    """Find the name; LinkError when it is missing."""
    match = _only(lines, _NAME, "m-name-")
    return NameReply(match["device"], match["vendor"])


def parse_profile(lines: Sequence[str]) -> ProfileReply:
    """Find profile and model; LinkError when the profile is missing."""
    models = [match[1] for match in map(_MODEL.fullmatch, lines) if match]
    return ProfileReply(_only(lines, _PROFILE, "m-profile-")[1], models[-1] if models else "")


def parse_lap_us(lines: Sequence[str]) -> int:
    """Find the one time stamp, in microseconds; LinkError when it is missing."""
    return int(_only(lines, _LAP, "m-lap-us-")[1])


def parse_results(lines: Sequence[str]) -> tuple[float, ...]:
    """Find the outputs; LinkError when they are missing or not decimal numbers."""
    text = _only(lines, _RESULTS, "m-results-")[1]
    values = [value.strip() for value in text.split(",")] if text.strip() else []
    if values and not values[-1]:
        values.pop()
    for value in values:
        if not _VALUE.fullmatch(value):
            raise LinkError(f"m-results-: '{value}' is no number")
    return tuple(float(value) for value in values)


def parse_infer(lines: Sequence[str]) -> InferResult:
    """Find what `infer` reports; LinkError names what is missing."""
    count = int(_only(lines, _COUNT, "m-infer-start-")[1])
    if count < 1:
        raise LinkError("m-infer-start-: no inferences")
    if "m-infer-done" not in lines:
        raise LinkError("m-infer-done is missing")
    laps = tuple(int(match[1]) for match in map(_LAP.fullmatch, lines) if match)
    if len(laps) == 1:
        raise LinkError("m-lap-us-: one of two time stamps is missing")
    return InferResult(count, laps, parse_results(lines))


def find_error(lines: Sequence[str]) -> str | None:
    """Return the text of the first `e-[...]`, None without one."""
    for line in lines:
        match = _ERROR.fullmatch(line)
        if match:
            return match[1]
    return None


def _only(lines: Sequence[str], pattern: re.Pattern[str], what: str) -> re.Match[str]:
    matches = [match for match in map(pattern.fullmatch, lines) if match]
    if len(matches) != 1:
        raise LinkError(f"{what} came {len(matches)} times, expected once")
    return matches[0]


class MlperfClient:
    """One conversation in the text language. Not thread safe.

    Every call may raise DeadlineExceededError, DeviceRefusedError (`e-[...]`), LinkError (a reply
    lacks something) and DeviceGoneError; all are DeviceError.
    """

    def __init__(self, stream: Stream, transcript: Transcript, *, target: str = "") -> None:
        self._stream = stream
        self._transcript = transcript
        self._target = target
        self._decoder = FrameDecoder()
        self._lines: list[str] = []

    def wait_ready(self, deadline: Deadline) -> None:
        """Wait for `m-ready`; a device that started long ago is asked for its name every second."""
        for _ in range(math.ceil(deadline.remaining_s() / _KNOCK_S) + 1):
            if self._until_ready(deadline.sooner(_KNOCK_S)) is not None:
                while self._until_ready(deadline.sooner(_KNOCK_S / 10)) is not None:
                    pass
                self._lines.clear()
                return
            if deadline.expired():
                break
            self._send("name%", deadline)
        raise self._late("wait_ready", deadline)

    def command(self, text: str, deadline: Deadline) -> list[str]:
        """Send one command (without `%`) and return the lines of its reply, without `m-ready`.

        Raises:
            DeviceRefusedError: the reply holds `e-[...]`.
        """
        if "%" in text or not text.isascii() or not text.isprintable():
            raise UsageError(f"{text!r} is no command of the text language")
        self._send(text + "%", deadline)
        lines = self._until_ready(deadline)
        if lines is None:
            raise self._late(text.split(" ")[0], deadline)
        error = find_error(lines)
        if error is not None:
            raise DeviceRefusedError(
                f"'{text[:40]}' refused: {error}",
                code=REFUSED_BY_TEXT,
                target=self._target,
                phase=text.split(" ")[0],
            )
        return lines

    def name(self, deadline: Deadline) -> NameReply:
        """Ask `name`."""
        return parse_name(self.command("name", deadline))

    def profile(self, deadline: Deadline) -> ProfileReply:
        """Ask `profile`."""
        return parse_profile(self.command("profile", deadline))

    def timestamp(self, deadline: Deadline) -> int:
        """Ask `timestamp`: microseconds of the device's clock."""
        return parse_lap_us(self.command("timestamp", deadline))

    def db_load(self, data: bytes, deadline: Deadline) -> None:
        """Hand over the input, 32 bytes per command (the reference's buffer takes no more).

        Raises:
            LinkError: the device did not expect or confirm so many bytes.
        """
        expected = f"m-[Expecting {len(data)} bytes]"
        if expected not in self.command(f"db load {len(data)}", deadline):
            raise self._lacks(expected)
        lines: list[str] = []
        for at in range(0, len(data), _DB_BYTES):
            if "m-load-done" in lines:
                raise self._lacks(f"room after byte {at}")
            lines = self.command(f"db {data[at : at + _DB_BYTES].hex()}", deadline)
        if "m-load-done" not in lines:
            raise self._lacks("m-load-done")

    def infer(self, count: int, warmup: int, deadline: Deadline) -> InferResult:
        """Run `count` timed inferences after `warmup` others."""
        result = parse_infer(self.command(f"infer {count} {warmup}", deadline))
        if result.count != count:
            raise self._lacks(f"m-infer-start-{count}")
        return result

    def results(self, deadline: Deadline) -> tuple[float, ...]:
        """Ask `results`: the last outputs."""
        return parse_results(self.command("results", deadline))

    def _send(self, text: str, deadline: Deadline) -> None:
        data = text.encode("ascii")
        self._transcript.sent(data)
        self._stream.write(data, deadline)

    def _until_ready(self, deadline: Deadline) -> list[str] | None:
        """Return the lines up to `m-ready`; None when time passes, what came is kept for the next
        call."""
        while READY not in self._lines:
            if len(self._lines) > _MAX_LINES:
                raise LinkError(
                    f"more than {_MAX_LINES:,} lines without m-ready", target=self._target
                )
            data = self._stream.read(_READ_BYTES, deadline)
            if not data:
                return None
            self._transcript.received(data)
            items = self._decoder.feed(data)
            self._lines += [item.text for item in items if isinstance(item, TextLine)]
            if deadline.expired() and READY not in self._lines:
                return None
        end = self._lines.index(READY)
        lines = self._lines[:end]
        del self._lines[: end + 1]
        return lines

    def _late(self, phase: str, deadline: Deadline) -> DeadlineExceededError:
        return DeadlineExceededError(
            f"no {READY} within {deadline.limit_s:g} s",
            target=self._target,
            phase=phase,
            detail=self._transcript.tail(),
        )

    def _lacks(self, what: str) -> LinkError:
        return LinkError(
            f"the reply lacks '{what}'", target=self._target, detail=self._transcript.tail()
        )
