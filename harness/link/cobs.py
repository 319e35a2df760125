"""Consistent Overhead Byte Stuffing: bytes without zeros, so that zero can delimit frames.

Source: S. Cheshire and M. Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM Transactions on
Networking 7(2), 1999. A last block of exactly 254 bytes is not followed by an empty one when
encoding; both forms are understood when decoding.
"""

from __future__ import annotations

_LONGEST_RUN = 254


class CobsError(ValueError):
    """The bytes are not a COBS encoding; the text says why."""


def encode(data: bytes) -> bytes:
    """Return `data` (any length) stuffed: no zero byte, at most 1 byte longer per 254, at least
    1."""
    out = bytearray()
    runs = data.split(b"\x00")
    last = len(runs) - 1
    for number, run in enumerate(runs):
        at = 0
        while len(run) - at >= _LONGEST_RUN:
            out.append(_LONGEST_RUN + 1)
            out += run[at : at + _LONGEST_RUN]
            at += _LONGEST_RUN
        if number == last and at and at == len(run):
            break
        out.append(len(run) - at + 1)
        out += run[at:]
    return bytes(out)


def decode(stuffed: bytes) -> bytes:
    """Return what `stuffed` (without delimiters) encodes.

    Raises:
        CobsError: empty, a zero byte inside, or the last block is cut.
    """
    if not stuffed:
        raise CobsError("empty")
    if 0 in stuffed:
        raise CobsError("zero byte inside")
    out = bytearray()
    at = 0
    end = len(stuffed)
    while at < end:
        code = stuffed[at]
        block_end = at + code
        if block_end > end:
            raise CobsError(f"block of {code - 1} bytes at {at} is cut")
        out += stuffed[at + 1 : block_end]
        at = block_end
        if code <= _LONGEST_RUN and at < end:
            out.append(0)
    return bytes(out)


def encoded_limit(length: int) -> int:
    """Return the greatest size that `length` bytes may have when encoded."""
    return length + length // _LONGEST_RUN + 1
