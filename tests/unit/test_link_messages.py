"""Messages: bytes as docs/link.md lays them out, and every malformed payload refused by field."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import LinkError
from harness.link import messages as m
from harness.link.fault_report import describe_fault
from harness.link.payload import Record

_HELLO_BYTES = (
    struct.pack("<HHIIIIII", 1, 1024, 4096, 168_000_000, 65536, 98304, 4096, 3)
    + bytes(range(16))
    + b"\x05board"
    + b"\x09cortex-m4"
    + b"\x04plan"
    + b"\x09reference"
)
_HELLO = m.HelloReply(
    1,
    1024,
    4096,
    168_000_000,
    65536,
    98304,
    4096,
    3,
    bytes(range(16)),
    "board",
    "cortex-m4",
    "plan",
    "reference",
)
_LOAD_BYTES = struct.pack("<IIIHHHH", 1, 2, 3, 4, 5, 6, 0) + b"\x77" * 32 + struct.pack("<I", 7)

CASES: list[tuple[Record, bytes]] = [
    (m.Empty(), b""),
    (_HELLO, _HELLO_BYTES),
    (m.WriteRequest(0, 0x01020304, b"data"), b"\x00\x04\x03\x02\x01data"),
    (m.WriteReply(1, 300), b"\x01\x2c\x01\x00\x00"),
    (m.ReadRequest(2, 16, 1000), b"\x02\x10\x00\x00\x00\xe8\x03"),
    (m.ReadReply(2, 16, b"\xff"), b"\x02\x10\x00\x00\x00\xff"),
    (m.CrcRequest(0, 1, 2), b"\x00\x01\x00\x00\x00\x02\x00\x00\x00"),
    (m.CrcReply(0xDEADBEEF), b"\xef\xbe\xad\xde"),
    (m.LoadRequest(70_000), b"\x70\x11\x01\x00"),
    (m.LoadReply(1, 2, 3, 4, 5, 6, b"\x77" * 32, 7), _LOAD_BYTES),
    (m.RunRequest(3, 64, 1), b"\x03\x00\x40\x00\x01"),
    (m.RunReply.of((7, 2**40), 12, 5), struct.pack("<HHIQQ", 2, 12, 5, 7, 2**40)),
    (m.LayerEvent(9, 1234), struct.pack("<HHI", 9, 0, 1234)),
    (m.StatusReply(4096, 900, 1, 2, True), struct.pack("<IIIIB", 4096, 900, 1, 2, 1)),
    (m.ErrorReply(0x21, 7, b"no model loaded"), b"\x21\x07\x00no model loaded"),
    (m.FaultReport(1, 2, 3, 4, 5, 6, 7, 8), struct.pack("<8I", *range(1, 9))),
]


@pytest.mark.parametrize(("record", "payload"), CASES, ids=lambda v: type(v).__name__)
def test_layout_both_ways(record: Record, payload: bytes) -> None:
    assert record.pack() == payload
    assert type(record).unpack(payload) == record


# Bytes before the part that may have any length.
_OPEN = {m.WriteRequest: 5, m.ReadReply: 5, m.ErrorReply: 3}


@pytest.mark.parametrize(("record", "payload"), CASES, ids=lambda v: type(v).__name__)
def test_cut_and_too_long_are_refused_by_name(record: Record, payload: bytes) -> None:
    for size in range(_OPEN.get(type(record), len(payload))):
        with pytest.raises(LinkError, match=f"malformed {record.TITLE}: "):
            type(record).unpack(payload[:size])
    if type(record) not in _OPEN:
        with pytest.raises(LinkError, match=f"malformed {record.TITLE}: (end|cycles)"):
            type(record).unpack(payload + b"\0")


def test_the_field_is_named() -> None:
    with pytest.raises(LinkError, match="malformed HELLO answer: clock_hz: needs 4 bytes, 2 left"):
        m.HelloReply.unpack(_HELLO_BYTES[:10])
    with pytest.raises(LinkError, match="kernels: needs 9 bytes, 8 left"):
        m.HelloReply.unpack(_HELLO_BYTES[:-1])
    with pytest.raises(LinkError, match="kernels: not ASCII"):
        m.HelloReply.unpack(_HELLO_BYTES[:-1] + b"\xe9")


@pytest.mark.parametrize(
    ("change", "field"),
    [((0, struct.pack("<H", 2)), "protocol"), ((2, struct.pack("<H", 63)), "max_payload")],
)
def test_hello_that_nobody_can_work_with(change: tuple[int, bytes], field: str) -> None:
    raw = bytearray(_HELLO_BYTES)
    raw[change[0] : change[0] + len(change[1])] = change[1]
    with pytest.raises(LinkError, match=field):
        m.HelloReply.unpack(bytes(raw))


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        (struct.pack("<HHI", 65, 0, 0) + bytes(8 * 65), "repeats"),
        (struct.pack("<HHI", 1, 257, 0) + bytes(8), "events"),
        (struct.pack("<HHI", 2, 0, 0) + bytes(8), "cycles"),
    ],
)
def test_run_answers_beyond_the_protocol(payload: bytes, field: str) -> None:
    with pytest.raises(LinkError, match=f"RUN answer: {field}"):
        m.RunReply.unpack(payload)


@pytest.mark.parametrize(
    "record",
    [m.WriteRequest(256, 0, b""), m.ReadRequest(0, -1, 0), m.LoadRequest(2**32)],
)
def test_values_that_do_not_fit_are_not_sent(record: Record) -> None:
    with pytest.raises(LinkError, match="cannot send"):
        record.pack()


@given(st.sampled_from([type(record) for record, _ in CASES]), st.binary(max_size=700))
def test_any_payload_is_parsed_or_refused(kind: Any, payload: bytes) -> None:
    try:
        record = kind.unpack(payload)
    except LinkError:
        return
    assert kind.unpack(record.pack()) == record


@given(st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 2**32 - 1)), max_size=256))
def test_events(pairs: list[tuple[int, int]]) -> None:
    raw = b"".join(struct.pack("<HHI", op, 0, cycles) for op, cycles in pairs)
    assert [(event.op, event.cycles) for event in m.unpack_events(raw)] == pairs
    with pytest.raises(LinkError):
        m.unpack_events(raw + b"\0")


def test_error_texts_are_shown_safely() -> None:
    assert m.ErrorReply(1, 2, b"a\x1b[2J\xff\n").text == "a\\x1b[2J\\xff\\x0a"
    assert m.error_meaning(6) == "arena too small"
    assert m.error_meaning(77) == "error 77"
    assert [code.meaning for code in m.ErrorCode]


@pytest.mark.parametrize(
    ("fault", "core", "expected"),
    [
        ((6, 1 << 24, 0, 0), "cortex-m4", ["UsageFault", "UNALIGNED"]),
        ((6, 1 << 25, 0, 0), "cortex-m7", ["DIVBYZERO", "division by zero"]),
        ((5, 1 << 8, 0, 0), "cortex-m3", ["BusFault", "IBUSERR"]),
        ((5, 0x8200, 0, 0x20040000), "cortex-m4", ["PRECISERR at 0x20040000"]),
        ((4, 0x0082, 0, 0x1000), "cortex-m33", ["MemManage", "DACCVIOL at 0x00001000"]),
        ((3, 0, 1 << 1, 0), "cortex-m4", ["HardFault", "VECTTBL"]),
        ((3, 0, 0, 0), "cortex-m0", ["HardFault"]),
        ((6, 1 << 16, 1 << 30, 0), "", ["UNDEFINSTR"]),
        ((11, 0, 0, 0x10), "host", ["SIGSEGV", "at 0x10"]),
        ((5, 0, 0, 0x80), "riscv32", ["load access fault", "0x00000080"]),
        ((8, 0, 0, 0), "", ["fault 8"]),
        ((200, 0, 0, 0), "host", ["signal 200"]),
    ],
)
def test_faults_in_words(fault: tuple[int, int, int, int], core: str, expected: list[str]) -> None:
    text = describe_fault(m.FaultReport(*fault, 0x0800_1234, 0x0800_0F01, 0, 0x2000_0FF0), core)
    for part in [*expected, "pc 0x08001234", "lr 0x08000f01"]:
        assert part in text


def test_an_address_that_is_not_valid_is_not_shown() -> None:
    fault = m.FaultReport(5, 1 << 9, 0, 0x20040000, 0, 0, 0, 0)
    assert "0x20040000" not in describe_fault(fault, "cortex-m4")
