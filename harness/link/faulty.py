"""A stream that loses, damages, repeats or withholds bytes, as a bad line does; reproducible from
its seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from targets.deadline import Deadline
from targets.drivers.protocol import Stream


@dataclass(frozen=True)
class Faults:
    """What goes wrong. Rates are probabilities per byte, in both directions unless said otherwise.

    Attributes:
        drop: a byte is lost.
        flip: a bit of a byte is inverted.
        insert: a random byte appears after a byte.
        duplicate: per read or write: all of it comes twice.
        withhold: per read: nothing comes now, as if the reader's time had passed; the bytes come
        later. babble: per read: 1..64 random bytes come first.
        silent_after: after so many bytes from the device, nothing comes any more.
        reset_after: after so many bytes to the device it is reset once (needs `reset`).
    """

    drop: float = 0.0
    flip: float = 0.0
    insert: float = 0.0
    duplicate: float = 0.0
    withhold: float = 0.0
    babble: float = 0.0
    silent_after: int | None = None
    reset_after: int | None = None


class FaultyStream:
    """Wraps any stream; `reset` restarts the device behind it. `enabled` can be cleared to let all
    pass."""

    def __init__(
        self,
        inner: Stream,
        faults: Faults,
        seed: int,
        reset: Callable[[], None] | None = None,
    ) -> None:
        self.enabled = True
        self._inner = inner
        self._faults = faults
        self._random = random.Random(seed)
        self._reset = reset
        self._held = bytearray()
        self._brought = 0
        self._sent = 0

    def read(self, limit: int, deadline: Deadline) -> bytes:
        """Return what is left of what the device said, at most `limit` bytes."""
        if self._held:
            return self._hand_out(limit)
        data = self._inner.read(limit, deadline)
        if not self.enabled:
            return data
        faults, chance = self._faults, self._random.random
        if chance() < faults.babble:
            self._held += self._random.randbytes(self._random.randint(1, 64))
        self._held += self._spoil(data)
        self._brought += len(data)
        if faults.silent_after is not None and self._brought > faults.silent_after:
            self._held.clear()
        return b"" if chance() < faults.withhold else self._hand_out(limit)

    def write(self, data: bytes, deadline: Deadline) -> None:
        """Pass on what is left of `data`."""
        if not self.enabled:
            self._inner.write(data, deadline)
            return
        limit = self._faults.reset_after
        if limit is not None and self._sent <= limit < self._sent + len(data) and self._reset:
            self._inner.write(self._spoil(data[: limit - self._sent]), deadline)
            self._reset()
        else:
            self._inner.write(self._spoil(data), deadline)
        self._sent += len(data)

    def _hand_out(self, limit: int) -> bytes:
        out = bytes(self._held[:limit])
        del self._held[:limit]
        return out

    def _spoil(self, data: bytes) -> bytes:
        faults, chance = self._faults, self._random.random
        out = bytearray()
        for byte in data:
            if faults.drop and chance() < faults.drop:
                continue
            flipped = faults.flip and chance() < faults.flip
            out.append(byte ^ 1 << self._random.randrange(8) if flipped else byte)
            if faults.insert and chance() < faults.insert:
                out.append(self._random.randrange(256))
        return bytes(out) * (2 if faults.duplicate and chance() < faults.duplicate else 1)
