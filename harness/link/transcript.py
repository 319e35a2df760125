"""The raw record of a conversation: every chunk, with host times, as it happens.

A file of JSON lines. The first is the header; then one line per record, written at once and
unbuffered, so that a killed host loses at most the record it was writing. Bytes are base64.

    {"tinyhil_transcript": 1, "target": ..., "image_id": ..., "started": ..., "tinyhil": ...}
    {"t": monotonic s, "w": Unix time s, "k": "tx" | "rx", "b": base64}
    {"t": ..., "w": ..., "k": "mark", "phase": ..., "data": {...}}

Reading is a pure function of the bytes.
"""

from __future__ import annotations

import base64
import enum
import importlib.metadata
import json
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from harness.errors import StoreError

SCHEMA = 1
_TAIL_BYTES = 4096


class Direction(enum.Enum):
    """Which way bytes went."""

    SENT = "tx"
    RECEIVED = "rx"


@dataclass(frozen=True)
class Chunk:
    """Bytes that went over the wire; `at_s` on the monotonic clock, `wall_s` Unix time."""

    at_s: float
    wall_s: float
    direction: Direction
    data: bytes


@dataclass(frozen=True)
class Marker:
    """Where a phase of the measurement begins; `data` is JSON."""

    at_s: float
    wall_s: float
    phase: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Header:
    """What a transcript is of. `started` is ISO 8601, UTC; `tinyhil` the version that wrote it."""

    target: str = ""
    image_id: str = ""
    started: str = ""
    tinyhil: str = ""
    schema: int = SCHEMA

    @classmethod
    def now(cls, target: str, image_id: str) -> Header:
        """Return the header of a conversation that starts now."""
        started = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        return cls(target, image_id, started, _version())


@dataclass(frozen=True)
class RecordedTranscript:
    """A transcript that was read back; `cut`: its last line was not whole and is left out."""

    header: Header
    records: tuple[Chunk | Marker, ...]
    cut: bool = False

    def chunks(self) -> list[Chunk]:
        """Return the chunks alone."""
        return [record for record in self.records if isinstance(record, Chunk)]

    def phase(self, name: str) -> tuple[Marker, tuple[Chunk, ...]] | None:
        """Return the last marker `name` and the chunks up to the next marker; None when there is
        none."""
        found: tuple[Marker, tuple[Chunk, ...]] | None = None
        for index, record in enumerate(self.records):
            if isinstance(record, Marker) and record.phase == name:
                found = (record, _chunks_until_marker(self.records[index + 1 :]))
        return found


class Transcript:
    """Writes a conversation down. Not thread safe.

    Without a sink only the tail is kept, for messages.
    """

    def __init__(self, sink: BinaryIO | None = None, header: Header | None = None) -> None:
        self._sink = sink
        self._recent: deque[tuple[Direction, bytes]] = deque()
        self._recent_bytes = 0
        if header is not None:
            values = asdict(header)
            self._write({"tinyhil_transcript": values.pop("schema"), **values})

    @classmethod
    def create(cls, path: Path, header: Header) -> Transcript:
        """Start a transcript in a new file.

        Raises:
            StoreError: the file exists already or cannot be written.
        """
        try:
            sink = path.open("xb", buffering=0)
        except OSError as error:
            raise StoreError(f"transcript {path} cannot be written: {error.strerror}") from error
        return cls(sink, header)

    def sent(self, data: bytes) -> None:
        """Record bytes that go to the device."""
        self._chunk(Direction.SENT, data)

    def received(self, data: bytes) -> None:
        """Record bytes that came from the device."""
        self._chunk(Direction.RECEIVED, data)

    def marker(self, phase: str, data: Mapping[str, Any] | None = None) -> None:
        """Record that `phase` begins; `data` must be JSON."""
        self._write({**_times(), "k": "mark", "phase": phase, "data": dict(data or {})})

    def tail(self, limit: int = 200) -> str:
        """Return the end of the conversation as one printable line of about `limit` characters (">
        sent", "< received")."""
        parts: list[str] = []
        room = limit
        for direction, data in reversed(self._recent):
            if room <= 0:
                break
            arrow = ">" if direction is Direction.SENT else "<"
            shown = _printable(data[-room:])
            parts.append(f"{arrow} {shown[-room:]}")
            room -= len(parts[-1]) + 1
        return " ".join(reversed(parts))

    def close(self) -> None:
        """Close the file; may be called twice."""
        if self._sink is not None:
            self._sink.close()
            self._sink = None

    def __enter__(self) -> Transcript:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _chunk(self, direction: Direction, data: bytes) -> None:
        if not data:
            return
        if self._recent and self._recent[-1][0] is direction:
            _, before = self._recent.pop()
            self._recent_bytes -= len(before)
            joined = (before + data)[-_TAIL_BYTES:]
        else:
            joined = data[-_TAIL_BYTES:]
        self._recent.append((direction, joined))
        self._recent_bytes += len(joined)
        while self._recent_bytes > _TAIL_BYTES:
            self._recent_bytes -= len(self._recent.popleft()[1])
        if self._sink is not None:
            text = base64.b64encode(data).decode("ascii")
            self._write({**_times(), "k": direction.value, "b": text})

    def _write(self, record: Mapping[str, Any]) -> None:
        if self._sink is None:
            return
        line = json.dumps(record, separators=(",", ":"), allow_nan=False).encode() + b"\n"
        try:
            at = 0
            while at < len(line):
                at += self._sink.write(line[at:])
        except OSError as error:
            raise StoreError(f"transcript cannot be written: {error.strerror}") from error


