"""Plays a recorded conversation's device side back against a client.

The client must send exactly the bytes that the transcript says were sent, cut into writes as it
likes; it receives exactly what was received, no sooner than after what was sent before it. Nothing
waits: where the recording has the host speak next, a read returns b"", as it did when the host's
patience ran out.
"""

from __future__ import annotations

from harness.errors import DeviceGoneError, LinkError
from harness.link.frames import Frame, FrameDecoder
from harness.link.transcript import Direction, RecordedTranscript
from targets.deadline import Deadline

_SHOWN_BYTES = 16


class ReplayStream:
    """The recorded device's serial port. Markers are left out."""

    def __init__(self, transcript: RecordedTranscript) -> None:
        self._chunks = transcript.chunks()
        self._index = 0
        self._at = 0

    @property
    def first_seq(self) -> int | None:
        """Sequence number of the first frame that was sent, for `Session`; None without frames."""
        decoder = FrameDecoder(b"%")
        for chunk in self._chunks:
            if chunk.direction is Direction.SENT:
                for item in decoder.feed(chunk.data):
                    if isinstance(item, Frame):
                        return item.seq
        return None

    def read(self, limit: int, deadline: Deadline) -> bytes:
        """Return 1..limit bytes of the next chunk received; b"" where the host spoke next.

        Raises:
            DeviceGoneError: the transcript is at its end.
        """
        if self._index == len(self._chunks):
            raise DeviceGoneError(f"the transcript ends after {self._index} records")
        chunk = self._chunks[self._index]
        if chunk.direction is Direction.SENT:
            return b""
        piece = chunk.data[self._at : self._at + limit]
        self._advance(len(piece))
        return piece

    def write(self, data: bytes, deadline: Deadline) -> None:
        """Compare `data` with what was sent.

        Raises:
            LinkError: they differ; names record and byte.
        """
        while data:
            here = f"replay: record {self._index + 1} of {len(self._chunks)}, byte {self._at}"
            sent = _shown(data)
            if self._index == len(self._chunks):
                raise LinkError(f"{here}: client sent {sent}, but the transcript ends")
            chunk = self._chunks[self._index]
            if chunk.direction is Direction.RECEIVED:
                raise LinkError(f"{here}: client sent {sent}, but the device speaks here")
            expected = chunk.data[self._at : self._at + len(data)]
            if data[: len(expected)] != expected:
                same = next(i for i, byte in enumerate(expected) if byte != data[i])
                raise LinkError(
                    f"replay: record {self._index + 1} of {len(self._chunks)}, byte "
                    f"{self._at + same}: client sent {_shown(data[same:])}, "
                    f"recorded is {_shown(expected[same:])}"
                )
            self._advance(len(expected))
            data = data[len(expected) :]

    def finished(self) -> bool:
        """Whether all of the transcript was played."""
        return self._index == len(self._chunks)

    def _advance(self, count: int) -> None:
        self._at += count
        if self._at == len(self._chunks[self._index].data):
            self._index += 1
            self._at = 0


def _shown(data: bytes) -> str:
    return data[:_SHOWN_BYTES].hex(" ") + (" ..." if len(data) > _SHOWN_BYTES else "")
