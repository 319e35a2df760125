"""How large frames are: smaller on a bad line, where a long one hardly ever arrives whole.

Of a frame of n bytes, (1 - p)^n arrive whole when a byte is damaged with probability p: at
p = 10^-3, 2 % of those with 4 KiB, 77 % of those with 256 bytes. As in TCP, a loss halves the size;
it grows again with what gets through.
"""

from __future__ import annotations

LEAST_BYTES = 64
_GROW_AFTER = 16


class ChunkSize:
    """Data bytes of the next frame, from LEAST_BYTES (or `most`, if that is less) to `most`."""

    def __init__(self, most: int) -> None:
        self.bytes = most
        self._most = most
        self._good = 0

    @property
    def whole(self) -> bool:
        """Whether nothing calls for less than the most."""
        return self.bytes == self._most

    def lost(self) -> None:
        """Something got lost."""
        self.bytes = min(self._most, max(LEAST_BYTES, self.bytes // 2))
        self._good = 0

    def took(self) -> None:
        """One frame got through."""
        self._good += 1
        if self._good == _GROW_AFTER:
            self.bytes = min(self._most, 2 * self.bytes)
            self._good = 0
