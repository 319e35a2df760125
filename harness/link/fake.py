"""A device without hardware: speaks both languages of docs/link.md, in process and without threads.

    device = FakeDevice()
    session = Session(device.stream(), Transcript())

It does its work when it is read from, as a real one does between two bytes; until then what it is
sent waits in a ring of `window` bytes, and what exceeds that is lost and counted. Reading when it
has nothing to say returns b"" at once: time does not pass here. For a line that loses or damages
bytes, wrap the stream in harness.link.faulty.FaultyStream.
"""

from __future__ import annotations

import zlib

from harness.errors import LinkError
from harness.link.fake_model import FakeModel, Loader, load_any
from harness.link.fake_state import FakeState, RefusedError
from harness.link.fake_text import FakeText
from harness.link.frames import Frame, FrameDecoder, Garbage, TextLine, encode_frame
from harness.link.messages import (
    ANSWER,
    DATA_HEADER_BYTES,
    EVENT_BYTES,
    MAX_REPEATS,
    RUN_RECORD_EVENTS,
    CrcReply,
    CrcRequest,
    Empty,
    ErrorCode,
    ErrorReply,
    FaultReport,
    HelloReply,
    LoadReply,
    LoadRequest,
    ReadReply,
    ReadRequest,
    RunReply,
    RunRequest,
    StatusReply,
    Type,
    WriteReply,
    WriteRequest,
)
from harness.link.payload import Record
from targets.deadline import Deadline
from targets.drivers.protocol import Stream

_STACK_BYTES = 4096
_STACK_USED = 1536
_STACK_USED_IDLE = 320
_ALWAYS_DONE = (Type.WRITE, Type.READ, Type.CRC)


