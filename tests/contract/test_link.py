"""What every firmware that speaks the link must do: the fake device, and real images on emulators."""

from __future__ import annotations

import hashlib
import random
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest

from harness.build.images import build_image
from harness.engines.plan.compile import compile_model
from harness.errors import DeviceError, DeviceRefusedError, MissingToolError
from harness.link.exchange import Patience
from harness.link.fake import FakeDevice
from harness.link.faulty import Faults, FaultyStream
from harness.link.frames import Frame, FrameDecoder, Item, TextLine, encode_frame
from harness.link.messages import (
    ANSWER,
    ErrorReply,
    LoadRequest,
    ReadRequest,
    RunRequest,
    Space,
    Type,
    WriteRequest,
)
from harness.link.mlperf import MlperfClient
from harness.link.session import Session
from harness.link.transcript import Transcript
from models.example import example_model
from targets.catalogue import load_catalogue
from targets.deadline import Deadline
from targets.drivers import driver_for
from targets.drivers.protocol import Stream

LIMIT_S = 20.0
PATIENCE = Patience((0.2, 0.4, 0.8, 1.6))


def soon() -> Deadline:
    return Deadline.after(LIMIT_S)


@dataclass(frozen=True)
class Linked:
    """A device that was just started: its port, and how to restart it."""

    stream: Stream
    reset: Callable[[], None]

    def session(self, stream: Stream | None = None) -> Session:
        return Session(stream or self.stream, Transcript(), target="linked", patience=PATIENCE)

    def bad(self, faults: Faults, seed: int) -> FaultyStream:
        return FaultyStream(self.stream, faults, seed, self.reset)


@pytest.fixture(
    params=["fake", "native", pytest.param("qemu-cortex-m4", marks=pytest.mark.emulator)]
)
def linked_device(request: pytest.FixtureRequest) -> Iterator[Linked]:
    if request.param == "fake":
        fake = FakeDevice()
        yield Linked(fake.stream(), fake.reset)
        return
    target = load_catalogue().target(request.param)
    with ExitStack() as stack:
        try:
            image = build_image(target, "plan", "reference", Deadline.after(300))
            device = stack.enter_context(driver_for(target).start(image.elf, None, soon()))
        except MissingToolError as error:
            pytest.skip(str(error))
        yield Linked(device.stream, lambda: device.reset(soon()))


@pytest.fixture(scope="module")
def blob() -> bytes:
    return compile_model(example_model(), "example").blob


@dataclass(frozen=True)
class Result:
    """What must not depend on the line."""

    blob_crc: int
    repeats: int
    ops: list[int]
    outputs: bytes


def measure(session: Session, blob: bytes, deadline: Deadline) -> Result:
    session.wait_ready(deadline)
    session.hello(deadline)
    session.upload(Space.SLOT, blob, deadline)
    loaded = session.load(len(blob), deadline)
    inputs = random.Random(7).randbytes(loaded.input_bytes)
    session.write(Space.INPUT, 0, inputs, deadline)
    reply = session.run(1, 2, True, deadline, expected_s=0.0)
    return Result(
        session.crc(Space.SLOT, 0, len(blob), deadline),
        len(reply.cycles),
        [event.op for event in session.events(reply.events, deadline)],
        session.read(Space.OUTPUT, 0, loaded.output_bytes, deadline),
    )


def items_until(stream: Stream, last: Callable[[Item], bool], count: int = 1) -> list[Item]:
    """Read until `count` items fulfil `last`; all that came."""
    decoder, items, deadline = FrameDecoder(), list[Item](), soon()
    while sum(map(last, items)) < count:
        data = stream.read(4096, deadline)
        assert data, f"silence after {items}"
        items += decoder.feed(data)
    return items


def ready(item: Item) -> bool:
    return item == TextLine("m-ready")


