"""Random damage to bytes, seeded."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence

_NUMBERS = (0, 1, 2, 3, 4, 7, 8, 15, 16, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x10000)
_NUMBERS += (0x7FFFFFFF, 0x80000000, 0xFFFFFFFC, 0xFFFFFFFF)


def mutated(rng: random.Random, data: bytes, places: Sequence[int] = ()) -> bytes:
    """Return `data` with one to six changes: bits, bytes, numbers, spans gone, repeated or cut off.

    Of the changes, three in four are made at one of `places`, where there are any.
    """
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        if not out:
            break
        inside = [place for place in (rng.choice(places),) if place < len(out)] if places else []
        at = inside[0] if inside and rng.randrange(4) else rng.randrange(len(out))
        _change(rng, out, at)
    return bytes(out)


def _change(rng: random.Random, out: bytearray, at: int) -> None:
    kind = rng.randrange(12)
    span = rng.randint(1, 16)
    if kind < 3:
        out[at] ^= 1 << rng.randrange(8)
    elif kind < 5:
        out[at] = rng.randrange(256)
    elif kind < 9:
        width, code = rng.choice(((1, "<B"), (2, "<H"), (4, "<I")))
        at -= at % width
        value = rng.choice(_NUMBERS) + rng.choice((0, 0, 1, -1))
        out[at : at + width] = struct.pack(code, value & (256**width - 1))[: len(out) - at]
    elif kind == 9:
        there = rng.randrange(len(out))
        out[at : at + span] = out[there : there + span]
    elif kind == 10 and rng.randrange(2):
        del out[at : at + span]
    elif kind == 10:
        out[at:at] = rng.randbytes(span)
    elif rng.randrange(4) == 0:
        del out[at:]
    else:
        out[at] = 0
