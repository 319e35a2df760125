"""How fast the device takes bytes, learnt from its answers, so that a slow one is not flooded with
resends.

As in TCP (RFC 6298): a request that was sent twice tells nothing of the time its answer took
(Karn), unless a second answer shows that the first sending had arrived after all; and the amount
in flight grows from one request with every answer.
"""

from __future__ import annotations

from dataclasses import dataclass

_SLACK = 4.0
_DECAY = 0.9
_LEAST_BYTES = 256


@dataclass(frozen=True)
class Sample:
    """An answer came `elapsed_s` after its request was first sent, as the last of `wire_bytes` in
    flight."""

    elapsed_s: float
    wire_bytes: int


class Pace:
    """The estimate, and the resent requests whose second answer would correct it."""

    def __init__(self, bytes_per_s: float | None) -> None:
        self._s_per_byte = 1 / bytes_per_s if bytes_per_s else 0.0
        self._doubtful: dict[tuple[int, int], Sample] = {}

    def patience_s(self, wire_bytes: int) -> float:
        """Return how long answers to `wire_bytes` in flight may take, as far as is known."""
        return _SLACK * self._s_per_byte * wire_bytes

    def answered(self, seq: int, type_: int, sample: Sample, resent: bool) -> None:
        """Take in one answer of type `type_`."""
        if resent:
            self._doubtful[seq, type_] = sample
        else:
            self._doubtful.pop((seq, type_), None)
            self._learn(sample)

    def answered_again(self, seq: int, type_: int) -> None:
        """An answer came that nothing waits for: if its request was resent, that was too early."""
        sample = self._doubtful.pop((seq, type_), None)
        if sample is not None:
            self._learn(sample)

    def _learn(self, sample: Sample) -> None:
        """Small frames tell of latency, not of rate."""
        rate = sample.elapsed_s / max(sample.wire_bytes, _LEAST_BYTES)
        self._s_per_byte = max(rate, _DECAY * self._s_per_byte)