class FakeDevice:
    """A fake device.

    Attributes:
        rx_overruns: bytes lost because the host exceeded the window.
        frames_bad: damaged frames received.
        runs: how many RUN requests were carried out.
        most_waiting: the most bytes that ever waited in the ring.
        dead: after a fault; says nothing more until `reset`.
    """

    def __init__(
        self,
        *,
        loader: Loader = load_any,
        linked: FakeModel | None = None,
        target: str = "fake",
        core: str = "fake",
        engine: str = "plan",
        kernels: str = "reference",
        image_id: bytes = bytes(16),
        clock_hz: int = 100_000_000,
        slot_bytes: int = 256 * 1024,
        arena_bytes: int = 64 * 1024,
        max_payload: int = 1024,
        window: int = 4096,
        fault_at_run: int | None = None,
        fault: FaultReport | None = None,
    ) -> None:
        self._state = FakeState(slot_bytes, loader, linked)
        self._text = FakeText(self._state, clock_hz)
        self._hello = HelloReply(
            protocol=1,
            max_payload=max_payload,
            window=window,
            clock_hz=clock_hz,
            slot_bytes=slot_bytes,
            arena_bytes=arena_bytes,
            stack_bytes=_STACK_BYTES,
            flags=1 | (2 if linked else 0),
            image_id=image_id,
            target=target,
            core=core,
            engine=engine,
            kernels=kernels,
        )
        self._fault_at_run = fault_at_run
        self._fault = fault or FaultReport(6, 1 << 25, 0, 0, 0x08001234, 0x08000F01, 0x21000000, 0)
        self._ring = bytearray()
        self._out = bytearray()
        self._decoder = FrameDecoder(b"%")
        self._last: tuple[tuple[int, int, int], bytes] | None = None
        self.rx_overruns = self.frames_bad = self.runs = self.most_waiting = 0
        self.dead = self._ran = False
        self._starts = 0
        self.reset()

    def stream(self) -> Stream:
        """Return the device's serial port."""
        return FakeStream(self)

    def preload(self, slot: bytes) -> None:
        """Place a model in the slot, as a driver with PRELOAD does."""
        self._state.slot[: len(slot)] = slot

    def reset(self) -> None:
        """Restart: model, inputs and counters are lost, the slot stays; says the banner."""
        self._state.restart()
        self._text.restart()
        self._ring.clear()
        self._decoder.reset()
        self._last = None
        self.frames_bad = self.rx_overruns = 0
        self.dead = self._ran = False
        self._starts += 1
        self._out += b"m-init-done\r\nm-ready\r\n"

    def feed(self, data: bytes) -> None:
        """Receive bytes into the ring; what exceeds it is lost."""
        room = self._hello.window - len(self._ring)
        self._ring += data[:room]
        self.rx_overruns += max(0, len(data) - room)
        self.most_waiting = max(self.most_waiting, len(self._ring))

    def take(self, limit: int) -> bytes:
        """Do the work that waits and return up to `limit` bytes of what there is to say."""
        waiting = bytes(self._ring)
        self._ring.clear()
        starts = self._starts
        for item in self._decoder.feed(waiting):
            if self.dead or self._starts != starts:
                break
            if isinstance(item, Frame):
                self._frame(item)
            elif isinstance(item, TextLine):
                self._say(self._text.command(item.text))
            else:
                self._garbage(item)
        said = bytes(self._out[:limit])
        del self._out[:limit]
        return said

    def _say(self, lines: list[str]) -> None:
        for line in [*lines, "m-ready"]:
            self._out += line.encode("ascii") + b"\r\n"

    def _garbage(self, item: Garbage) -> None:
        if item.reason == "not printable":
            shown = "".join(chr(b) if 0x20 <= b < 0x7F else "?" for b in item.data)
            self._say([f"e-[Unknown command: {shown}]"])
        elif "text" not in item.reason:
            self.frames_bad += 1

    def _frame(self, frame: Frame) -> None:
        identity = (frame.type, frame.seq, zlib.crc32(frame.payload))
        if self._last and self._last[0] == identity and frame.type not in _ALWAYS_DONE:
            self._out += self._last[1]
            return
        try:
            if len(frame.payload) > self._hello.max_payload:
                raise RefusedError(ErrorCode.MALFORMED, "longer than max_payload")
            answer = Frame(frame.type | ANSWER, frame.seq, self._carry_out(frame).pack())
        except RefusedError as refusal:
            error = ErrorReply(frame.type, refusal.code, refusal.detail.encode())
            answer = Frame(Type.ERROR, frame.seq, error.pack())
        except LinkError as malformed:
            error = ErrorReply(frame.type, ErrorCode.MALFORMED, str(malformed).encode())
            answer = Frame(Type.ERROR, frame.seq, error.pack())
        if self.dead:
            self._out += encode_frame(Frame(Type.FAULT, 0, self._fault.pack()))
            return
        self._last = (identity, encode_frame(answer))
        self._out += self._last[1]
        if answer.type == Type.RESET | ANSWER:
            said = bytes(self._out)
            self._out.clear()
            self.reset()
            self._out[:0] = said

    def _carry_out(self, frame: Frame) -> Record:
        """Do what a request asks and return its answer; RefusedError and LinkError become ERROR."""
        state = self._state
        if frame.type == Type.HELLO:
            Empty.unpack(frame.payload)
            return self._hello
        if frame.type == Type.WRITE:
            write = WriteRequest.unpack(frame.payload)
            state.put(write.space, write.offset, write.data)
            return WriteReply(write.space, write.offset + len(write.data))
        if frame.type == Type.READ:
            read = ReadRequest.unpack(frame.payload)
            if read.length > self._hello.max_payload - DATA_HEADER_BYTES:
                raise RefusedError(ErrorCode.OUT_OF_RANGE, "more than one answer holds")
            data = state.piece(read.space, read.offset, read.length)
            return ReadReply(read.space, read.offset, data)
        if frame.type == Type.CRC:
            crc = CrcRequest.unpack(frame.payload)
            return CrcReply(zlib.crc32(state.piece(crc.space, crc.offset, crc.length)))
        if frame.type == Type.LOAD:
            return self._load(LoadRequest.unpack(frame.payload))
        if frame.type == Type.RUN:
            return self._run(RunRequest.unpack(frame.payload))
        if frame.type == Type.STATUS:
            Empty.unpack(frame.payload)
            counted = (self.frames_bad, self.rx_overruns)
            used = _STACK_USED if self._ran else _STACK_USED_IDLE
            return StatusReply(_STACK_BYTES, used, *counted, state.model is not None)
        if frame.type == Type.RESET:
            return Empty.unpack(frame.payload)
        raise RefusedError(ErrorCode.UNKNOWN_TYPE)

    def _load(self, request: LoadRequest) -> LoadReply:
        model = self._state.load(request.length)
        if model.arena_bytes > self._hello.arena_bytes:
            self._state.unload()
            raise RefusedError(ErrorCode.ARENA_TOO_SMALL)
        return LoadReply(
            arena_bytes=model.arena_bytes,
            input_bytes=model.input_bytes,
            output_bytes=model.output_bytes,
            ops=len(model.op_cycles),
            inputs=model.inputs,
            outputs=model.outputs,
            model_sha256=model.sha256,
        )

    def _run(self, request: RunRequest) -> RunReply:
        state = self._state
        ops = len(state.loaded().op_cycles)
        if not 1 <= request.repeats <= MAX_REPEATS:
            raise RefusedError(ErrorCode.OUT_OF_RANGE, "repeats out of range")
        self.dead = self.runs == self._fault_at_run
        self.runs += 1
        self._ran = True
        state.events = b""
        record = bool(request.flags & RUN_RECORD_EVENTS)
        for _ in range(request.warmup):
            state.infer(False)
        cycles = tuple(
            state.infer(record and repeat == request.repeats - 1)
            for repeat in range(request.repeats)
        )
        kept = len(state.events) // EVENT_BYTES
        return RunReply.of(cycles, kept, ops - kept if record else 0)


class FakeStream:
    """The serial port of a fake device. Never waits; never closes."""

    def __init__(self, device: FakeDevice) -> None:
        self._device = device

    def read(self, limit: int, deadline: Deadline) -> bytes:
        """Return what the device says now; b"" when nothing."""
        return self._device.take(limit)

    def write(self, data: bytes, deadline: Deadline) -> None:
        """Hand `data` to the device."""
        self._device.feed(data)