def raw_ask(stream: Stream, *requests: Frame) -> list[Frame]:
    """Send frames one by one; return each one's answer, unread by a Session."""
    answers = []
    for request in requests:
        stream.write(encode_frame(request), soon())
        items = items_until(stream, lambda item: isinstance(item, Frame))
        answers += [item for item in items if isinstance(item, Frame)]
    return answers


def error_of(frame: Frame) -> tuple[int, int]:
    assert frame.type == Type.ERROR
    reply = ErrorReply.unpack(frame.payload)
    return reply.request, reply.code


def test_boot_banner(linked_device: Linked) -> None:
    assert items_until(linked_device.stream, ready)[-2:] == [
        TextLine("m-init-done"),
        TextLine("m-ready"),
    ]


def test_hello_says_what_a_session_needs(linked_device: Linked) -> None:
    session = linked_device.session()
    session.wait_ready(soon())
    hello = session.hello(soon())
    assert hello.slot_writable and not hello.model_linked_in
    assert hello.window >= 256 and hello.slot_bytes > 0 and hello.arena_bytes > 0
    assert hello.clock_hz > 0 and hello.target and hello.core
    assert (hello.engine, hello.kernels) == ("plan", "reference")
    assert session.hello(soon()) == hello


def test_slot_keeps_what_is_written(linked_device: Linked) -> None:
    session = linked_device.session()
    session.wait_ready(soon())
    hello = session.hello(soon())
    data = random.Random(1).randbytes(min(30_000, hello.slot_bytes))
    session.upload(Space.SLOT, data, soon())
    session.write(Space.SLOT, 1000, b"\0" * 300 + b"\xa5%\r\n", soon())
    data = data[:1000] + b"\0" * 300 + b"\xa5%\r\n" + data[1304:]
    assert session.read(Space.SLOT, 0, len(data), soon()) == data
    assert session.crc(Space.SLOT, 17, 5000, soon()) == zlib.crc32(data[17:5017])
    assert session.crc(Space.SLOT, 17, 0, soon()) == 0
    session.write(Space.SLOT, hello.slot_bytes - 1, b"e", soon())
    assert session.read(Space.SLOT, hello.slot_bytes - 1, 1, soon()) == b"e"
    status = session.status(soon())
    assert (status.frames_bad, status.rx_overruns, status.loaded) == (0, 0, False)


def test_a_model_runs(linked_device: Linked, blob: bytes) -> None:
    session = linked_device.session()
    result = measure(session, blob, soon())
    assert result.blob_crc == zlib.crc32(blob)
    assert result.repeats == 2
    assert result.ops == list(range(len(result.ops))) and result.ops
    assert result.outputs.strip(b"\0")
    status = session.status(soon())
    assert status.loaded and 0 < status.stack_used <= status.stack_bytes
    loaded = session.load(len(blob), soon())
    assert loaded.model_sha256 == hashlib.sha256(example_model()).digest()
    assert loaded.ops == len(result.ops)
    session.write(Space.SLOT, 0, blob[:1], soon())
    with pytest.raises(DeviceRefusedError) as caught:
        session.run(0, 1, False, soon())
    assert caught.value.code == 7


