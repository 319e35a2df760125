"""The messages of docs/link.md, section 2, as frozen records; sizes in bytes, times in cycles.

Each has `pack() -> bytes` and `unpack(bytes)`; a malformed payload raises LinkError naming message
and field.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass

from harness.errors import LinkError
from harness.link.payload import RESERVED, REST, TEXT, Record

PROTOCOL = 1
ANSWER = 0x80
MAX_REPEATS = 64
MAX_EVENTS = 256
EVENT_BYTES = 8
RUN_RECORD_EVENTS = 1
RUN_RESET_STATE = 2
DATA_HEADER_BYTES = 5
"""What precedes the data in WRITE and in the answer of READ."""


class Type(enum.IntEnum):
    """Types of frames; an answer's is its request's + ANSWER."""

    HELLO = 0x01
    WRITE = 0x10
    READ = 0x11
    CRC = 0x12
    LOAD = 0x20
    RUN = 0x21
    STATUS = 0x22
    RESET = 0x23
    FAULT = 0xFE
    ERROR = 0xFF


class Space(enum.IntEnum):
    """What WRITE, READ and CRC address."""

    SLOT = 0
    INPUT = 1
    OUTPUT = 2
    EVENTS = 3


class ErrorCode(enum.IntEnum):
    """Codes of ERROR frames."""

    UNKNOWN_TYPE = 1
    MALFORMED = 2
    OUT_OF_RANGE = 3
    NOT_WRITABLE = 4
    BAD_PLAN = 5
    ARENA_TOO_SMALL = 6
    NO_MODEL = 7
    OTHER_KERNEL_SET = 8
    NO_OPERATOR = 9

    @property
    def meaning(self) -> str:
        """The code in words."""
        return _MEANINGS[self]


_MEANINGS = {
    ErrorCode.UNKNOWN_TYPE: "unknown type of request",
    ErrorCode.MALFORMED: "malformed payload",
    ErrorCode.OUT_OF_RANGE: "out of range",
    ErrorCode.NOT_WRITABLE: "space not writable",
    ErrorCode.BAD_PLAN: "bad plan",
    ErrorCode.ARENA_TOO_SMALL: "arena too small",
    ErrorCode.NO_MODEL: "no model loaded",
    ErrorCode.OTHER_KERNEL_SET: "plan for another kernel set",
    ErrorCode.NO_OPERATOR: "operator not in this image",
}


def error_meaning(code: int) -> str:
    """Return an ERROR frame's code in words; an unknown code by its number."""
    try:
        return ErrorCode(code).meaning
    except ValueError:
        return f"error {code}"


@dataclass(frozen=True)
class Empty(Record):
    """The payload of HELLO, STATUS and RESET requests and of the RESET answer: nothing."""

    TITLE = "empty payload"


@dataclass(frozen=True)
class HelloReply(Record):
    """Who the device is and what it takes; `window`: wire bytes that may be unanswered;
    `image_id`: 16 bytes."""

    TITLE = "HELLO answer"
    LAYOUT = (
        ("protocol", "H"),
        ("max_payload", "H"),
        ("window", "I"),
        ("clock_hz", "I"),
        ("slot_bytes", "I"),
        ("arena_bytes", "I"),
        ("stack_bytes", "I"),
        ("flags", "I"),
        ("image_id", "16s"),
        ("target", TEXT),
        ("core", TEXT),
        ("engine", TEXT),
        ("kernels", TEXT),
    )

    protocol: int
    max_payload: int
    window: int
    clock_hz: int
    slot_bytes: int
    arena_bytes: int
    stack_bytes: int
    flags: int
    image_id: bytes
    target: str
    core: str
    engine: str
    kernels: str

    @property
    def slot_writable(self) -> bool:
        """Whether a model can be uploaded."""
        return bool(self.flags & 1)

    @property
    def model_linked_in(self) -> bool:
        """Whether this is a deploy build."""
        return bool(self.flags & 2)

    @property
    def cycles_modelled(self) -> bool:
        """Whether the device counts the emulator's modelled cycles."""
        return bool(self.flags & 4)

    def verify(self) -> None:
        """Refuse other protocols and figures nobody can work with."""
        if self.protocol != PROTOCOL:
            raise self.malformed("protocol", f"{self.protocol}, this host speaks {PROTOCOL}")
        if self.max_payload < 64:
            raise self.malformed("max_payload", f"{self.max_payload}, at least 64 are needed")


@dataclass(frozen=True)
class WriteRequest(Record):
    """Write `data` at `offset` of `space`."""

    TITLE = "WRITE"
    LAYOUT = (("space", "B"), ("offset", "I"), ("data", REST))

    space: int
    offset: int
    data: bytes


@dataclass(frozen=True)
class WriteReply(Record):
    """Written up to, not including, `next`."""

    TITLE = "WRITE answer"
    LAYOUT = (("space", "B"), ("next", "I"))

    space: int
    next: int


@dataclass(frozen=True)
class ReadRequest(Record):
    """Read `length` bytes at `offset` of `space`."""

    TITLE = "READ"
    LAYOUT = (("space", "B"), ("offset", "I"), ("length", "H"))

    space: int
    offset: int
    length: int


@dataclass(frozen=True)
class ReadReply(Record):
    """The bytes at `offset` of `space`."""

    TITLE = "READ answer"
    LAYOUT = (("space", "B"), ("offset", "I"), ("data", REST))

    space: int
    offset: int
    data: bytes


@dataclass(frozen=True)
class CrcRequest(Record):
    """CRC-32 over `length` bytes at `offset` of `space`."""

    TITLE = "CRC"
    LAYOUT = (("space", "B"), ("offset", "I"), ("length", "I"))

    space: int
    offset: int
    length: int


