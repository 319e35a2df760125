"""Frames: any chunking gives the same, damage never gives a wrong frame, the next frame always arrives."""

from __future__ import annotations

import binascii
import itertools
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.link import frames
from harness.link.frames import Frame, FrameDecoder, Garbage, Item, TextLine, encode_frame

_frames = st.builds(Frame, st.integers(0, 255), st.integers(0, 255), st.binary(max_size=600))
_lines = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=60)


def decode_all(wire: bytes, cuts: list[int] | None = None) -> list[Item]:
    decoder = FrameDecoder()
    edges = sorted({0, len(wire), *(cut % (len(wire) + 1) for cut in cuts or [])})
    items: list[Item] = []
    for start, end in itertools.pairwise(edges):
        items += decoder.feed(wire[start:end])
    return items


def test_wire_format_is_the_documented_one() -> None:
    # body 10 07 00 05, CRC-32 over it by another implementation; no zero in the CRC.
    head = bytes([0x10, 0x07, 0x00, 0x05])
    crc = struct.pack("<I", binascii.crc32(head))
    assert 0 not in crc
    expected = b"\x00\xa5" + b"\x03\x10\x07" + b"\x06\x05" + crc + b"\x00"
    assert encode_frame(Frame(0x10, 7, b"\x00\x05")) == expected


@given(_frames)
def test_round_trip(frame: Frame) -> None:
    wire = encode_frame(frame)
    assert len(wire) <= frames.wire_limit(len(frame.payload))
    assert decode_all(wire) == [frame]


@given(
    st.lists(st.one_of(_frames, _lines.map(TextLine)), max_size=8),
    st.lists(st.integers(0, 10_000), max_size=30),
)
def test_frames_and_lines_in_any_chunks(sent: list[Item], cuts: list[int]) -> None:
    wire = b"".join(
        encode_frame(item) if isinstance(item, Frame) else item.text.encode() + b"\r\n"
        for item in sent
        if not isinstance(item, Garbage)
    )
    expected = [TextLine(i.text) if isinstance(i, TextLine) else i for i in sent]
    assert decode_all(wire, cuts) == expected
    assert decode_all(wire, list(range(len(wire)))) == expected


@given(
    st.lists(
        st.one_of(st.binary(max_size=40), st.sampled_from([b"\0", b"\xa5", b"\n", b"\0\xa5\1"]))
    ).map(b"".join),
    st.lists(st.integers(0, 10_000), max_size=30),
)
def test_hostile_bytes_in_any_chunks(wire: bytes, cuts: list[int]) -> None:
    assert decode_all(wire, cuts) == decode_all(wire)


@pytest.mark.parametrize("filler", [b"\xa5" + b"a" * 90_000, b"a" * 90_000])
def test_what_never_ends_is_bounded_in_any_chunks(filler: bytes) -> None:
    wire = b"\0" + filler + encode_frame(Frame(1, 2, b"after"))
    whole = decode_all(wire)
    assert whole[-1] == Frame(1, 2, b"after")
    assert isinstance(whole[0], Garbage)
    assert decode_all(wire, list(range(0, len(wire), 777))) == whole


@settings(max_examples=300)
@given(st.data())
def test_damage_never_gives_a_wrong_frame_and_the_next_one_arrives(data: st.DataObject) -> None:
    sent = data.draw(st.lists(_frames, min_size=1, max_size=4))
    wire = bytearray(b"".join(encode_frame(frame) for frame in sent))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(wire) - 1))
        kind = data.draw(st.sampled_from(["flip", "drop", "insert"]))
        if kind == "flip":
            wire[at] ^= data.draw(st.integers(1, 255))
        elif kind == "drop" and len(wire) > 1:
            del wire[at]
        else:
            wire.insert(at, data.draw(st.integers(0, 255)))
    after = Frame(0x81, 9, b"the next frame")
    got = [
        item for item in decode_all(bytes(wire) + encode_frame(after)) if isinstance(item, Frame)
    ]
    assert got[-1] == after
    remaining = iter(sent)
    assert all(frame in remaining for frame in got[:-1])


@given(_frames, st.integers(0, 10_000))
def test_a_cut_frame_is_dropped(frame: Frame, cut: int) -> None:
    wire = encode_frame(frame)
    part = wire[: cut % (len(wire) - 1)]
    after = Frame(2, 3, b"x")
    got = [item for item in decode_all(part + encode_frame(after)) if isinstance(item, Frame)]
    assert got == [after]


def test_a_mark_within_text_begins_no_frame() -> None:
    wire = b"m-ready\r\n" + encode_frame(Frame(1, 1))[1:]
    assert decode_all(wire)[0] == TextLine("m-ready")
    assert not any(isinstance(item, Frame) for item in decode_all(wire))


def test_commands_end_with_percent() -> None:
    decoder = FrameDecoder(b"%")
    assert decoder.feed(b"\r\nname%db 00") == [TextLine("name")]
    assert decoder.feed(encode_frame(Frame(1, 1)) + b"help%") == [
        Garbage(b"db 00", "text without an end"),
        Frame(1, 1),
        TextLine("help"),
    ]


@pytest.mark.parametrize("frame", [Frame(256, 1), Frame(1, -1), Frame(1, 1, bytes(65_536))])
def test_impossible_frames_are_refused(frame: Frame) -> None:
    with pytest.raises(ValueError):
        encode_frame(frame)