def read_transcript(path: Path) -> RecordedTranscript:
    """Read a transcript file.

    Raises:
        StoreError: it cannot be read, or is no transcript.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise StoreError(f"transcript {path} cannot be read: {error.strerror}") from error
    try:
        return parse_transcript(raw)
    except StoreError as error:
        raise StoreError(f"{path}: {error}") from error


def parse_transcript(raw: bytes) -> RecordedTranscript:
    """Parse a transcript; a cut last line is left out.

    Raises:
        StoreError: the header is missing or of another schema, or a line that was written whole is
        wrong; names the line.
    """
    lines = raw.split(b"\n")
    cut = bool(lines.pop())
    if not lines:
        raise StoreError("no transcript: the header is missing")
    header = _header(lines[0])
    records = tuple(_record(line, number) for number, line in enumerate(lines[1:], 2))
    return RecordedTranscript(header, records, cut)


def _header(line: bytes) -> Header:
    try:
        values = json.loads(line)
        schema = values.pop("tinyhil_transcript")
        if schema != SCHEMA:
            raise StoreError(f"transcript of schema {schema}, this version reads {SCHEMA}")
        target, image_id, started, tinyhil = (
            str(values[name]) for name in ("target", "image_id", "started", "tinyhil")
        )
        return Header(target, image_id, started, tinyhil)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StoreError(f"no transcript: line 1 is no header ({error})") from None


def _record(line: bytes, number: int) -> Chunk | Marker:
    try:
        values = json.loads(line)
        at_s, wall_s = float(values["t"]), float(values["w"])
        if values["k"] == "mark":
            return Marker(at_s, wall_s, str(values["phase"]), dict(values["data"]))
        data = base64.b64decode(values["b"], validate=True)
        return Chunk(at_s, wall_s, Direction(values["k"]), data)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise StoreError(f"line {number} of the transcript is wrong ({error})") from None


def _chunks_until_marker(records: Sequence[Chunk | Marker]) -> tuple[Chunk, ...]:
    chunks = []
    for record in records:
        if isinstance(record, Marker):
            break
        chunks.append(record)
    return tuple(chunks)


def _times() -> dict[str, float]:
    return {"t": round(time.monotonic(), 6), "w": round(time.time(), 6)}


def _printable(data: bytes) -> str:
    return "".join(chr(b) if 0x20 <= b < 0x7F else _ESCAPES.get(b, f"\\x{b:02x}") for b in data)


_ESCAPES = {0x0A: "\\n", 0x0D: "\\r"}


def _version() -> str:
    try:
        return importlib.metadata.version("tinyhil")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