def test_codes_of_refusals(linked_device: Linked) -> None:
    session = linked_device.session()
    session.wait_ready(soon())
    hello = session.hello(soon())
    end = hello.slot_bytes
    long = min(hello.max_payload - 4, 0xFFFF)
    cases = [
        (Type.RUN, RunRequest(0, 1, 0).pack(), 7),
        (Type.LOAD, LoadRequest(0).pack(), 7),
        (Type.LOAD, LoadRequest(100).pack(), 5),
        (Type.LOAD, LoadRequest(end + 1).pack(), 3),
        (Type.WRITE, WriteRequest(Space.SLOT, end, b"x").pack(), 3),
        (Type.WRITE, WriteRequest(Space.SLOT, 2**32 - 1, b"xx").pack(), 3),
        (Type.WRITE, WriteRequest(9, 0, b"x").pack(), 3),
        (Type.WRITE, WriteRequest(Space.INPUT, 0, b"x").pack(), 7),
        (Type.READ, ReadRequest(Space.SLOT, end - 1, 2).pack(), 3),
        (Type.READ, ReadRequest(Space.SLOT, 0, long).pack(), 3),
        (Type.READ, b"\0" * 8, 2),
        (Type.CRC, b"", 2),
        (Type.LOAD, b"abc", 2),
        (Type.RUN, b"", 2),
        (Type.HELLO, b"x", 2),
        (Type.STATUS, b"x", 2),
        (Type.RESET, b"x", 2),
        (0x7E, b"", 1),
    ]
    requests = [Frame(kind, 100 + n, payload) for n, (kind, payload, _) in enumerate(cases)]
    answers = raw_ask(linked_device.stream, *requests)
    assert [error_of(answer) for answer in answers] == [(int(k), code) for k, _, code in cases]
    assert [answer.seq for answer in answers] == [request.seq for request in requests]


def test_a_repeated_request_is_answered_again_without_the_work(
    linked_device: Linked, blob: bytes
) -> None:
    measure(linked_device.session(), blob, soon())
    run = Frame(Type.RUN, 200, RunRequest(0, 4, 0).pack())
    first, again, other = raw_ask(linked_device.stream, run, run, replace(run, seq=201))
    assert first.type == Type.RUN | ANSWER
    assert first == again
    assert other.seq == 201 and len(other.payload) == len(first.payload)
    status = Frame(Type.STATUS, 202)
    before, after = raw_ask(linked_device.stream, status, status)
    assert before == after


def test_damaged_frames_are_counted_and_dropped(linked_device: Linked) -> None:
    session = linked_device.session()
    session.wait_ready(soon())
    good = encode_frame(Frame(Type.WRITE, 9, WriteRequest(Space.SLOT, 0, b"abcdef").pack()))
    session.write(Space.SLOT, 0, b"ABCDEF", soon())
    for at in range(2, len(good) - 1, 3):
        damaged = bytearray(good)
        damaged[at] ^= 0x10
        linked_device.stream.write(bytes(damaged), soon())
    linked_device.stream.write(b"\0\xa5" + b"\xff" * 3000 + b"\0\0\0", soon())
    assert session.status(soon()).frames_bad >= len(range(2, len(good) - 1, 3))
    assert session.read(Space.SLOT, 0, 6, soon()) == b"ABCDEF"


def test_both_languages_byte_by_byte(linked_device: Linked) -> None:
    stream = linked_device.stream
    items_until(stream, ready)
    hello = encode_frame(Frame(Type.HELLO, 1))
    for byte in b"\r\nname%" + hello + b"na" + hello + b"name%":
        stream.write(bytes([byte]), soon())
    kinds = [
        item.text if isinstance(item, TextLine) else type(item).__name__
        for item in items_until(stream, ready, 2)
    ]
    name = ["m-name-dut-[tinyhil]", "m-ready"]
    assert kinds == [*name, "Frame", "Frame", *name]


