"""Damaged byte streams against the host's parsers: what a device says, with something wrong in it."""

from __future__ import annotations

import random

from harness.errors import LinkError
from harness.link import mlperf
from harness.link.frames import Frame, FrameDecoder, Garbage, TextLine, encode_frame
from harness.link.messages import (
    CrcReply,
    ErrorReply,
    FaultReport,
    HelloReply,
    LoadReply,
    ReadReply,
    RunReply,
    StatusReply,
    WriteReply,
    unpack_events,
)
from harness.link.payload import Record
from tests.fuzz.mutate import mutated

REPLIES: tuple[type[Record], ...] = (
    HelloReply, WriteReply, ReadReply, CrcReply, LoadReply, RunReply, StatusReply, ErrorReply,
    FaultReport,
)  # fmt: skip
LINES = (
    "m-init-done", "m-ready", "m-name-dut-[tinyhil]", "m-profile-[x]", "m-model-[kws]",
    "m-lap-us-123456", "m-lap-us-123999", "m-infer-start-10", "m-infer-done", "m-load-done",
    "m-results-[0.000,0.996,-0.250]", "e-[Unknown command: x]", "m-warmup-start-1",
)  # fmt: skip


def conversation(rng: random.Random) -> tuple[bytes, set[Frame], set[str]]:
    """A sound stream, and the frames and lines in it."""
    frames: set[Frame] = set()
    lines: set[str] = set()
    out = bytearray()
    for _ in range(rng.randint(1, 12)):
        if rng.randrange(2):
            payload = rng.randbytes(rng.choice((0, 1, 5, 9, 40, 300)))
            frame = Frame(rng.randrange(256), rng.randrange(256), payload)
            frames.add(frame)
            out += encode_frame(frame)
        else:
            line = rng.choice(LINES)
            lines.add(line)
            out += line.encode() + b"\r\n"
    return bytes(out), frames, lines


def check_stream(rng: random.Random) -> int:
    """Try one damaged stream; return how many of its items are sound. AssertionError on a finding.

    How the stream is cut into chunks must not matter; no frame may come out that was not sent; and
    the parsers return or refuse, whatever the text says.
    """
    sound, frames, _ = conversation(rng)
    damaged = mutated(rng, sound)
    whole = FrameDecoder().feed(damaged)
    decoder, at, pieces = FrameDecoder(), 0, []
    while at < len(damaged):
        size = rng.choice((1, 2, 3, 17, 400))
        pieces += decoder.feed(damaged[at : at + size])
        at += size
    assert pieces == whole, damaged.hex()
    texts = [item.text for item in whole if isinstance(item, TextLine)]
    for item in whole:
        if isinstance(item, Frame):
            assert item in frames, damaged.hex()
            check_payload(item.payload)
    check_text(texts)
    return sum(not isinstance(item, Garbage) for item in whole)


def check_payload(payload: bytes) -> None:
    """Every message's parser returns what packs to the same bytes, or refuses."""
    for reply in REPLIES:
        try:
            record = reply.unpack(payload)
        except LinkError:
            continue
        assert len(record.pack()) == len(payload)
    if len(payload) % 8 == 0:
        try:
            unpack_events(payload)
        except LinkError:
            return


def check_text(lines: list[str]) -> None:
    """Every parser of the text language returns or refuses; times and numbers are sane."""
    for parse in (mlperf.parse_name, mlperf.parse_profile, mlperf.parse_lap_us):
        try:
            parse(lines)
        except LinkError:
            continue
    try:
        result = mlperf.parse_infer(lines)
    except LinkError:
        return
    assert result.count > 0 and len(result.lap_us) != 1
    assert all(abs(value) < float("inf") for value in result.results)
