"""The host's side of a conversation in frames: upload a model, run it, read results (docs/link.md,
section 2).

    session = Session(device.stream, transcript, target="mps2-an386")
    session.wait_ready(deadline)
    session.hello(deadline)
    session.upload(Space.SLOT, blob, deadline)
    session.load(len(blob), deadline)
    session.write(Space.INPUT, 0, inputs, deadline)
    reply = session.run(1, 10, True, deadline)
"""

from __future__ import annotations

import math
import random
import zlib
from collections.abc import Callable, Iterable, Iterator

from harness.errors import DeadlineExceededError, LinkError, MemoryLimitError, UsageError
from harness.link.chunk import LEAST_BYTES, ChunkSize
from harness.link.exchange import BOOT_LINE, Counters, Exchange, Patience, Request
from harness.link.frames import Frame, TextLine, wire_limit
from harness.link.messages import (
    ANSWER,
    DATA_HEADER_BYTES,
    EVENT_BYTES,
    MAX_REPEATS,
    RUN_RECORD_EVENTS,
    RUN_RESET_STATE,
    CrcReply,
    CrcRequest,
    HelloReply,
    LayerEvent,
    LoadReply,
    LoadRequest,
    ReadReply,
    ReadRequest,
    RunReply,
    RunRequest,
    Space,
    StatusReply,
    Type,
    WriteReply,
    WriteRequest,
    unpack_events,
)
from harness.link.transcript import Transcript
from targets.deadline import Deadline
from targets.drivers.protocol import Stream

READY_LINE = "m-ready"

