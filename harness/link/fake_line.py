"""A serial line in simulated time, for a fake device: how long a conversation would take on a real one.

Every byte takes its time in either direction, and answers reach the host late, as over USB. Time
passes only here (`now_s`): while bytes are under way, and when the host waits in vain.
"""

from __future__ import annotations

from collections import deque

from harness.link.fake import FakeDevice
from targets.deadline import Deadline


class FakeLine:
    """Implements the Stream protocol between a host and `device`, 8N1 at `baud`.

    Attributes:
        now_s: simulated time since the start.
    """

    def __init__(self, device: FakeDevice, baud: int, latency_s: float) -> None:
        self.now_s = 0.0
        self._device = device
        self._byte_s = 10 / baud
        self._latency_s = latency_s
        self._to_device: deque[tuple[float, int]] = deque()
        self._sender_free_s = 0.0
        self._answer_free_s = 0.0

    def write(self, data: bytes, deadline: Deadline) -> None:
        """Put `data` on the line, behind what is still under way."""
        at = max(self.now_s, self._sender_free_s)
        for byte in data:
            at += self._byte_s
            self._to_device.append((at, byte))
        self._sender_free_s = at

    def read(self, limit: int, deadline: Deadline) -> bytes:
        """Return the next thing the device says; b"" when there is none, and the wait has passed."""
        out = self._device.take(limit)
        at = self.now_s
        while not out and self._to_device:
            at, byte = self._to_device.popleft()
            self._device.feed(bytes([byte]))
            out = self._device.take(limit) if byte == 0 else b""
        self._answer_free_s = max(at, self._answer_free_s) + len(out) * self._byte_s
        if out:
            self.now_s = max(self.now_s, self._answer_free_s + self._latency_s)
        else:
            self.now_s = max(self.now_s, at) + deadline.remaining_s()
        return out
