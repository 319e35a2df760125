"""Figures come from the transcript alone: parsed again they are the same, cut anywhere they are refused."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import LinkError
from harness.link.transcript import (
    Chunk,
    Direction,
    Marker,
    RecordedTranscript,
    parse_transcript,
    read_transcript,
)
from harness.measure.parse import parse_figures
from tests.emulator.conftest import Ran

pytestmark = pytest.mark.emulator


@pytest.fixture
def measured(tinyhil: Callable[..., Ran], example: Path) -> tuple[dict[str, Any], Path]:
    ran = tinyhil("run", example, "--target", "qemu-cortex-m4", "--json")
    assert ran.code == 0, ran.err
    (measurement,) = ran.json()["measurements"]
    return measurement, Path(measurement["provenance"]["transcript"])


def test_parsing_again_gives_the_record(measured: tuple[dict[str, Any], Path]) -> None:
    record, path = measured
    figures = parse_figures(read_transcript(path))
    assert sorted(figures.cycles)[1] == record["latency"]["cycles"]
    assert [e.cycles for e in figures.layers] == [x["cycles"] for x in record["latency"]["layers"]]
    assert figures.stack_bytes == record["memory"]["stack_bytes"]
    assert len(figures.outputs) == record["check"]["inputs"]


def test_a_cut_transcript_is_refused(measured: tuple[dict[str, Any], Path]) -> None:
    raw = measured[1].read_bytes()
    generator = random.Random(11)
    for _ in range(50):
        cut = raw[: generator.randrange(raw.index(b"\n") + 1, len(raw) - 1)]
        with pytest.raises(LinkError):
            parse_figures(parse_transcript(cut))


def test_how_the_bytes_were_cut_into_chunks_does_not_matter(
    measured: tuple[dict[str, Any], Path],
) -> None:
    whole = read_transcript(measured[1])
    generator = random.Random(12)
    pieces: list[Chunk | Marker] = []
    for record in whole.records:
        if isinstance(record, Marker):
            pieces.append(record)
            continue
        data = record.data
        while data:
            size = generator.randint(1, 40)
            pieces.append(Chunk(record.at_s, record.wall_s, record.direction, data[:size]))
            data = data[size:]
    again = parse_figures(RecordedTranscript(whole.header, tuple(pieces)))
    assert again == parse_figures(whole)


def test_damaged_answers_never_become_figures(measured: tuple[dict[str, Any], Path]) -> None:
    whole = read_transcript(measured[1])
    figures = parse_figures(whole)
    received = [
        i
        for i, r in enumerate(whole.records)
        if isinstance(r, Chunk) and r.direction is Direction.RECEIVED
    ]
    generator = random.Random(13)
    refused = 0
    for _ in range(200):
        records = list(whole.records)
        at = generator.choice(received)
        chunk = records[at]
        assert isinstance(chunk, Chunk)
        data = bytearray(chunk.data)
        data[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
        records[at] = Chunk(chunk.at_s, chunk.wall_s, chunk.direction, bytes(data))
        try:
            assert parse_figures(RecordedTranscript(whole.header, tuple(records))) == figures
        except LinkError:
            refused += 1
    assert refused > 0
