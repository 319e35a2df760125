"""The fakes and the pace: what campaigns and sessions rely on."""

from __future__ import annotations

import hashlib
import struct
import zlib
from pathlib import Path

import pytest

from harness.errors import DeviceError, DeviceGoneError, DeviceRefusedError, MemoryLimitError
from harness.link.fake import FakeDevice
from harness.link.fake_driver import FakeDriver
from harness.link.faulty import Faults, FaultyStream
from harness.link.messages import Space
from harness.link.pace import Pace, Sample
from harness.link.session import Session
from harness.link.transcript import Transcript
from targets.deadline import Deadline
from targets.drivers.protocol import Capability


def soon() -> Deadline:
    return Deadline.after(20)


def plan(arena_bytes: int = 640) -> bytes:
    """A plan by plan_format.h: one input of 6 bytes, two outputs of 3 and 1, four operators."""
    sha = hashlib.sha256(b"model").digest()
    records = b"".join(struct.pack("<IIHHfi", 0, n, 1, 1, 0.5, -3) for n in (6, 3, 1))
    rest = struct.pack("<IIHHHH", 1, arena_bytes, 4, 1, 2, 0)
    rest += struct.pack("<IIII", 80, 140, 140, 4) + sha + records + b"tiny"
    crc = zlib.crc32(rest)
    return struct.pack("<4sHHII", b"TPLN", 1, 80, 16 + len(rest), crc) + rest


def test_a_plan_is_taken_by_its_header() -> None:
    session = Session(FakeDevice().stream(), Transcript())
    blob = plan()
    session.upload(Space.SLOT, blob, soon())
    loaded = session.load(len(blob), soon())
    assert (loaded.input_bytes, loaded.output_bytes, loaded.arena_bytes) == (6, 4, 640)
    assert (loaded.ops, loaded.inputs, loaded.outputs) == (4, 1, 2)
    assert loaded.model_sha256 == hashlib.sha256(b"model").digest()


@pytest.mark.parametrize(
    ("blob", "code"),
    [
        (plan()[:-1], 5),
        (plan()[:-1] + b"!", 5),
        (plan()[:50], 5),
        (bytes(100), 5),
        (plan(arena_bytes=10**6), 6),
    ],
)
def test_bad_plans_are_refused(blob: bytes, code: int) -> None:
    session = Session(FakeDevice().stream(), Transcript())
    session.upload(Space.SLOT, blob, soon())
    with pytest.raises(DeviceRefusedError) as caught:
        session.load(len(blob), soon())
    assert caught.value.code == code


def test_driver_preloads_resets_and_stops() -> None:
    driver = FakeDriver(slot_bytes=1000)
    assert driver.capabilities == Capability.PRELOAD | Capability.RESET
    assert all(finding.ok for finding in driver.findings())
    with pytest.raises(MemoryLimitError):
        driver.start(Path("image.elf"), bytes(1001), soon())
    with driver.start(Path("image.elf"), plan(), soon()) as device:
        session = Session(device.stream, Transcript())
        session.wait_ready(soon())
        assert session.load(len(plan()), soon()).ops == 4
        device.reset(soon())
        session.wait_ready(soon())
        session.hello(soon())
        assert not session.status(soon()).loaded
        assert device.alive() and device.last_words() == ""
    assert not device.alive()
    with pytest.raises(DeviceGoneError):
        device.stream.read(1, soon())
    with pytest.raises(DeviceError):
        session.status(soon())


def test_a_driver_with_a_bad_line() -> None:
    driver = FakeDriver(
        wrap=lambda stream, device: FaultyStream(stream, Faults(silent_after=0), 1, device.reset)
    )
    with driver.start(Path("image.elf"), None, soon()) as device:
        assert device.stream.read(100, soon()) == b""


def test_faults_are_reproducible_and_can_be_switched_off() -> None:
    class Loop:
        def __init__(self) -> None:
            self.data = b""

        def read(self, limit: int, deadline: Deadline) -> bytes:
            out, self.data = self.data[:limit], self.data[limit:]
            return out

        def write(self, data: bytes, deadline: Deadline) -> None:
            self.data += data

    def through(seed: int, enabled: bool = True) -> bytes:
        line = FaultyStream(Loop(), Faults(0.05, 0.05, 0.05, 0.1, 0.2, 0.2), seed)
        line.enabled = enabled
        out = b""
        for _ in range(30):
            line.write(bytes(50), soon())
            out += line.read(100, soon())
        return out

    assert through(1) == through(1) != through(2)
    assert through(1, enabled=False) == bytes(1500)


def test_what_exceeds_the_ring_is_lost_and_counted() -> None:
    device = FakeDevice(window=100)
    device.take(1000)
    device.feed(b"x" * 90 + b"%")
    device.feed(b"name%" * 4)
    assert device.rx_overruns == 11
    assert device.take(1000).count(b"m-ready") == 2


def test_pace_follows_the_slowest_and_recovers() -> None:
    pace = Pace(None)
    assert pace.patience_s(10_000) == 0
    pace.answered(1, 0x90, Sample(2.0, 1000), resent=False)
    slow = pace.patience_s(1000)
    assert slow >= 2.0
    for seq in range(2, 80):
        pace.answered(seq, 0x90, Sample(0.01, 1000), resent=False)
    assert 0.01 <= pace.patience_s(1000) < slow / 4


def test_a_resent_request_teaches_only_by_its_second_answer() -> None:
    pace = Pace(None)
    pace.answered(1, 0x90, Sample(2.0, 1000), resent=True)
    assert pace.patience_s(1000) == 0
    pace.answered_again(2, 0x90)
    pace.answered_again(1, 0x91)
    assert pace.patience_s(1000) == 0
    pace.answered_again(1, 0x90)
    assert pace.patience_s(1000) >= 2.0


def test_pace_starts_from_the_line_rate() -> None:
    assert Pace(11_520).patience_s(11_520) >= 1.0
