"""Frames on the wire, and the separation of frames and text lines in what a device sends
(docs/link.md).

wire = 00  A5  COBS(body)  00        body = type:u8  seq:u8  payload  crc:u32 (CRC-32 of what
precedes it)
"""

from __future__ import annotations

import enum
import struct
import zlib
from dataclasses import dataclass

from harness.link import cobs

MARK = 0xA5
"""The byte after 0x00 that makes a frame of what follows."""

BODY_OVERHEAD_BYTES = 6
"""Type, sequence number and CRC."""

MAX_PAYLOAD_BYTES = 0xFFFF
MAX_LINE_BYTES = 16 * 1024

_MAX_STUFFED_BYTES = cobs.encoded_limit(MAX_PAYLOAD_BYTES + BODY_OVERHEAD_BYTES)
_CRC = struct.Struct("<I")
_PRINTABLE = frozenset(range(0x20, 0x7F)) | {0x09}


@dataclass(frozen=True)
class Frame:
    """One frame: `type` and `seq` 0..255, `payload` at most 65,535 bytes."""

    type: int
    seq: int
    payload: bytes = b""


@dataclass(frozen=True)
class TextLine:
    """One line of printable ASCII, without its end."""

    text: str


@dataclass(frozen=True)
class Garbage:
    """Bytes that are neither a valid frame nor a complete line of text; `reason` in words."""

    data: bytes
    reason: str


Item = Frame | TextLine | Garbage


class _Mode(enum.Enum):
    """What is being received since the last delimiter."""

    FRESH = enum.auto()
    TEXT = enum.auto()
    FRAME = enum.auto()
    SKIP = enum.auto()


def encode_frame(frame: Frame) -> bytes:
    """Return the frame's wire bytes, both delimiters included.

    Raises:
        ValueError: type or seq is no byte, or the payload is longer than 65,535 bytes.
    """
    if len(frame.payload) > MAX_PAYLOAD_BYTES:
        raise ValueError(f"payload of {len(frame.payload):,} bytes exceeds {MAX_PAYLOAD_BYTES:,}")
    head = bytes((frame.type, frame.seq)) + frame.payload
    body = head + _CRC.pack(zlib.crc32(head))
    return b"\x00" + bytes((MARK,)) + cobs.encode(body) + b"\x00"


def wire_limit(payload_bytes: int) -> int:
    """Return the greatest number of wire bytes of a frame with `payload_bytes` of payload."""
    return 3 + cobs.encoded_limit(payload_bytes + BODY_OVERHEAD_BYTES)


def decode_body(stuffed: bytes) -> Frame | Garbage:
    """Return the frame between mark and delimiter, or Garbage with the reason it is none."""
    try:
        body = cobs.decode(stuffed)
    except cobs.CobsError as error:
        return Garbage(stuffed, f"COBS: {error}")
    if len(body) < BODY_OVERHEAD_BYTES:
        return Garbage(stuffed, f"frame of {len(body)} bytes is too short")
    head = body[: -_CRC.size]
    if _CRC.unpack(body[-_CRC.size :])[0] != zlib.crc32(head):
        return Garbage(stuffed, "CRC")
    return Frame(head[0], head[1], head[2:])


class FrameDecoder:
    """Separates frames and text, chunk by chunk; how the bytes are cut into chunks does not matter.

    `text_end` is the byte that ends a text: "\\n" for what devices say (a "\\r" before it is
    dropped), "%" for commands to them. Not thread safe.
    """

    def __init__(self, text_end: bytes = b"\n") -> None:
        self._text_end = text_end
        self._held = bytearray()
        self._mode = _Mode.FRESH

    def reset(self) -> None:
        """Forget what has been begun."""
        self._held.clear()
        self._mode = _Mode.FRESH

    def feed(self, data: bytes) -> list[Item]:
        """Take the next bytes, of any number; return what they complete, in order."""
        items: list[Item] = []
        pieces = data.split(b"\x00")
        for piece in pieces[:-1]:
            self._take(piece, items)
            self._end(items)
        self._take(pieces[-1], items)
        return items

    def _take(self, piece: bytes, items: list[Item]) -> None:
        """Add bytes that hold no delimiter."""
        if not piece or self._mode is _Mode.SKIP:
            return
        if self._mode is _Mode.FRESH:
            self._mode = _Mode.FRAME if piece[0] == MARK else _Mode.TEXT
        self._held += piece
        if self._mode is _Mode.TEXT:
            self._take_lines(items)
        elif len(self._held) > 1 + _MAX_STUFFED_BYTES:
            kept = bytes(self._held[1 : 1 + _MAX_STUFFED_BYTES])
            items.append(Garbage(kept, "frame is too long"))
            self._held.clear()
            self._mode = _Mode.SKIP

    def _end(self, items: list[Item]) -> None:
        """A delimiter: whatever was being received is over."""
        if self._mode is _Mode.FRAME:
            items.append(decode_body(bytes(self._held[1:])))
        elif self._held.strip(b"\r\n"):
            items.append(Garbage(bytes(self._held), "text without an end"))
        self.reset()

    def _take_lines(self, items: list[Item]) -> None:
        start = 0
        while True:
            end = self._held.find(self._text_end, start, start + MAX_LINE_BYTES)
            if end >= 0:
                self._line(bytes(self._held[start:end]), items)
                start = end + 1
            elif len(self._held) - start >= MAX_LINE_BYTES:
                items.append(
                    Garbage(bytes(self._held[start : start + MAX_LINE_BYTES]), "line is too long")
                )
                start += MAX_LINE_BYTES
            else:
                break
        del self._held[:start]

    def _line(self, raw: bytes, items: list[Item]) -> None:
        line = raw.strip(b"\r\n")
        if not line and self._text_end == b"\n":
            return  # empty lines part what devices say; an empty command is one
        if _PRINTABLE.issuperset(line):
            items.append(TextLine(line.decode("ascii")))
        else:
            items.append(Garbage(raw, "not printable"))
