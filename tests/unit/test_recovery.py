"""The ladder of recovery in measuring: right figures or an error, whatever befalls line and device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import DeviceError, DeviceFaultError, DeviceRefusedError, LinkError
from harness.link.fake import FakeDevice
from harness.link.fake_driver import FakeDriver, Wrap
from harness.link.faulty import Faults
from harness.link.frames import Frame, FrameDecoder, encode_frame
from harness.link.messages import ErrorReply, StatusReply, Type
from harness.link.transcript import Marker, read_transcript
from harness.measure.bench import measure_prepared
from harness.measure.prepare import Prepared
from harness.records import Measurement
from targets.deadline import Deadline
from targets.drivers.protocol import Capability, Stream
from tests.scenarios import Scenario, driver, figures, prepare, run, scenario

RESET = Capability.RESET
SCENARIOS = 100


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    return prepare()


@pytest.fixture(scope="module")
def right(prepared: Prepared) -> dict[str, object]:
    clean = run(None, prepared).measurement
    assert clean is not None and clean.check.bit_exact
    return figures(clean)


def test_seeded_scenarios(prepared: Prepared, right: dict[str, object]) -> None:
    survived = 0
    for seed in range(10_000, 10_000 + SCENARIOS):
        case = scenario(seed)
        measurement = run(case, prepared).measurement
        if measurement is not None:
            assert figures(measurement) == right, case
            survived += 1
    assert SCENARIOS // 2 < survived < SCENARIOS


def hang(after: int, capabilities: Capability) -> Scenario:
    return Scenario(("hang",), Faults(), after, capabilities, 1)


@pytest.mark.parametrize("after", [0, 20, 60, 400, 1500, 4000, 8000])
def test_a_hanging_device_is_reset_and_loaded_again(
    prepared: Prepared, right: dict[str, object], after: int
) -> None:
    measurement = run(hang(after, RESET), prepared).measurement
    assert measurement is not None and figures(measurement) == right
    reasons = recoveries(measurement)
    assert len(reasons) <= 1
    assert all("no valid answer" in reason for reason in reasons)


def test_a_hanging_device_without_reset_is_given_up_with_the_transcript(prepared: Prepared) -> None:
    case = hang(1500, Capability.NONE)
    with pytest.raises(DeviceError, match=r"qemu-cortex-m4: .*> ") as caught:
        measure_prepared(prepared, driver=driver(case, prepared))
    assert caught.value.detail and caught.value.retryable


@pytest.mark.parametrize("capabilities", [RESET, Capability.NONE])
@pytest.mark.parametrize("after", [30, 500, 3000, 6000])
def test_a_device_that_restarts_is_loaded_again(
    prepared: Prepared, right: dict[str, object], after: int, capabilities: Capability
) -> None:
    case = Scenario(("reset",), Faults(reset_after=after), None, capabilities, 1)
    measurement = run(case, prepared).measurement
    assert measurement is not None and figures(measurement) == right


class Watched:
    """Calls `on` with each frame that the device sends; sends on what it returns."""

    def __init__(self, inner: Stream, on: Callable[[Frame], bytes]) -> None:
        self._inner = inner
        self._on = on
        self._decoder = FrameDecoder()

    def read(self, limit: int, deadline: Deadline) -> bytes:
        data = self._inner.read(limit, deadline)
        frames = [item for item in self._decoder.feed(data) if isinstance(item, Frame)]
        return b"".join(self._on(frame) for frame in frames) if frames else data

    def write(self, data: bytes, deadline: Deadline) -> None:
        self._inner.write(data, deadline)


def measured(prepared: Prepared, wrap: Wrap) -> Measurement:
    def make() -> FakeDevice:
        return FakeDevice(image_id=bytes.fromhex(prepared.image.image_id))

    return measure_prepared(prepared, driver=FakeDriver(make, wrap))


def recoveries(measurement: Measurement) -> list[str]:
    records = read_transcript(Path(measurement.provenance.transcript)).records
    return [
        str(record.data["reason"])
        for record in records
        if isinstance(record, Marker) and record.phase == "recover"
    ]


@pytest.mark.parametrize("at", range(1, 24))
def test_a_restart_whose_banner_is_lost_is_never_misread(
    prepared: Prepared, right: dict[str, object], at: int
) -> None:
    """After its answer number `at` the device restarts unseen: the model is gone, and so is the stack's paint."""
    answers = 0

    def wrap(port: Stream, device: FakeDevice) -> Stream:
        def on(frame: Frame) -> bytes:
            nonlocal answers
            answers += 1
            if answers == at:
                device.reset()
                device.take(1000)  # the banner
            return encode_frame(frame)

        return Watched(port, on)

    measurement = measured(prepared, wrap)
    assert figures(measurement) == right
    # 4 answers bring the device up, 3 inputs take 3 each, and so on; the last answer is STATUS.
    assert len(recoveries(measurement)) == (1 if 4 <= at < answers else 0) or at <= 4


def test_a_refusal_of_a_loaded_device_is_final(prepared: Prepared) -> None:
    refused = 0

    def wrap(port: Stream, device: FakeDevice) -> Stream:
        def on(frame: Frame) -> bytes:
            nonlocal refused
            if frame.type != Type.RUN | 0x80:
                return encode_frame(frame)
            refused += 1
            error = ErrorReply(Type.RUN, 3, b"no").pack()
            return encode_frame(Frame(Type.ERROR, frame.seq, error))

        return Watched(port, on)

    with pytest.raises(DeviceRefusedError, match="RUN refused"):
        measured(prepared, wrap)
    assert refused == 1


def test_a_device_that_never_keeps_its_model_is_given_up(prepared: Prepared) -> None:
    def wrap(port: Stream, device: FakeDevice) -> Stream:
        def on(frame: Frame) -> bytes:
            if frame.type != Type.STATUS | 0x80:
                return encode_frame(frame)
            status = replace(StatusReply.unpack(frame.payload), loaded=False)
            return encode_frame(Frame(frame.type, frame.seq, status.pack()))

        return Watched(port, on)

    with pytest.raises(LinkError, match="restarted unseen") as caught:
        measured(prepared, wrap)
    assert ">" in caught.value.detail


def test_another_model_is_noticed(prepared: Prepared) -> None:
    other = replace(prepared, model=replace(prepared.model, sha256="00" * 32))
    with pytest.raises(LinkError, match="another model is loaded"):
        measured(other, lambda port, device: port)


def test_a_processor_fault_is_final_and_tells_the_transcript(prepared: Prepared) -> None:
    image_id = bytes.fromhex(prepared.image.image_id)
    fakes = FakeDriver(lambda: FakeDevice(image_id=image_id, core="cortex-m4", fault_at_run=2))
    with pytest.raises(DeviceFaultError, match=r"UsageFault.*\[.*> ") as caught:
        measure_prepared(prepared, driver=fakes)
    assert caught.value.detail
