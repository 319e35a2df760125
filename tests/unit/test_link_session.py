"""Sessions with the fake device: window and line rate, what a healthy device answers, errors and their text."""

from __future__ import annotations

import hashlib
import os

import pytest

from harness.errors import (
    DeadlineExceededError,
    DeviceError,
    DeviceFaultError,
    DeviceRefusedError,
    LinkError,
    MemoryLimitError,
    UsageError,
)
from harness.link.exchange import Patience
from harness.link.fake import FakeDevice
from harness.link.fake_line import FakeLine
from harness.link.fake_model import FakeModel
from harness.link.faulty import Faults, FaultyStream
from harness.link.frames import Frame, FrameDecoder, encode_frame
from harness.link.messages import FaultReport, Space
from harness.link.session import Session
from harness.link.transcript import Transcript
from targets.deadline import Deadline
from targets.drivers.protocol import Stream

QUICK = Patience((0.01, 0.02, 0.04))


def soon() -> Deadline:
    return Deadline.after(20)


def expected_output(blob: bytes, inputs: bytes) -> bytes:
    """What the fake's stock model computes, said once more."""
    return hashlib.shake_128(hashlib.sha256(blob).digest() + inputs).digest(10)


def test_a_whole_measurement() -> None:
    blob, inputs = os.urandom(5000), os.urandom(16)
    device = FakeDevice()
    session = Session(device.stream(), Transcript(), target="fake")
    session.wait_ready(soon())
    hello = session.hello(soon())
    assert (hello.target, hello.engine, hello.slot_writable) == ("fake", "plan", True)
    seen: list[tuple[int, int]] = []
    session.upload(Space.SLOT, blob, soon(), lambda done, total: seen.append((done, total)))
    assert seen[-1] == (5000, 5000) and seen == sorted(seen)
    loaded = session.load(len(blob), soon())
    assert loaded.model_sha256 == hashlib.sha256(blob).digest()
    assert (loaded.input_bytes, loaded.output_bytes, loaded.ops) == (16, 10, 3)
    session.write(Space.INPUT, 0, inputs, soon())
    reply = session.run(2, 5, True, soon())
    assert reply.cycles == (1000,) * 5 and (reply.events, reply.dropped) == (3, 0)
    events = session.events(reply.events, soon())
    assert [(event.op, event.cycles) for event in events] == [(0, 700), (1, 200), (2, 100)]
    assert session.read(Space.OUTPUT, 0, 10, soon()) == expected_output(blob, inputs)
    status = session.status(soon())
    assert status.loaded and status.stack_used < status.stack_bytes
    counters = session.counters
    assert (counters.resent, counters.resynchronised, counters.garbage) == (0, 0, 0)
    session.reset(soon())
    assert not session.status(soon()).loaded
    session.load(len(blob), soon())


@pytest.mark.parametrize(
    ("max_payload", "window"), [(64, 128), (256, 512), (1024, 4096), (4096, 16384)]
)
def test_the_window_is_used_and_never_exceeded(max_payload: int, window: int) -> None:
    device = FakeDevice(max_payload=max_payload, window=window)
    session = Session(device.stream(), Transcript())
    data = os.urandom(20_000)
    session.write(Space.SLOT, 100, data, soon())
    assert device.rx_overruns == 0
    assert device.most_waiting > window // 2
    assert session.counters.resent == 0
    assert session.read(Space.SLOT, 100, len(data), soon()) == data


@pytest.mark.parametrize(
    ("baud", "latency_s", "max_payload", "window"),
    [(115_200, 0.016, 1024, 4096), (921_600, 0.002, 1024, 4096), (115_200, 0.016, 4096, 16384)],
)
def test_uploads_use_the_line(baud: int, latency_s: float, max_payload: int, window: int) -> None:
    line = FakeLine(FakeDevice(max_payload=max_payload, window=window), baud, latency_s)
    session = Session(line, Transcript(), baud=baud)
    session.hello(soon())
    data = os.urandom(100_000)
    begin_s = line.now_s
    session.write(Space.SLOT, 0, data, soon())
    assert len(data) * 10 / baud / (line.now_s - begin_s) >= 0.95


