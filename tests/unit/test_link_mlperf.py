"""The text language: parsers on recorded text and on hostile lines; the client against the fake device."""

from __future__ import annotations

import contextlib
import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import DeadlineExceededError, DeviceRefusedError, LinkError, UsageError
from harness.link import mlperf
from harness.link.fake import FakeDevice
from harness.link.fake_model import FakeModel
from harness.link.frames import Frame, encode_frame
from harness.link.messages import Space
from harness.link.mlperf import InferResult, MlperfClient
from harness.link.session import Session
from harness.link.transcript import Transcript
from targets.deadline import Deadline

# What the reference firmware (mlcommons/tiny, benchmark/api) says, line by line.
_INFER = [
    "m-warmup-start-1",
    "m-warmup-done",
    "m-infer-start-10",
    "m-lap-us-1201034",
    "m-lap-us-2301134",
    "m-infer-done",
    "m-results-[0.000,0.996,-0.250]",
]
_ENERGY = [
    "m-warmup-start-0",
    "m-warmup-done",
    "m-infer-start-3",
    "m-infer-done",
    "m-results-[12.125]",
]


def soon() -> Deadline:
    return Deadline.after(20)


def test_recorded_replies() -> None:
    assert mlperf.parse_infer(_INFER) == InferResult(10, (1201034, 2301134), (0.0, 0.996, -0.25))
    assert mlperf.parse_infer(_INFER).latency_us == 110010
    assert mlperf.parse_infer(_ENERGY) == InferResult(3, (), (12.125,))
    assert mlperf.parse_infer(_ENERGY).latency_us is None
    name = mlperf.parse_name(["m-name-dut-[unspecified]"])
    assert (name.device, name.vendor) == ("dut", "unspecified")
    profile = mlperf.parse_profile(
        ["m-profile-[ULPMark for tinyML Firmware V0.0.1]", "m-model-[ic01]"]
    )
    assert (profile.firmware, profile.model) == ("ULPMark for tinyML Firmware V0.0.1", "ic01")
    assert mlperf.parse_lap_us(["noise", "m-lap-us-42"]) == 42
    assert mlperf.find_error(["m-x", "e-[Unknown command: foo]"]) == "Unknown command: foo"
    assert mlperf.find_error(["m-e-[no]"]) is None
    assert mlperf.parse_results(["m-results-[]"]) == ()
    assert mlperf.parse_results(["m-results-[0.5,0.25,]"]) == (0.5, 0.25)


def test_a_32_bit_clock_may_wrap_once() -> None:
    assert InferResult(2, (2**32 - 100, 300), ()).latency_us == 200


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126)), max_size=10))
def test_noise_between_the_lines_changes_nothing(noise: list[str]) -> None:
    extra = [line for line in noise if not line.startswith("m-")]
    assert mlperf.parse_infer([*extra, *_INFER[:4], *extra, *_INFER[4:]]) == mlperf.parse_infer(
        _INFER
    )


@pytest.mark.parametrize("gone", [2, 3, 4, 5, 6])
def test_what_is_missing_is_named(gone: int) -> None:
    lines = _INFER[:gone] + _INFER[gone + 1 :]
    prefix = re.match(r"m-[a-z]+(-[a-z]+)?", _INFER[gone])
    assert prefix is not None
    with pytest.raises(LinkError, match=prefix[0]):
        mlperf.parse_infer(lines)


@pytest.mark.parametrize(
    "line",
    [
        "m-results-[nan]",
        "m-results-[1e5]",
        "m-results-[0.1,,0.2]",
        "m-results-[1_0]",
        "m-results-[١]",
    ],
)
def test_only_decimal_numbers_are_results(line: str) -> None:
    with pytest.raises(LinkError, match="is no number"):
        mlperf.parse_results([line])


@given(st.lists(st.text(max_size=30) | st.sampled_from(_INFER), max_size=12))
def test_parsers_return_or_refuse(lines: list[str]) -> None:
    for parse in (
        mlperf.parse_infer,
        mlperf.parse_name,
        mlperf.parse_profile,
        mlperf.parse_lap_us,
        mlperf.parse_results,
    ):
        with contextlib.suppress(LinkError):
            parse(lines)
    mlperf.find_error(lines)


class Texts:
    """A device that answers each command with prepared bytes, in pieces of 5."""

    def __init__(self, *answers: bytes) -> None:
        self.sent = b""
        self._answers = list(answers)
        self._out = b""

    def read(self, limit: int, deadline: Deadline) -> bytes:
        piece, self._out = self._out[:5], self._out[5:]
        return piece

    def write(self, data: bytes, deadline: Deadline) -> None:
        self.sent += data
        if self._answers:
            self._out += self._answers.pop(0)


