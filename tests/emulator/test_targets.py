"""Every emulated target runs small models, exactly and repeatably, and refuses what its real part does not hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import targets
from harness.build.images import build_image
from harness.build.sizes import measure_sizes
from harness.build.toolchain import findings as build_findings
from harness.errors import DeviceRefusedError
from harness.link.messages import Space
from harness.link.session import Session
from harness.link.transcript import Transcript
from models.tflite.writer import ModelBuilder
from targets.catalogue import load_catalogue
from targets.deadline import Deadline
from targets.drivers import driver_for
from tests.emulated import emulated, one_per_machine
from tests.emulator.conftest import Ran

pytestmark = pytest.mark.emulator

EMULATED = emulated()
SMALL = ("qemu-cortex-m0", "qemu-cortex-m0plus")  # 16 KiB of RAM


def network(side: int, channels: int, depth: int = 0) -> bytes:
    """conv 3x3 / 2, `depth` x conv 3x3, depthwise 3x3, dense, softmax on (1, side, side, 3); random but fixed."""
    classes = 5
    rng = np.random.default_rng(5)
    b = ModelBuilder(f"net{side}x{channels}")

    def weights(name: str, shape: tuple[int, ...], count: int, input_scale: float) -> list[int]:
        values = rng.integers(-127, 128, shape).astype(np.int8)
        bias = rng.integers(-2000, 2000, count).astype(np.int32)
        return [
            b.constant(name, values, scale=0.01),
            b.constant(f"{name}/bias", bias, scale=input_scale * 0.01),
        ]

    half = side // 2
    flat_shape = (1, half * half * channels)
    x = b.tensor("x", (1, side, side, 3), scale=0.02, zero_point=-3)
    y = b.tensor("y", (1, half, half, channels), scale=0.05, zero_point=-128)
    z = b.tensor("z", (1, half, half, channels), scale=0.08, zero_point=3)
    flat = b.tensor("flat", flat_shape, scale=0.08, zero_point=3)
    logits = b.tensor("logits", (1, classes), scale=0.1, zero_point=7)
    scores = b.tensor("scores", (1, classes), scale=1 / 256, zero_point=-128)
    conv = weights("conv", (channels, 3, 3, 3), channels, 0.02)
    depthwise = weights("depthwise", (1, 3, 3, channels), channels, 0.05)
    dense = weights("dense", (classes, flat_shape[1]), classes, 0.08)
    stride_2 = {"padding": "SAME", "stride_w": 2, "stride_h": 2}
    stride_1 = {"padding": "SAME", "stride_w": 1, "stride_h": 1, "depth_multiplier": 1}
    b.operator("CONV_2D", [x, *conv], [y], options=stride_2, fused_activation_function="RELU")
    for i in range(depth):
        more = weights(f"conv{i}", (channels, 3, 3, channels), channels, 0.05)
        source, y = y, b.tensor(f"y{i}", (1, half, half, channels), scale=0.05, zero_point=-128)
        one = {"padding": "SAME", "stride_w": 1, "stride_h": 1}
        b.operator("CONV_2D", [source, *more], [y], options=one)
    b.operator("DEPTHWISE_CONV_2D", [y, *depthwise], [z], options=stride_1)
    shape = b.constant("shape", np.array(flat_shape, np.int32))
    b.operator("RESHAPE", [z, shape], [flat], new_shape=flat_shape)
    b.operator("FULLY_CONNECTED", [flat, *dense], [logits])
    b.operator("SOFTMAX", [logits], [scores], beta=1.0)
    return b.build([x], [scores])


def file(folder: Path, name: str, content: bytes) -> Path:
    path = folder / f"{name}.tflite"
    path.write_bytes(content)
    return path


def on(*names: str) -> list[str]:
    return [word for name in names for word in ("--target", name)]


def error_lines(ran: Ran) -> list[str]:
    assert "Traceback" not in ran.err, ran.err
    return [line for line in ran.err.splitlines() if line.startswith("tinyhil: ")]


def one_line(ran: Ran) -> str:
    lines = error_lines(ran)
    assert len(lines) == 1, ran.err
    return lines[0]


def test_exact_outputs_and_the_same_counts_in_every_run(
    tinyhil: Callable[..., Ran], tmp_path: Path
) -> None:
    model = file(tmp_path, "small", network(8, 8))
    words = ["run", model, *on(*EMULATED), "--check-inputs", "20", "--repeat", "20", "--json"]
    ran, again = tinyhil(*words), tinyhil(*words)
    assert ran.code == again.code == 0, ran.err + again.err
    measurements = ran.json()["measurements"]
    assert [m["target"] for m in measurements] == list(EMULATED)
    for m, same in zip(measurements, again.json()["measurements"], strict=True):
        target = load_catalogue().target(m["target"])
        assert m["check"]["bit_exact"] is True and m["check"]["inputs"] == 20
        latency, memory = m["latency"], m["memory"]
        assert latency == same["latency"]
        if target.memory_timing is None:  # elsewhere caches warm up from repeat to repeat
            # The counters of a branch predictor may need a second inference to settle.
            timing = target.core.timing
            settling = 1 if timing is not None and timing.predictor_entries else 0
            assert len(set(latency["cycles_all"][settling:])) == 1, m["target"]
        assert latency["us"] == pytest.approx(latency["cycles"] * 1e6 / target.clock_hz)
        assert memory["ram_bytes"] <= target.memory.ram.length
        assert (m["energy"]["uj"] is None) == (target.power is None)


def test_counts_survive_many_wraps_of_the_counter(
    tinyhil: Callable[..., Ran], tmp_path: Path
) -> None:
    # SysTick wraps after 4,096,000 instructions. The profiled inference reads it around every operator, each of
    # which is shorter than that; the timed one reads it at its ends only.
    model = file(tmp_path, "long", network(16, 16, depth=9))
    words = ["--timing", "none", "--json", "--repeat", "2"]
    ran = tinyhil("run", model, *on("qemu-cortex-m0"), *words)
    assert ran.code == 0, ran.err
    latency = ran.json()["measurements"][0]["latency"]
    layers = [layer["cycles"] for layer in latency["layers"]]
    assert max(layers) < 4_096_000
    assert latency["cycles"] > 3 * 4_096_000
    assert abs(latency["cycles"] - sum(layers)) < 2000


def test_cores_of_one_instruction_set_count_the_same(
    tinyhil: Callable[..., Ran], tmp_path: Path
) -> None:
    """Cortex-M4 on two machines with different counters; the few words that differ are the link's and the counter's."""
    model = file(tmp_path, "small", network(8, 8))
    words = ["--timing", "none", "--json"]
    ran = tinyhil("run", model, *on("qemu-cortex-m4", "qemu-stm32f405"), *words)
    assert ran.code == 0, ran.err
    a, b = (m["latency"] for m in ran.json()["measurements"])
    assert abs(a["cycles"] - b["cycles"]) < 60
    for one, other in zip(a["layers"], b["layers"], strict=True):
        assert abs(one["cycles"] - other["cycles"]) < 30


@pytest.mark.parametrize(
    ("content", "numbers"),
    [
        (lambda: network(64, 32), r"the model slot of qemu-cortex-m0 holds 131,072"),
        (lambda: network(40, 8), r"RAM of qemu-cortex-m0 holds 16,384"),
    ],
)
def test_what_a_16_kib_part_does_not_hold_is_refused(
    tinyhil: Callable[..., Ran],
    tmp_path: Path,
    content: Callable[[], bytes],
    numbers: str,
) -> None:
    model = file(tmp_path, "large", content())
    ran = tinyhil("run", model, *on("qemu-cortex-m0"))
    assert ran.code == 5
    assert re.search(numbers, one_line(ran))


def test_static_data_counts_against_the_ram(tinyhil: Callable[..., Ran], tmp_path: Path) -> None:
    """A larger and a larger network: all run, until one is refused before it starts."""
    codes = []
    for side in range(24, 44, 4):
        ran = tinyhil(
            "run",
            file(tmp_path, f"net{side}", network(side, 8)),
            *on("qemu-cortex-m0"),
            *("--json", "--repeat", "1", "--check-inputs", "1"),
        )
        codes.append(ran.code)
        if ran.code:
            assert "static data" in one_line(ran) and "16,384" in one_line(ran)
            break
    assert codes[0] == 0 and codes[-1] == 5 and set(codes[:-1]) == {0}


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "refused"),
    [("kws_ref_model", "RAM of {}"), ("ad01_int8", "slot of {}")],
)
def test_shared_models_where_they_fit(
    tinyhil: Callable[..., Ran], shared_models: Path, name: str, refused: str
) -> None:
    words = ["--check-inputs", "20", "--repeat", "2", "--json"]
    ran = tinyhil("run", shared_models / f"{name}.tflite", *on(*EMULATED), *words)
    assert ran.code == 5
    lines = sorted(error_lines(ran))
    assert len(lines) == len(SMALL)
    for line, target in zip(lines, SMALL, strict=True):
        assert f"{refused.format(target)} holds" in line
    measurements = ran.json()["measurements"]
    assert [m["target"] for m in measurements] == [n for n in EMULATED if n not in SMALL]
    assert all(m["check"]["bit_exact"] and m["check"]["inputs"] == 20 for m in measurements)


@pytest.mark.parametrize(
    ("name", "ram", "length", "said"),
    [
        ("qemu-cortex-m0", "0x00004000", "0x00008000", "HardFault"),
        ("qemu-cortex-m33", "0x00400000", "0x00800000", "BusFault: PRECISERR at 0x387ff"),
        ("qemu-stm32f405", "0x00020000", "0x00040000", "BusFault: PRECISERR at 0x2003ff"),
        (
            "qemu-riscv32",
            "0x80400000\nlength = 0x00400000",
            "0x84000000\nlength = 0x08000000",
            "store access fault, at 0x8bfff",
        ),
    ],
)
def test_fault_is_reported(
    tinyhil: Callable[..., Ran], tmp_path: Path, name: str, ram: str, length: str, said: str
) -> None:
    """A target file that claims more RAM than the machine has: the outputs' copy lies where nothing is."""
    text = (Path(targets.__file__).parent / "catalog" / f"{name}.toml").read_text()
    assert text.count(ram) >= 1
    text = text.replace(f'"{name}"', '"mine"').replace(ram, length, 1)
    (tmp_path / "mine.toml").write_text(text)
    model = file(tmp_path, "small", network(8, 8))
    ran = tinyhil("run", model, *on("mine"), env={"TINYHIL_TARGETS": str(tmp_path)})
    assert ran.code == 6
    assert said in one_line(ran)