@pytest.mark.parametrize(("flip", "share"), [(1e-4, 0.6), (1e-3, 0.03)])
def test_uploads_on_a_bad_line_arrive_whole_in_smaller_frames(flip: float, share: float) -> None:
    device = FakeDevice(max_payload=4096, window=16384)
    line = FakeLine(device, 921_600, 0.002)
    session = Session(FaultyStream(line, Faults(flip=flip), 5), Transcript(), baud=921_600)
    session.hello(soon())
    data = os.urandom(100_000)
    begin_s = line.now_s
    session.upload(Space.SLOT, data, soon())
    assert session.counters.resent > 0
    assert len(data) * 10 / 921_600 / (line.now_s - begin_s) >= share
    clean = Session(device.stream(), Transcript())
    assert clean.read(Space.SLOT, 0, len(data), soon()) == data


def test_frames_grow_again_once_the_line_is_good() -> None:
    device = FakeDevice(max_payload=4096, window=16384)
    line = FaultyStream(device.stream(), Faults(flip=2e-3), 3)
    transcript = _Sizes()
    session = Session(line, transcript)
    data = os.urandom(60_000)
    session.upload(Space.SLOT, data, soon())
    small = max(transcript.sizes[-20:])
    line.enabled = False
    session.upload(Space.SLOT, data, soon())
    session.upload(Space.SLOT, data, soon())
    assert small < 1500 and max(transcript.sizes[-20:]) > 4000