def test_commands_as_the_reference_runner_sends_them() -> None:
    infer = "\r\n".join([*_INFER, "m-ready", ""]).encode()
    data = bytes(range(70))
    device = Texts(
        b"m-name-dut-[x]\r\nm-ready\r\n",
        b"m-[Expecting 70 bytes]\r\nm-ready\r\n",
        b"m-ready\r\n",
        b"m-ready\r\n",
        b"m-load-done\r\nm-ready\r\n",
        infer,
    )
    client = MlperfClient(device, Transcript())
    client.name(soon())
    client.db_load(data, soon())
    assert client.infer(10, 1, soon()).results == (0.0, 0.996, -0.25)
    commands = ["name", "db load 70", f"db {data[:32].hex()}", f"db {data[32:64].hex()}"]
    commands += [f"db {data[64:].hex()}", "infer 10 1", ""]
    assert device.sent == "%".join(commands).encode()


def test_noise_of_every_kind_around_a_reply() -> None:
    noise = b"\xff\xfe\r\nboot 1.2\r\n" + encode_frame(Frame(0xFE, 1, b"x"))
    client = MlperfClient(
        Texts(noise + b"m-lap-us-7\r\n" + b"[log] x\r\nm-ready\r\n"), Transcript()
    )
    assert client.timestamp(soon()) == 7


def test_errors_of_the_device() -> None:
    device = FakeDevice()
    client = MlperfClient(device.stream(), Transcript(), target="board")
    client.wait_ready(soon())
    with pytest.raises(DeviceRefusedError, match="board: 'infer 1 0' refused: No model loaded"):
        client.infer(1, 0, soon())
    with pytest.raises(DeviceRefusedError, match="Unknown command: foo"):
        client.command("foo bar", soon())
    with pytest.raises(UsageError):
        client.command("name%db", soon())
    with pytest.raises(LinkError, match="Expecting 4 bytes"):
        client.db_load(b"abcd", soon())


def test_a_mute_device() -> None:
    client = MlperfClient(Texts(b"m-na"), Transcript(), target="board")
    with pytest.raises(DeadlineExceededError, match=r"board: no m-ready within .*> name%"):
        client.name(soon())
    with pytest.raises(DeadlineExceededError):
        client.wait_ready(Deadline.after(2))


@pytest.mark.parametrize("last", [b"m-ready\r\n", b"m-load-done\r\nm-ready\r\n"])
def test_a_device_that_counts_otherwise(last: bytes) -> None:
    early = b"m-load-done\r\nm-ready\r\n" if b"done" in last else b"m-ready\r\n"
    device = Texts(b"m-[Expecting 40 bytes]\r\nm-ready\r\n", early, last)
    with pytest.raises(LinkError, match="lacks"):
        MlperfClient(device, Transcript()).db_load(bytes(40), soon())


def test_both_languages_reach_the_same_model() -> None:
    device = FakeDevice()
    transcript = Transcript()
    session = Session(device.stream(), transcript)
    blob, inputs = b"some model", bytes(range(16))
    session.upload(Space.SLOT, blob, soon())
    session.load(len(blob), soon())
    client = MlperfClient(device.stream(), transcript)
    client.wait_ready(soon())
    client.db_load(inputs, soon())
    assert client.command("db print", soon()) == [
        "m-buffer-00-01-02-03-04-05-06-07",
        "m-buffer-08-09-0a-0b-0c-0d-0e-0f",
    ]
    result = client.infer(10, 2, soon())
    assert result.latency_us == 10  # 1000 cycles at 100 MHz
    raw = hashlib.shake_128(hashlib.sha256(blob).digest() + inputs).digest(10)
    signed = [byte - 256 if byte > 127 else byte for byte in raw]
    assert result.results == tuple(float(f"{value / 128:.3f}") for value in signed)
    assert client.results(soon()) == result.results
    assert session.read(Space.OUTPUT, 0, 10, soon()) == raw
    assert client.profile(soon()).model == "fake"


def test_a_linked_model_by_text_alone() -> None:
    model = FakeModel(lambda data: data, 2, 2, (100,), bytes(32), "echo", output_zero_point=-128)
    device = FakeDevice(linked=model)
    Session(device.stream(), Transcript()).load(0, soon())
    client = MlperfClient(device.stream(), Transcript())
    client.db_load(b"\x80\x7f", soon())
    assert client.infer(1, 0, soon()).results == (0.0, 1.992)