_REPAIR_BYTES = 4096
_REPAIR_ROUNDS = 3
_KNOCK_S = 1.0
_RESTART_WAITS_S = (2.0, 4.0, 8.0)
_WORK = Patience((2.0, 4.0, 8.0, 16.0))
_BITS_PER_BYTE = 10

Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all)."""


class Session:
    """One conversation with one running image. Not thread safe: one thread at a time, one session
    per stream.

    Every call may raise what `Exchange.ask_all` does: DeadlineExceededError, LinkError,
    DeviceRefusedError, DeviceFaultError, DeviceGoneError; all are DeviceError.

    Args:
        stream: the bytes to and from the device.
        transcript: where all of them are written down.
        target: name for messages.
        baud: line rate, 8N1; None where the stream is not a line (native, emulators).
        patience: how long to wait before each resend.
        first_seq: 1..255, the first sequence number; None for a random one, so that late answers
        to an
            earlier session on the same port are not taken for answers to this one. A replay needs
            `ReplayStream.first_seq`.
    """

    def __init__(
        self,
        stream: Stream,
        transcript: Transcript,
        *,
        target: str = "",
        baud: int | None = None,
        patience: Patience | None = None,
        first_seq: int | None = None,
    ) -> None:
        self._transcript = transcript
        self._exchange = Exchange(
            stream,
            transcript,
            target=target,
            first_seq=first_seq or random.randint(1, 255),
            bytes_per_s=baud / _BITS_PER_BYTE if baud else None,
            patience=patience or Patience(),
        )
        self._hello: HelloReply | None = None
        self._chunk: ChunkSize | None = None

    @property
    def counters(self) -> Counters:
        """What went wrong and was mended so far."""
        return self._exchange.counters

    @property
    def transcript(self) -> Transcript:
        """The record of this conversation."""
        return self._transcript

    def wait_ready(self, deadline: Deadline) -> None:
        """Wait for the boot banner; a device that started long ago is asked with HELLO every
        second.

        Raises:
            DeadlineExceededError: neither came.
        """
        exchange = self._exchange
        exchange.phase, exchange.armed = "start", False
        for _ in range(math.ceil(deadline.remaining_s() / _KNOCK_S) + 1):
            knock = deadline.sooner(_KNOCK_S)
            while (item := exchange.next_item(knock)) is not None:
                if isinstance(item, TextLine) and item.text == READY_LINE:
                    return
                if isinstance(item, Frame) and item.type == Type.HELLO | ANSWER:
                    return
                if knock.expired():
                    break
            if deadline.expired():
                break
            exchange.send_once(Request(Type.HELLO), deadline)
        raise DeadlineExceededError(
            f"the firmware did not say '{READY_LINE}' within {deadline.limit_s:g} s",
            target=exchange.target,
            phase="start",
            detail=self._transcript.tail(),
        )

    def hello(self, deadline: Deadline) -> HelloReply:
        """Begin the conversation: drop what is under way, learn what the device is.

        Any other call does this first when it has not been done.
        """
        self._exchange.phase, self._exchange.armed = "hello", False
        self._hello = self._exchange.resynchronise(deadline)
        self._exchange.armed = True
        return self._hello

    def write(
        self,
        space: Space,
        offset: int,
        data: bytes,
        deadline: Deadline,
        progress: Progress | None = None,
    ) -> None:
        """Write `data` at byte `offset` of `space`, as many frames in flight as the device's
        window allows."""
        chunk = self._chunk_for(deadline)
        self._exchange.phase = f"write {space.name.lower()}"

        def requests() -> Iterator[Request]:
            at = 0
            while at < len(data):
                piece = data[at : at + chunk.bytes]
                yield _write_request(WriteRequest(space, offset + at, piece))
                at += len(piece)

        done = 0
        for request, payload in self._ask_in_chunks(requests(), chunk, deadline):
            piece, reply = WriteRequest.unpack(request.payload), WriteReply.unpack(payload)
            if reply != WriteReply(space, piece.offset + len(piece.data)):
                raise self._mismatch(f"WRITE at {piece.offset} ended at {reply.next}")
            done += len(piece.data)
            if progress is not None:
                progress(done, len(data))

    def read(self, space: Space, offset: int, length: int, deadline: Deadline) -> bytes:
        """Return `length` bytes at byte `offset` of `space`."""
        chunk = self._chunk_for(deadline)
        most = self._require_hello(deadline).max_payload - DATA_HEADER_BYTES
        self._exchange.phase = f"read {space.name.lower()}"
        out = bytearray(length)
        at = 0
        while at < length:
            size = min(most if chunk.whole else chunk.bytes, length - at)
            first = _read_request(ReadRequest(space, offset + at, size))
            for request, payload in self._ask_in_chunks([first], chunk, deadline):
                asked, reply = ReadRequest.unpack(request.payload), ReadReply.unpack(payload)
                if (reply.space, reply.offset, len(reply.data)) != (
                    space,
                    asked.offset,
                    asked.length,
                ):
                    raise self._mismatch(
                        f"READ of {asked.length} bytes at {asked.offset} brought "
                        f"{len(reply.data)} at {reply.offset}"
                    )
                begin = asked.offset - offset
                out[begin : begin + asked.length] = reply.data
            at += size
        return bytes(out)

    def crc(self, space: Space, offset: int, length: int, deadline: Deadline) -> int:
        """Return the device's CRC-32 over `length` bytes at byte `offset` of `space`."""
        self._require_hello(deadline)
        self._exchange.phase = f"check {space.name.lower()}"
        request = Request(Type.CRC, CrcRequest(space, offset, length).pack())
        return CrcReply.unpack(self._exchange.ask(request, deadline, _WORK)).crc

    def upload(
        self, space: Space, data: bytes, deadline: Deadline, progress: Progress | None = None
    ) -> None:
        """Write all of a space, check it with CRC, and write damaged parts again.

        Raises:
            MemoryLimitError: `data` is larger than the model slot; nothing is written then.
            LinkError: still damaged after three repairs.
        """
        hello = self._require_hello(deadline)
        if space is Space.SLOT and len(data) > hello.slot_bytes:
            raise MemoryLimitError(
                "the model", len(data), "the model slot", hello.slot_bytes, self._exchange.target
            )
        self.write(space, 0, data, deadline, progress)
        for _ in range(_REPAIR_ROUNDS):
            if self.crc(space, 0, len(data), deadline) == zlib.crc32(data):
                return
            for at in range(0, len(data), _REPAIR_BYTES):
                part = data[at : at + _REPAIR_BYTES]
                if self.crc(space, at, len(part), deadline) != zlib.crc32(part):
                    self.write(space, at, part, deadline)
        if self.crc(space, 0, len(data), deadline) != zlib.crc32(data):
            raise self._mismatch(f"{space.name.lower()} is damaged after {_REPAIR_ROUNDS} repairs")

    def load(self, length: int, deadline: Deadline) -> LoadReply:
        """Load the model of `length` bytes in the slot; 0: the one that is linked in."""
        self._require_hello(deadline)
        self._exchange.phase = "load"
        request = Request(Type.LOAD, LoadRequest(length).pack())
        return LoadReply.unpack(self._exchange.ask(request, deadline, _WORK))

    def run(
        self,
        warmup: int,
        repeats: int,
        profile: bool,
        deadline: Deadline,
        *,
        expected_s: float | None = None,
        reset_state: bool = False,
    ) -> RunReply:
        """Run `warmup` + `repeats` inferences and return the cycles of each repeat.

        The device is silent meanwhile, and a resend would reach it in the timed window: its
        receive interrupt would be measured. So the first resend waits for four times `expected_s`
        (+ 1 s) or, unknown, for 60 % of the time left; polling with STATUS would disturb just the
        same. A lost RUN costs that wait, a disturbed one would cost the truth.

        Args:
            warmup: inferences that are not reported, 0..65535.
            repeats: timed inferences, 1..64.
            profile: record layer events of the last repeat (`events`).
            deadline: for all of it.
            expected_s: how long all inferences together are expected to take.
            reset_state: give the model's state its initial values before the first inference; else
                it runs on from the last one.

        Raises:
            UsageError: a count is out of range.
        """
        if not 0 <= warmup <= 0xFFFF:
            raise UsageError(f"warm-up of {warmup} inferences is not in 0..65535")
        if not 1 <= repeats <= MAX_REPEATS:
            raise UsageError(f"{repeats} repeats are not in 1..{MAX_REPEATS}")
        self._require_hello(deadline)
        self._exchange.phase = "run"
        flags = (RUN_RECORD_EVENTS if profile else 0) | (RUN_RESET_STATE if reset_state else 0)
        request = Request(Type.RUN, RunRequest(warmup, repeats, flags).pack(), 8 * repeats)
        first_s = 0.6 * deadline.remaining_s()
        if expected_s is not None:
            first_s = min(first_s, 4 * expected_s + 1.0)
        patience = Patience((first_s, first_s / 3, first_s / 3, first_s))
        reply = RunReply.unpack(self._exchange.ask(request, deadline, patience))
        if reply.repeats != repeats:
            raise self._mismatch(f"{repeats} repeats were asked for, {reply.repeats} answered")
        return reply

    def events(self, count: int, deadline: Deadline) -> list[LayerEvent]:
        """Return the `count` layer events of the last run, oldest first."""
        return unpack_events(self.read(Space.EVENTS, 0, count * EVENT_BYTES, deadline))

    def status(self, deadline: Deadline) -> StatusReply:
        """Return stack use and the device's error counters."""
        self._require_hello(deadline)
        self._exchange.phase = "status"
        return StatusReply.unpack(self._exchange.ask(Request(Type.STATUS), deadline))

    def reset(self, deadline: Deadline) -> HelloReply:
        """Have the firmware restart itself, and begin again; the slot's content may be lost."""
        self._require_hello(deadline)
        exchange = self._exchange
        exchange.phase, exchange.armed = "reset", False
        for wait_s in _RESTART_WAITS_S:
            exchange.send_once(Request(Type.RESET), deadline)
            limit = deadline.sooner(wait_s)
            while (item := exchange.next_item(limit)) is not None and not limit.expired():
                if isinstance(item, TextLine) and item.text in (BOOT_LINE, READY_LINE):
                    return self.hello(deadline)
            exchange.check(deadline)
        raise self._mismatch("the firmware did not restart")

    def _require_hello(self, deadline: Deadline) -> HelloReply:
        return self._hello or self.hello(deadline)

    def _ask_in_chunks(
        self, requests: Iterable[Request], chunk: ChunkSize, deadline: Deadline
    ) -> Iterator[tuple[Request, bytes]]:
        """Yield as `Exchange.ask_all`; what gets lost on the way makes the chunks smaller."""
        resent = self.counters.resent
        for answered in self._exchange.ask_all(requests, deadline):
            if self.counters.resent > resent:
                chunk.lost()
                resent = self.counters.resent
            else:
                chunk.took()
            yield answered

    def _chunk_for(self, deadline: Deadline) -> ChunkSize:
        """Return the data bytes of a WRITE: at most the device's limit, but three frames fit its window.

        So the line never falls silent between one frame's end and its answer.
        """
        if self._chunk is None:
            hello = self._require_hello(deadline)
            limit = hello.max_payload - DATA_HEADER_BYTES
            third = hello.window // 3 - wire_limit(DATA_HEADER_BYTES)
            self._chunk = ChunkSize(max(16, min(limit, third - third // 254)))
        return self._chunk

    def _mismatch(self, message: str) -> LinkError:
        return LinkError(
            message,
            target=self._exchange.target,
            phase=self._exchange.phase,
            detail=self._transcript.tail(),
        )


def _write_request(write: WriteRequest) -> Request:
    """Return a request that can be split in two, again and again."""
    size = len(write.data)

    def halves() -> list[Request]:
        half = size // 2
        parts = ((write.offset, write.data[:half]), (write.offset + half, write.data[half:]))
        return [_write_request(WriteRequest(write.space, at, data)) for at, data in parts]

    return Request(Type.WRITE, write.pack(), split=halves if size >= 2 * LEAST_BYTES else None)


def _read_request(read: ReadRequest) -> Request:
    """Return a request that can be split in two, again and again."""

    def halves() -> list[Request]:
        half = read.length // 2
        parts = ((read.offset, half), (read.offset + half, read.length - half))
        return [_read_request(ReadRequest(read.space, at, size)) for at, size in parts]

    return Request(
        Type.READ,
        read.pack(),
        wire_limit(read.length + DATA_HEADER_BYTES),
        halves if read.length >= 2 * LEAST_BYTES else None,
    )
