"""Transcripts: what was recorded is read back, whatever instant the host was killed at."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import StoreError
from harness.link.transcript import (
    Chunk,
    Direction,
    Header,
    Marker,
    Transcript,
    parse_transcript,
    read_transcript,
)

_HEADER = Header("board", "ab" * 16, "2026-01-02T03:04:05.000+00:00", "0.1.0")

_event = st.one_of(
    st.tuples(st.just("tx"), st.binary(min_size=1, max_size=80)),
    st.tuples(st.just("rx"), st.binary(min_size=1, max_size=80)),
    st.tuples(st.just("mark"), st.dictionaries(st.text(max_size=5), st.integers(), max_size=3)),
)


def record(events: list[tuple[str, object]]) -> bytes:
    sink = io.BytesIO()
    transcript = Transcript(sink, _HEADER)
    for kind, value in events:
        if isinstance(value, dict):
            transcript.marker("check:17", value)
        else:
            assert isinstance(value, bytes)
            (transcript.sent if kind == "tx" else transcript.received)(value)
    return sink.getvalue()


@given(st.lists(_event, max_size=12))
def test_read_back(events: list[tuple[str, object]]) -> None:
    read = parse_transcript(record(events))
    assert read.header == _HEADER
    assert not read.cut
    assert [
        ("mark", dict(r.data)) if isinstance(r, Marker) else (r.direction.value, r.data)
        for r in read.records
    ] == events
    times = [r.at_s for r in read.records]
    assert times == sorted(times)


@given(st.lists(_event, min_size=1, max_size=6), st.integers(0, 100_000))
def test_cut_anywhere_loses_only_the_last_record(
    events: list[tuple[str, object]], cut: int
) -> None:
    raw = record(events)
    header_end = raw.index(b"\n") + 1
    part = raw[: header_end + cut % (len(raw) - header_end)]
    read = parse_transcript(part)
    assert len(read.records) == part.count(b"\n") - 1
    assert read.cut == (not part.endswith(b"\n"))
    assert read.records == parse_transcript(raw).records[: len(read.records)]


@given(st.binary(max_size=200))
def test_anything_else_is_refused(raw: bytes) -> None:
    with pytest.raises(StoreError):
        parse_transcript(raw)
    header = record([])
    if b"\n" in raw:
        with pytest.raises(StoreError, match="line 2"):
            parse_transcript(header + b"!" + raw)


@pytest.mark.parametrize(
    "line",
    [
        {"t": 0, "w": 0, "k": "tx", "b": "?"},
        {"t": 0, "w": 0, "k": "up", "b": ""},
        {"t": 10**400, "w": 0, "k": "tx", "b": ""},
        {"t": 0, "w": 0, "k": "mark", "phase": "x", "data": 7},
        {"t": 0, "k": "tx", "b": ""},
        [],
    ],
)
def test_wrong_lines_are_named(line: object) -> None:
    with pytest.raises(StoreError, match="line 3"):
        parse_transcript(record([("tx", b"a")]) + json.dumps(line).encode() + b"\n")


def test_other_schema_is_refused() -> None:
    with pytest.raises(StoreError, match="schema 2"):
        parse_transcript(record([]).replace(b'"tinyhil_transcript":1', b'"tinyhil_transcript":2'))


def test_phases() -> None:
    raw = record([("tx", b"0"), ("mark", {"n": 1}), ("tx", b"a"), ("rx", b"b"), ("mark", {"n": 2})])
    read = parse_transcript(raw)
    found = read.phase("check:17")
    assert found is not None
    assert found[0].data == {"n": 2} and found[1] == ()
    assert read.phase("warmup") is None
    assert [chunk.data for chunk in read.chunks()] == [b"0", b"a", b"b"]
    first = parse_transcript(b"\n".join(raw.split(b"\n")[:5]) + b"\n").phase("check:17")
    assert first is not None and [chunk.data for chunk in first[1]] == [b"a", b"b"]


def test_tail_is_bounded_and_printable() -> None:
    transcript = Transcript()
    assert transcript.tail() == ""
    transcript.sent(b"name%")
    transcript.received(b"m-ready\r\n\x00\xa5")
    assert transcript.tail() == "> name% < m-ready\\r\\n\\x00\\xa5"
    for _ in range(100):
        transcript.received(os.urandom(1000))
        transcript.sent(b"y" * 7)
    tail = transcript.tail(120)
    assert len(tail) <= 130 and tail.isprintable() and tail.isascii()
    assert tail.endswith("> " + "y" * 7)


def test_file(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    header = Header.now("board", "00")
    with Transcript.create(path, header) as transcript:
        transcript.sent(b"\x00\xff")
        read = read_transcript(path)
    assert read.header == header
    (chunk,) = read.records
    assert isinstance(chunk, Chunk)
    assert (chunk.direction, chunk.data) == (Direction.SENT, b"\x00\xff")
    with pytest.raises(StoreError, match="cannot be written"):
        Transcript.create(path, header)
    with pytest.raises(StoreError, match="cannot be read"):
        read_transcript(tmp_path / "absent")
    assert read_transcript(path).records == read.records


def test_disk_full_is_told() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    with full.open("wb", buffering=0) as sink, pytest.raises(StoreError, match="No space"):
        Transcript(sink, _HEADER)


_KILLED = """
import os, signal, sys
from pathlib import Path
from harness.link.transcript import Header, Transcript
transcript = Transcript.create(Path(sys.argv[1]), Header())
for n in range(50):
    transcript.received(b"%d" % n)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_host_loses_nothing_that_was_recorded(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    root = Path(__file__).resolve().parents[2]
    ended = subprocess.run([sys.executable, "-c", _KILLED, str(path)], cwd=root, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert [chunk.data for chunk in read_transcript(path).chunks()] == [
        b"%d" % n for n in range(50)
    ]
