"""`tinyhil mlperf` against a device that shares no code with the harness, also a hostile one."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.engines.plan.compile import compile_model
from harness.engines.tflm_oracle import make_oracle
from harness.errors import DeviceError, DeviceRefusedError, LinkError
from harness.link.transcript import Transcript
from harness.measure.mlperf import Request, measure_text
from models.example import example_model
from targets.deadline import Deadline
from targets.drivers.serial import open_port
from targets.errors import DeadlineExceededError, DeviceGoneError, DeviceStartError
from tests.emulator.conftest import Ran
from tests.foreign.device import US_PER_INFERENCE, ForeignDevice, Twist

MODEL = example_model()


@pytest.fixture(scope="module")
def right() -> Callable[[bytes], list[float]]:
    """What the model computes, as real numbers."""
    (tensor,) = (info := compile_model(MODEL, "example")).inputs
    oracle = make_oracle(MODEL)
    if oracle is None:
        pytest.skip("no reference interpreter")

    def run(data: bytes) -> list[float]:
        image = np.frombuffer(data, tensor.dtype.numpy).reshape(tensor.shape)
        output = oracle.run([image])[0].reshape(-1).astype(float)
        out = info.outputs[0]
        return [float(value) for value in (output - out.zero_point) * out.scale]

    return run


def test_latency_and_outputs(
    right: Callable[[bytes], list[float]], tinyhil: Callable[..., Ran], example: Path
) -> None:
    with ForeignDevice(right) as device:
        ran = tinyhil("mlperf", example, "--port", device.port, "--json", "--infer", "7")
    assert ran.code == 0, ran.err
    found = ran.json()
    assert found["latency_us"] == US_PER_INFERENCE
    assert found["windows_us"] == [US_PER_INFERENCE] * 3  # the counter wrapped round meanwhile
    assert (found["device"], found["vendor"]) == ("strange", "acme")
    assert (found["firmware"], found["device_model"]) == ("v1.1", "theirs")
    assert (found["outputs_agree"], found["inputs"], found["predicted_alike"]) == (True, 4, 4)
    assert found["max_abs_diff"] <= 0.001
    assert Path(found["transcript"]).read_text().count('"rx"') > 10
    assert device.commands.count("infer 7 1") == 3
    assert device.commands.count("infer 1 0") == 4


def test_wrong_outputs_are_noticed(
    right: Callable[[bytes], list[float]], tinyhil: Callable[..., Ran], example: Path
) -> None:
    with ForeignDevice(lambda data: [v + 0.004 * (i == 1) for i, v in enumerate(right(data))]) as d:
        ran = tinyhil("mlperf", example, "--port", d.port, "--modelled")
    assert ran.code == 1, ran.err
    assert "differ by 0.004" in ran.out and "modelled" in ran.out


def on(start: str, change: Callable[[bytes], bytes | None]) -> Twist:
    return lambda command, reply: change(reply) if command.startswith(start) else reply


HOSTILE: dict[str, tuple[Twist, type[DeviceError], str]] = {
    "never says m-ready": (on("infer", lambda r: r[:-9]), DeadlineExceededError, "no m-ready"),
    "babbles without an end": (on("infer", lambda r: b"m-x\r\n" * 30_000), LinkError, "20,000 lines"),
    "says nothing": (lambda command, reply: b"", DeadlineExceededError, "no m-ready"),
    "hangs up": (on("infer", lambda r: None), DeviceGoneError, "closed"),
    "refuses": (
        on("db load", lambda r: b"e-[no]\r\nm-ready\r\n"),
        DeviceRefusedError,
        "refused: no",
    ),
    "expects other sizes": (on("db load", lambda r: r.replace(b"ting ", b"ting 1")), LinkError, "lacks"),
    "never loads": (on("db", lambda r: r.replace(b"m-load-done\r\n", b"")), LinkError, "m-load-done"),
    "counts otherwise": (on("infer", lambda r: r.replace(b"start-1\r", b"start-2\r")), LinkError, "lacks"),
    "too few outputs": (
        on("infer", lambda r: r[: r.index(b"m-results")] + b"m-results-[0.5]\r\nm-ready\r\n"),
        LinkError,
        "has 1 values",
    ),
    "no number": (on("infer", lambda r: r.replace(b"m-results-[", b"m-results-[nan,")), LinkError, "no number"),
    "no time stamps": (on("infer", lambda r: r.replace(b"m-lap-us", b"m-lap-ms")), LinkError, "no time"),
    "one time stamp": (on("infer", lambda r: r.replace(b"m-lap-us", b"m-lap-ms", 1)), LinkError, "one of two"),
    "no name": (on("name", lambda r: b"m-ready\r\n"), LinkError, "m-name"),
    "two results": (on("infer", lambda r: r.replace(b"m-infer-done", b"m-results-[1.0]")), LinkError, "missing"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_answers_are_errors(right: Callable[[bytes], list[float]], name: str) -> None:
    twist, error, text = HOSTILE[name]
    limit = Deadline.after(2.0 if error is DeadlineExceededError else 30.0)
    with ForeignDevice(right, twist) as device:
        stream = open_port(device.port, 115200)
        try:
            with pytest.raises(error, match=text):
                measure_text(stream, MODEL, "example", Request(), Transcript(), limit)
        finally:
            stream.close()


def test_a_clock_that_stands_still(right: Callable[[bytes], list[float]]) -> None:
    def still(reply: bytes) -> bytes:
        head, _, rest = reply.partition(b"m-lap-us-")
        first, _, after = rest.partition(b"\r\n")
        return head + 2 * (b"m-lap-us-" + first + b"\r\n") + after.partition(b"\r\n")[2]

    with ForeignDevice(right, on("infer", still)) as device:
        stream = open_port(device.port, 115200)
        with pytest.raises(LinkError, match="stood still"):
            measure_text(stream, MODEL, "example", Request(), Transcript(), Deadline.after(20.0))
        stream.close()


def test_noise_between_the_lines_does_not_matter(right: Callable[[bytes], list[float]]) -> None:
    def noisy(command: str, reply: bytes) -> bytes:
        return b"[log] hello\r\n\xff\xfe\r\n" + reply.replace(b"\r\n", b"\r\n\r\n")

    with ForeignDevice(right, noisy) as device:
        stream = open_port(device.port, 115200)
        request = Request(check_inputs=2, windows=1)
        found = measure_text(stream, MODEL, "x", request, Transcript(), Deadline.after(20.0))
        stream.close()
    assert found.outputs_agree and found.latency_us == US_PER_INFERENCE


def test_ports_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(DeviceStartError, match="plugged in"):
        open_port(str(tmp_path / "none"), 115200)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DeviceStartError, match="ioctl"):
        open_port(str(tmp_path / "file"), 115200)
    with pytest.raises(DeviceStartError, match="123 is no baud rate"):
        open_port("/dev/null", 123)
    with ForeignDevice(lambda data: []) as device:
        other = os.open(device.port, os.O_RDWR | os.O_NOCTTY)
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(DeviceStartError, match="in use"):
            open_port(device.port, 115200)
        os.close(other)
        open_port(device.port, 115200).close()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--infer", "0"], 2),
        (["--check-inputs", "-1"], 2),
        (["--port", "/dev/nonsense"], 6),
        (["--baud", "1"], 6),
    ],
)
def test_mistakes_are_one_line(
    tinyhil: Callable[..., Ran], example: Path, words: list[str], code: int
) -> None:
    ran = tinyhil("mlperf", example, "--port", "/dev/ptmx", *words)
    assert ran.code == code
    assert len(ran.err.strip().splitlines()) == 1