@dataclass(frozen=True)
class CrcReply(Record):
    """The CRC-32 (IEEE)."""

    TITLE = "CRC answer"
    LAYOUT = (("crc", "I"),)

    crc: int


@dataclass(frozen=True)
class LoadRequest(Record):
    """Load the model of `length` bytes in the slot; 0: the model that is linked in."""

    TITLE = "LOAD"
    LAYOUT = (("length", "I"),)

    length: int


@dataclass(frozen=True)
class LoadReply(Record):
    """What was loaded; `model_sha256` is of the .tflite, 32 bytes. Of `arena_bytes`, `persistent_bytes` keep their
    content between inferences."""

    TITLE = "LOAD answer"
    LAYOUT = (
        ("arena_bytes", "I"),
        ("input_bytes", "I"),
        ("output_bytes", "I"),
        ("ops", "H"),
        ("inputs", "H"),
        ("outputs", "H"),
        (RESERVED, "H"),
        ("model_sha256", "32s"),
        ("persistent_bytes", "I"),
    )

    arena_bytes: int
    input_bytes: int
    output_bytes: int
    ops: int
    inputs: int
    outputs: int
    model_sha256: bytes
    persistent_bytes: int = 0


@dataclass(frozen=True)
class RunRequest(Record):
    """Run `warmup` + `repeats` inferences; `flags` bit 0 (RUN_RECORD_EVENTS): keep the last one's
    layer events; bit 1 (RUN_RESET_STATE): give the model's state its initial values before."""

    TITLE = "RUN"
    LAYOUT = (("warmup", "H"), ("repeats", "H"), ("flags", "B"))

    warmup: int
    repeats: int
    flags: int


@dataclass(frozen=True)
class RunReply(Record):
    """Cycles of each of `repeats` inferences; `events` layer events are kept, `dropped` older ones
    were lost."""

    TITLE = "RUN answer"
    LAYOUT = (("repeats", "H"), ("events", "H"), ("dropped", "I"), ("raw_cycles", REST))

    repeats: int
    events: int
    dropped: int
    raw_cycles: bytes

    @classmethod
    def of(cls, cycles: tuple[int, ...], events: int, dropped: int) -> RunReply:
        """Return the answer for these times."""
        return cls(len(cycles), events, dropped, struct.pack(f"<{len(cycles)}Q", *cycles))

    @property
    def cycles(self) -> tuple[int, ...]:
        """Cycles of the core clock, one per repeat."""
        return struct.unpack(f"<{self.repeats}Q", self.raw_cycles)

    def verify(self) -> None:
        """Refuse more than the protocol allows, and times that are missing."""
        if self.repeats > MAX_REPEATS:
            raise self.malformed("repeats", f"{self.repeats}, at most {MAX_REPEATS}")
        if self.events > MAX_EVENTS:
            raise self.malformed("events", f"{self.events}, at most {MAX_EVENTS}")
        if len(self.raw_cycles) != 8 * self.repeats:
            why = f"{len(self.raw_cycles)} bytes, {8 * self.repeats} for {self.repeats} repeats"
            raise self.malformed("cycles", why)


@dataclass(frozen=True)
class LayerEvent(Record):
    """Operator `op` (index in the plan) took `cycles`; 8 bytes of the event space."""

    TITLE = "event"
    LAYOUT = (("op", "H"), (RESERVED, "H"), ("cycles", "I"))

    op: int
    cycles: int


def unpack_events(data: bytes) -> list[LayerEvent]:
    """Parse the content of the event space, oldest first; LinkError when it is cut."""
    if len(data) % EVENT_BYTES:
        raise LinkError(f"malformed events: {len(data)} bytes are no multiple of {EVENT_BYTES}")
    return [
        LayerEvent.unpack(data[at : at + EVENT_BYTES]) for at in range(0, len(data), EVENT_BYTES)
    ]


@dataclass(frozen=True)
class StatusReply(Record):
    """Stack size and high-water mark; damaged frames and lost bytes that the device counted."""

    TITLE = "STATUS answer"
    LAYOUT = (
        ("stack_bytes", "I"),
        ("stack_used", "I"),
        ("frames_bad", "I"),
        ("rx_overruns", "I"),
        ("loaded", "?"),
    )

    stack_bytes: int
    stack_used: int
    frames_bad: int
    rx_overruns: int
    loaded: bool


@dataclass(frozen=True)
class ErrorReply(Record):
    """The device refused `request` (its type) for the reason `code`; `detail` is its own text."""

    TITLE = "ERROR"
    LAYOUT = (("request", "B"), ("code", "H"), ("detail", REST))

    request: int
    code: int
    detail: bytes

    @property
    def text(self) -> str:
        """`detail` as text; what is not printable ASCII is escaped."""
        shown = self.detail.decode("ascii", "backslashreplace")
        return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in shown)


@dataclass(frozen=True)
class FaultReport(Record):
    """Registers at a processor fault; on `native`, `kind` is the signal's number."""

    TITLE = "FAULT"
    LAYOUT = (
        ("kind", "I"),
        ("cfsr", "I"),
        ("hfsr", "I"),
        ("address", "I"),
        ("pc", "I"),
        ("lr", "I"),
        ("psr", "I"),
        ("sp", "I"),
    )

    kind: int
    cfsr: int
    hfsr: int
    address: int
    pc: int
    lr: int
    psr: int
    sp: int

    def registers(self) -> dict[str, int]:
        """Return all values by their names."""
        return {field: getattr(self, field) for field, _ in self.LAYOUT}