def test_text_language(linked_device: Linked, blob: bytes) -> None:
    session = linked_device.session()
    client = MlperfClient(linked_device.stream, Transcript())
    client.wait_ready(soon())
    assert client.name(soon()).vendor == "tinyhil"
    assert client.profile(soon()).firmware
    assert client.command("help", soon())
    for command in ("infer 1 0", "results"):
        with pytest.raises(DeviceRefusedError, match="No model loaded"):
            client.command(command, soon())
    for command in ("frobnicate", "NAME", ""):
        with pytest.raises(DeviceRefusedError, match=f"Unknown command: {command}$"):
            client.command(command, soon())
    session.upload(Space.SLOT, blob, soon())
    loaded = session.load(len(blob), soon())
    inputs = random.Random(5).randbytes(loaded.input_bytes)
    client.db_load(inputs, soon())
    shown = "-".join(line.removeprefix("m-buffer-") for line in client.command("db print", soon()))
    assert bytes.fromhex(shown.replace("-", "")) == inputs
    before = client.timestamp(soon())
    result = client.infer(3, 1, soon())
    assert result.lap_us[0] >= before and result.lap_us[1] >= result.lap_us[0]
    assert result.results and client.results(soon()) == result.results
    by_text = session.read(Space.OUTPUT, 0, loaded.output_bytes, soon())
    session.write(Space.INPUT, 0, inputs, soon())
    session.run(0, 1, False, soon())
    assert session.read(Space.OUTPUT, 0, loaded.output_bytes, soon()) == by_text
    for command in ("db load 4", "db 00zz", "db 000", "infer 0 1"):
        with pytest.raises(DeviceRefusedError):
            client.command(command, soon())
            client.command("db zz", soon())


def test_reset_forgets_the_model(linked_device: Linked, blob: bytes) -> None:
    session = linked_device.session()
    measure(session, blob, soon())
    before = session.hello(soon())
    assert session.reset(soon()) == before
    assert not session.status(soon()).loaded
    session.upload(Space.SLOT, blob, soon())
    assert session.load(len(blob), soon()).ops > 0


FAULTS = {
    "drop": Faults(drop=1e-3),
    "flip": Faults(flip=1e-3),
    "insert": Faults(insert=1e-3),
    "duplicate": Faults(duplicate=0.3),
    "withhold": Faults(withhold=0.3),
    "babble": Faults(babble=0.3),
    "everything": Faults(3e-4, 3e-4, 3e-4, 0.05, 0.1, 0.05),
    "terrible": Faults(drop=0.02, flip=0.02),
    "silence": Faults(silent_after=200),
    "reset early": Faults(reset_after=1500),
    "reset late": Faults(reset_after=6000),
    "reset on a bad line": Faults(flip=1e-3, reset_after=3000),
}

MENDABLE = {"drop", "flip", "insert", "duplicate", "withhold", "babble", "everything"}

# Real images have larger frames and a slower line: fewer errors per byte, so that some get through.
REAL_FAULTS = {
    "bad line": Faults(1e-4, 1e-4, 1e-4, 0.05, 0.1, 0.05),
    "terrible": Faults(drop=0.01, flip=0.01),
    "reset on a bad line": Faults(flip=5e-5, reset_after=15_000),
}


def right_or_error(
    linked: Linked, blob: bytes, line: Stream, limit_s: float, right: Result
) -> bool:
    """Measure over `line`: False after a DeviceError. Never another result, never a hang."""
    deadline = Deadline.after(limit_s)
    try:
        got = measure(linked.session(line), blob, deadline)
    except DeviceError:
        return False
    finally:
        assert time.monotonic() < deadline.at_s + 10
    assert got == right
    return True


@pytest.mark.parametrize("name", FAULTS)
def test_the_right_bytes_or_an_error(blob: bytes, name: str) -> None:
    fake = FakeDevice()
    linked = Linked(fake.stream(), fake.reset)
    right = measure(linked.session(), blob, soon())
    good = 0
    for seed in range(40):
        linked.reset()
        good += right_or_error(linked, blob, linked.bad(FAULTS[name], seed), LIMIT_S, right)
    if name in MENDABLE:
        assert good >= 30
    elif name != "terrible":
        assert good == 0
    assert measure(linked.session(), blob, soon()) == right


@pytest.mark.parametrize("name", REAL_FAULTS)
def test_the_right_bytes_or_an_error_everywhere(
    linked_device: Linked, blob: bytes, name: str
) -> None:
    right = measure(linked_device.session(), blob, soon())
    right_or_error(linked_device, blob, linked_device.bad(REAL_FAULTS[name], 3), 6.0, right)
    assert measure(linked_device.session(), blob, soon()) == right