@pytest.fixture(scope="module", params=one_per_machine())
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    target = load_catalogue().target(request.param)
    driver = driver_for(target)
    missing = [f.what for f in (*driver.findings(), *build_findings(target)) if not f.ok]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    image = build_image(target, "plan", "reference", Deadline.after(300))
    with driver.start(image.elf, b"\x5a" * 1000, Deadline.after(30)) as device:
        session = Session(device.stream, Transcript(), target=target.name)
        session.wait_ready(Deadline.after(30))
        hello = session.hello(Deadline.after(30))
        # Compared here, where the image is at hand.
        ram = target.memory.ram.length - target.stack_bytes - measure_sizes(image).static_bytes
        assert 0 <= ram - hello.arena_bytes < 32
        yield session


def test_hello_tells_the_targets_memory(session: Session) -> None:
    hello = session.hello(Deadline.after(30))
    target = load_catalogue().target(hello.target)
    assert hello.core == target.core.name
    assert hello.clock_hz == target.clock_hz
    assert hello.slot_bytes == target.memory.slot.length
    assert hello.stack_bytes == target.stack_bytes
    assert hello.slot_writable == target.memory.slot.writable


def test_slot_is_written_only_where_hello_says_so(session: Session) -> None:
    hello = session.hello(Deadline.after(30))
    if hello.slot_writable:
        session.write(Space.SLOT, 500, b"new", Deadline.after(30))
        expected = b"\x5a" * 10 + b"new" + b"\x5a" * 10
    else:
        with pytest.raises(DeviceRefusedError, match="not writable"):
            session.write(Space.SLOT, 500, b"new", Deadline.after(30))
        expected = b"\x5a" * 23
    assert session.read(Space.SLOT, 490, 23, Deadline.after(30)) == expected


def test_restart_through_the_link(session: Session) -> None:
    before = session.hello(Deadline.after(30))
    assert session.reset(Deadline.after(30)) == before