class _Sizes(Transcript):
    """Notes the size of everything sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def sent(self, data: bytes) -> None:
        self.sizes.append(len(data))


def test_damaged_upload_is_repaired() -> None:
    device = FakeDevice()
    session = Session(device.stream(), Transcript())
    data = os.urandom(20_000)

    def spoil(done: int, total: int) -> None:
        if done == total and not spoiled:
            spoiled.append(True)
            device.preload(data[:9000] + b"damage" + data[9006:])

    spoiled: list[bool] = []
    session.upload(Space.SLOT, data, soon(), spoil)
    assert spoiled
    assert session.read(Space.SLOT, 0, len(data), soon()) == data


def test_refusals_carry_code_and_meaning() -> None:
    session = Session(FakeDevice().stream(), Transcript(), target="board")
    with pytest.raises(DeviceRefusedError, match="board: RUN refused: no model loaded") as caught:
        session.run(0, 1, False, soon())
    assert (caught.value.code, caught.value.phase, caught.value.retryable) == (7, "run", False)
    with pytest.raises(DeviceRefusedError) as caught:
        session.read(Space.SLOT, 256 * 1024 - 1, 2, soon())
    assert caught.value.code == 3
    with pytest.raises(DeviceRefusedError) as caught:
        session.load(0, soon())
    assert caught.value.code == 7
    session.write(Space.SLOT, 0, b"blob", soon())
    session.load(4, soon())
    with pytest.raises(DeviceRefusedError) as caught:
        session.write(Space.OUTPUT, 0, b"x", soon())
    assert caught.value.code == 4


def test_a_refused_write_in_the_middle_leaves_the_session_usable() -> None:
    session = Session(FakeDevice(slot_bytes=4096).stream(), Transcript())
    with pytest.raises(DeviceRefusedError):
        session.write(Space.SLOT, 0, bytes(20_000), soon())
    session.write(Space.SLOT, 0, b"abc", soon())
    assert session.read(Space.SLOT, 0, 3, soon()) == b"abc"


def test_what_does_not_fit_is_refused_before_anything_is_written() -> None:
    session = Session(FakeDevice(slot_bytes=4096).stream(), Transcript(), target="board")
    session.write(Space.SLOT, 0, b"abc", soon())
    with pytest.raises(
        MemoryLimitError, match="5,000 bytes, but the model slot of board holds 4,096"
    ):
        session.upload(Space.SLOT, bytes(5000), soon())
    assert session.read(Space.SLOT, 0, 3, soon()) == b"abc"


@pytest.mark.parametrize(("warmup", "repeats"), [(0, 0), (0, 65), (-1, 1), (65536, 1)])
def test_impossible_counts(warmup: int, repeats: int) -> None:
    with pytest.raises(UsageError):
        Session(FakeDevice().stream(), Transcript()).run(warmup, repeats, False, soon())


def test_a_linked_model_and_many_layers() -> None:
    cycles = tuple(range(300))
    model = FakeModel(lambda data: data[::-1], 4, 4, cycles, bytes(32))
    session = Session(FakeDevice(linked=model).stream(), Transcript())
    assert session.hello(soon()).model_linked_in
    session.load(0, soon())
    session.write(Space.INPUT, 0, b"abcd", soon())
    reply = session.run(0, 1, True, soon())
    assert (reply.events, reply.dropped) == (256, 44)
    assert [event.op for event in session.events(256, soon())] == list(range(44, 300))
    assert session.read(Space.OUTPUT, 0, 4, soon()) == b"dcba"


def test_faults_are_told_in_words() -> None:
    report = FaultReport(5, 0x8200, 0, 0x20080000, 0x0800_0100, 0x0800_0201, 0, 0x2000_0000)
    device = FakeDevice(core="cortex-m4", fault_at_run=1, fault=report)
    session = Session(device.stream(), Transcript(), target="board", patience=QUICK)
    session.upload(Space.SLOT, b"blob", soon())
    session.load(4, soon())
    session.run(0, 1, False, soon())
    with pytest.raises(DeviceFaultError, match=r"PRECISERR at 0x20080000.*pc 0x08000100") as caught:
        session.run(0, 1, False, soon())
    assert caught.value.registers["cfsr"] == 0x8200
    with pytest.raises(LinkError):
        session.status(soon())
    device.reset()
    session.wait_ready(soon())
    session.hello(soon())


def test_a_restart_in_the_middle_is_told() -> None:
    device = FakeDevice()
    session = Session(device.stream(), Transcript(), target="board")
    session.hello(soon())
    device.reset()
    with pytest.raises(LinkError, match="board: the device restarted"):
        session.status(soon())


def test_a_mute_device() -> None:
    device = FakeDevice()
    line = FaultyStream(device.stream(), Faults(silent_after=0), 1)
    session = Session(line, Transcript(), target="board", patience=QUICK)
    with pytest.raises(DeadlineExceededError, match="board: the firmware did not say 'm-ready'"):
        session.wait_ready(Deadline.after(3))
    with pytest.raises(LinkError, match=r"no valid answer after 3 tries .*> "):
        session.hello(soon())
    with pytest.raises(DeadlineExceededError, match="no valid answer within 0 s"):
        session.hello(Deadline.after(0))


def test_a_device_that_started_long_ago_is_ready() -> None:
    device = FakeDevice()
    device.take(100)
    session = Session(device.stream(), Transcript())
    session.wait_ready(soon())
    session.hello(soon())


def test_another_image_behind_the_same_port_is_noticed() -> None:
    streams: list[Stream] = [FakeDevice().stream()]

    class Port:
        def read(self, limit: int, deadline: Deadline) -> bytes:
            return streams[-1].read(limit, deadline)

        def write(self, data: bytes, deadline: Deadline) -> None:
            streams[-1].write(data, deadline)

    session = Session(Port(), Transcript())
    session.hello(soon())
    streams.append(FakeDevice(image_id=b"\1" * 16).stream())
    with pytest.raises(LinkError, match="another image"):
        session.hello(soon())


class Scripted:
    """Answers every request with what `answer` makes of it."""

    def __init__(self, device: FakeDevice) -> None:
        self.inner = device.stream()
        self.changed: list[Frame] = []
        self._decoder = FrameDecoder()

    def change(self, frame: Frame) -> list[Frame]:
        return [frame]

    def read(self, limit: int, deadline: Deadline) -> bytes:
        items = self._decoder.feed(self.inner.read(limit, deadline))
        frames = [new for item in items if isinstance(item, Frame) for new in self.change(item)]
        return b"".join(encode_frame(frame) for frame in frames)

    def write(self, data: bytes, deadline: Deadline) -> None:
        self.inner.write(data, deadline)


def test_stale_and_repeated_answers_are_ignored() -> None:
    class Repeating(Scripted):
        def change(self, frame: Frame) -> list[Frame]:
            strange = Frame(frame.type, (frame.seq + 100) % 255 + 1, b"stale")
            other = Frame(0xA3, frame.seq, b"another type")
            about = Frame(0xFF, frame.seq, b"\x77\x01\x00about another request")
            return [strange, other, about, frame, frame, frame]

    session = Session(Repeating(FakeDevice()), Transcript())
    data = os.urandom(9000)
    session.upload(Space.SLOT, data, soon())
    assert session.read(Space.SLOT, 0, len(data), soon()) == data
    assert session.counters.stale > 30


@pytest.mark.parametrize(
    ("type_", "payload", "message"),
    [
        (0x91, b"\x00\x05\x00\x00\x00abc", "READ of 3 bytes at 0 brought 3 at 5"),
        (0x91, b"\x00\x00\x00\x00\x00ab", "READ of 3 bytes at 0 brought 2 at 0"),
        (0x91, b"\x00\x00", "malformed READ answer: offset"),
        (0xFF, b"", "malformed ERROR: request"),
    ],
)
def test_nonsense_with_a_good_crc_is_an_error(type_: int, payload: bytes, message: str) -> None:
    class Lying(Scripted):
        def change(self, frame: Frame) -> list[Frame]:
            return [Frame(type_, frame.seq, payload) if frame.type == 0x91 else frame]

    session = Session(Lying(FakeDevice()), Transcript())
    with pytest.raises(LinkError, match=message):
        session.read(Space.SLOT, 0, 3, soon())


def test_a_lost_run_is_resent_only_late() -> None:
    waits: list[float] = []

    class Losing(Scripted):
        def write(self, data: bytes, deadline: Deadline) -> None:
            if data[3:4] == b"\x21" and not waits:
                waits.append(0.0)
                return
            super().write(data, deadline)

        def read(self, limit: int, deadline: Deadline) -> bytes:
            data = super().read(limit, deadline)
            if waits and not data:
                waits.append(deadline.remaining_s())
            return data

    session = Session(Losing(FakeDevice()), Transcript())
    session.upload(Space.SLOT, b"blob", soon())
    session.load(4, soon())
    assert session.run(0, 2, False, Deadline.after(100)).repeats == 2
    assert 55 < waits[1] <= 61
    waits.clear()
    assert session.run(0, 2, False, Deadline.after(100), expected_s=2.0).repeats == 2
    assert 8.5 < waits[1] <= 10


def test_late_answers_to_an_earlier_session_are_ignored() -> None:
    """The earlier one used other sequence numbers; its answers come only after the HELLO of the next."""

    class Late(Scripted):
        late: tuple[Frame, ...] = ()

        def change(self, frame: Frame) -> list[Frame]:
            before, self.late = self.late, ()
            return [*before, frame]

    line = Late(FakeDevice())
    Session(line, Transcript(), first_seq=1).write(Space.SLOT, 0, b"old", soon())
    answers = (Frame(0x81, 1, b"bad"), Frame(0x90, 2, b"bad"), Frame(0x91, 3, b"bad"))
    session = Session(line, Transcript(), first_seq=100)
    line.late = answers
    session.write(Space.SLOT, 0, b"new", soon())
    line.late = answers
    assert session.read(Space.SLOT, 0, 3, soon()) == b"new"
    assert session.counters.stale == 6


def test_sessions_begin_anywhere() -> None:
    def first() -> int:
        device = FakeDevice()
        seen: list[int] = []

        class Watching(Scripted):
            def change(self, frame: Frame) -> list[Frame]:
                seen.append(frame.seq)
                return [frame]

        session = Session(Watching(device), Transcript())
        for _ in range(300):
            session.status(soon())
        assert all(1 <= seq <= 255 for seq in seen)
        return seen[0]

    assert len({first() for _ in range(8)}) > 1


def test_a_closed_port_is_told_at_once() -> None:
    from harness.errors import DeviceGoneError

    class Closed:
        def read(self, limit: int, deadline: Deadline) -> bytes:
            raise DeviceGoneError("closed")

        def write(self, data: bytes, deadline: Deadline) -> None:
            return

    with pytest.raises(DeviceError, match="closed"):
        Session(Closed(), Transcript()).hello(soon())


def test_a_write_lost_in_the_middle_is_resent_without_waiting() -> None:
    class LosingOne(Scripted):
        writes = 0
        silences = 0

        def write(self, data: bytes, deadline: Deadline) -> None:
            self.writes += 1
            if self.writes != 12:
                super().write(data, deadline)

        def read(self, limit: int, deadline: Deadline) -> bytes:
            data = super().read(limit, deadline)
            self.silences += not data
            return data

    line = LosingOne(FakeDevice())
    session = Session(line, Transcript())
    session.hello(soon())
    line.silences = 0
    data = os.urandom(40_000)
    session.write(Space.SLOT, 0, data, soon())
    assert (line.silences, session.counters.resent) == (0, 1)
    assert session.read(Space.SLOT, 0, len(data), soon()) == data


def test_a_run_whose_answer_is_lost_is_not_done_twice() -> None:
    class LosingAnswers(Scripted):
        lost = 0

        def change(self, frame: Frame) -> list[Frame]:
            if frame.type == 0xA1 and self.lost < 2:
                self.lost += 1
                return []
            return [frame]

    device = FakeDevice()
    line = LosingAnswers(device)
    session = Session(line, Transcript())
    session.upload(Space.SLOT, b"blob", soon())
    session.load(4, soon())
    assert session.run(0, 3, False, soon()).repeats == 3
    assert (line.lost, device.runs) == (2, 1)
