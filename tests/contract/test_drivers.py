"""What every driver must do (targets/drivers/protocol.py), with the real images on every target."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.build.images import build_image
from harness.build.toolchain import findings as build_findings
from targets.catalogue import load_catalogue
from targets.deadline import Deadline
from targets.drivers import driver_for
from targets.drivers.protocol import Capability, Device, Driver
from targets.drivers.qemu import QemuDriver
from targets.errors import (
    DeadlineExceededError,
    DeviceGoneError,
    DeviceStartError,
    MemoryLimitError,
    MissingToolError,
)
from targets.schema import QemuSettings, Target
from tests.emulated import one_per_machine

ROOT = Path(__file__).resolve().parents[2]
BANNER = b"m-init-done\r\nm-ready\r\n"
NAMES = ("native", *one_per_machine())
STARTS = 5


@dataclass(frozen=True)
class Bench:
    """A target with its driver and image."""

    target: Target
    driver: Driver
    image: Path

    def start(self, slot: bytes | None = None) -> Device:
        return self.driver.start(self.image, slot, soon())


def soon() -> Deadline:
    return Deadline.after(30.0)


def _params(names: tuple[str, ...]) -> list[object]:
    marks = {name: [pytest.mark.emulator] if name != "native" else [] for name in names}
    return [pytest.param(name, marks=marks[name]) for name in names]


@pytest.fixture(scope="module", params=_params(NAMES))
def bench(request: pytest.FixtureRequest) -> Bench:
    return make_bench(request.param)


@pytest.fixture(scope="module", params=_params(NAMES[1:]))
def qemu_bench(request: pytest.FixtureRequest) -> Bench:
    return make_bench(request.param)


def make_bench(name: str) -> Bench:
    target = load_catalogue().target(name)
    driver = driver_for(target)
    missing = [f.what for f in (*driver.findings(), *build_findings(target)) if not f.ok]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    image = build_image(target, "plan", "reference", Deadline.after(300.0))
    return Bench(target, driver, image.elf)


def read_until(device: Device, end: bytes) -> bytes:
    deadline, said = soon(), b""
    while not said.endswith(end):
        chunk = device.stream.read(4096, deadline)
        assert chunk, f"nothing more than {said!r}; the emulator says: {device.last_words()}"
        said += chunk
    return said


def ask(device: Device, command: bytes) -> bytes:
    device.stream.write(command, soon())
    return read_until(device, b"m-ready\r\n")


def pid_of(device: Device) -> int:
    return int(device.pid)  # type: ignore[attr-defined]


def runs(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def wait_until(what: Callable[[], bool]) -> bool:
    deadline = soon()
    while not what() and not deadline.expired():
        time.sleep(0.01)
    return what()


def test_findings_and_version(bench: Bench) -> None:
    assert all(finding.ok and finding.detail for finding in bench.driver.findings())
    assert re.search(r"\d+\.\d+", bench.driver.version())
    assert Capability.PRELOAD | Capability.RESET in bench.driver.capabilities


def test_banner_is_complete_at_every_start(bench: Bench) -> None:
    for _ in range(STARTS):
        with bench.start() as device:
            assert device.alive()
            assert read_until(device, b"m-ready\r\n") == BANNER


def test_conversation(bench: Bench) -> None:
    with bench.start() as device:
        read_until(device, BANNER)
        for _ in range(20):
            reply = ask(device, b"name%")
            assert reply.startswith(b"m-name-") and b"tinyhil" in reply


def test_a_burst_arrives_whole(bench: Bench) -> None:
    with bench.start() as device:
        read_until(device, BANNER)
        device.stream.write(b"name%" * 100, soon())
        said = b""
        while said.count(b"m-ready\r\n") < 100:
            said += read_until(device, b"\n")
        one = b"m-name-dut-[tinyhil]\r\nm-ready\r\n"
        assert said == one * 100


def test_reset_says_the_banner_again(bench: Bench) -> None:
    with bench.start(b"\x01" * 64) as device:
        read_until(device, BANNER)
        for _ in range(3):
            device.reset(soon())
            assert read_until(device, b"m-ready\r\n") == BANNER
            assert b"tinyhil" in ask(device, b"name%")


@pytest.mark.parametrize("size", [1, 4096, None])
def test_preload_fills_the_slot(bench: Bench, size: int | None) -> None:
    content = os.urandom(size or bench.target.memory.slot.length)
    with bench.start(content) as device:
        read_until(device, BANNER)
        assert slot_crc(device, len(content)) == zlib.crc32(content)
        device.reset(soon())
        read_until(device, BANNER)
        assert slot_crc(device, len(content)) == zlib.crc32(content)


def test_stop_leaves_nothing(bench: Bench) -> None:
    before = set(Path("/proc/self/fd").iterdir())
    device = bench.start(b"\x02" * 1000)
    pid = pid_of(device)
    assert runs(pid)
    device.stop()
    assert not runs(pid) and not device.alive()
    device.stop()
    assert set(Path("/proc/self/fd").iterdir()) == before
    with pytest.raises(DeviceGoneError):
        device.stream.read(1, soon())


def test_leaving_by_an_error_stops_it(bench: Bench) -> None:
    pid = 0
    with pytest.raises(RuntimeError, match="oops"), bench.start() as device:
        pid = pid_of(device)
        raise RuntimeError("oops")
    assert pid and not runs(pid)


def test_death_of_the_device_is_told(bench: Bench) -> None:
    with bench.start() as device:
        read_until(device, BANNER)
        os.kill(pid_of(device), signal.SIGKILL)
        with pytest.raises(DeviceGoneError) as caught:
            while device.stream.read(64, soon()):
                pass
        assert caught.value.target == bench.target.name
        assert wait_until(lambda: not device.alive())
        with pytest.raises(DeviceGoneError):
            device.stream.write(bytes(1 << 20), soon())


def test_silence_ends_at_the_deadline(bench: Bench) -> None:
    with bench.start() as device:
        read_until(device, BANNER)
        assert device.stream.read(1, Deadline.after(0.0)) == b""
        assert device.stream.read(1, Deadline.after(0.05)) == b""


def test_a_device_that_takes_no_bytes(bench: Bench) -> None:
    with bench.start() as device:
        read_until(device, BANNER)
        os.kill(pid_of(device), signal.SIGSTOP)
        with pytest.raises(DeadlineExceededError, match="took"):
            device.stream.write(bytes(1 << 24), Deadline.after(0.2))
        os.kill(pid_of(device), signal.SIGCONT)


def test_slot_too_large_is_refused(bench: Bench) -> None:
    limit = bench.target.memory.slot.length
    with pytest.raises(MemoryLimitError) as caught:
        bench.start(bytes(limit + 1))
    assert (caught.value.need_bytes, caught.value.limit_bytes) == (limit + 1, limit)


def test_broken_images_are_refused(bench: Bench, tmp_path: Path) -> None:
    whole = bench.image.read_bytes()
    for name, content in (
        ("empty", b""),
        ("text", b"#!/nonexistent/interpreter\n"),
        ("header", whole[:40]),
        ("script", b"touch " + bytes(str(tmp_path / "executed"), "ascii")),
        ("noise", whole[:4] + os.urandom(400)),
        ("cut", whole[: len(whole) // 50]),
    ):
        image = tmp_path / name
        image.write_bytes(content)
        image.chmod(0o755)
        with pytest.raises(DeviceStartError) as caught:
            bench.driver.start(image, None, soon())
        assert name in str(caught.value)
    assert not (tmp_path / "executed").exists()
    with pytest.raises(DeviceStartError):
        bench.driver.start(tmp_path / "absent", None, soon())


def test_image_of_another_target_is_refused(qemu_bench: Bench) -> None:
    foreign = make_bench("native").image
    with pytest.raises(DeviceStartError, match=r"no (Arm|RISC-V) executable"):
        qemu_bench.driver.start(foreign, None, soon())


def test_image_outside_the_memory_is_refused(qemu_bench: Bench) -> None:
    target = qemu_bench.target
    memory = target.memory.model_dump()
    memory["ram"]["origin"] += memory["ram"]["length"]
    moved = target.model_copy(update={"memory": type(target.memory).model_validate(memory)})
    with pytest.raises(DeviceStartError, match="outside the target's memory"):
        driver_for(moved).start(qemu_bench.image, None, soon())


def test_what_the_emulator_says_is_told(qemu_bench: Bench) -> None:
    driver = driver_for(with_settings(qemu_bench.target, machine="no-such-machine"))
    with pytest.raises(DeviceStartError, match="machine type"):
        driver.start(qemu_bench.image, None, soon())
    assert [finding.ok for finding in driver.findings()] == [True, True, False]


def test_missing_program(qemu_bench: Bench) -> None:
    driver = driver_for(with_settings(qemu_bench.target, program="no-such-qemu"))
    with pytest.raises(MissingToolError, match="no-such-qemu"):
        driver.start(qemu_bench.image, None, soon())
    finding = driver.findings()[0]
    assert not finding.ok and finding.way_out


@pytest.mark.emulator
@pytest.mark.parametrize("question", ["--version", "--help"])
def test_a_killed_emulator_is_not_taken_for_one_without_plugins(
    tmp_path: Path, question: str
) -> None:
    """What it did not say is not remembered either."""
    target = load_catalogue().target("qemu-cortex-m4")
    assert isinstance(target.driver, QemuSettings)
    real = shutil.which(target.driver.program)
    killed = tmp_path / "killed"
    killed.touch()
    program = tmp_path / "qemu"
    program.write_text(
        f'#!/bin/sh\nif [ "$1" = {question} ] && [ -e {killed} ]; then kill -9 $$; fi\nexec {real} "$@"\n'
    )
    program.chmod(0o755)
    driver = driver_for(with_settings(target, program=str(program)))
    assert isinstance(driver, QemuDriver)
    assert [finding.ok for finding in driver.findings()] == [False]
    with pytest.raises(DeviceStartError, match="killed by signal 9"):
        driver.plugin_api()
    killed.unlink()
    assert driver.plugin_api() > 0
    assert all(finding.ok for finding in driver.findings())


HARNESS = """
import sys
from pathlib import Path
from targets.catalogue import load_catalogue
from targets.deadline import Deadline
from targets.drivers import driver_for
driver = driver_for(load_catalogue().target(sys.argv[1]))
device = driver.start(Path(sys.argv[2]), b"12345678", Deadline.after(30))
said = b""
while not said.endswith(b"m-ready\\r\\n"):
    said += device.stream.read(100, Deadline.after(30))
if sys.argv[3] == "reset":
    device.stream.write(bytes.fromhex(sys.argv[4]), Deadline.after(30))
    said = b""
    while not said.endswith(b"m-ready\\r\\n"):
        said += device.stream.read(100, Deadline.after(30))
print(device.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("before", ["nothing", "reset"])
def test_kill_of_the_harness_leaves_no_device(bench: Bench, before: str) -> None:
    arguments = [bench.target.name, str(bench.image), before, frame(0x23, b"").hex()]
    with subprocess.Popen(
        [sys.executable, "-c", HARNESS, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as harness:
        assert harness.stdout is not None
        line = harness.stdout.readline()
        harness.kill()
    pid = int(line)
    assert wait_until(lambda: not runs(pid))


def with_settings(target: Target, **changes: str) -> Target:
    assert isinstance(target.driver, QemuSettings)
    return target.model_copy(update={"driver": target.driver.model_copy(update=changes)})


def frame(kind: int, payload: bytes) -> bytes:
    """A request of docs/link.md, section 2."""
    body = bytes([kind, 1]) + payload
    body += zlib.crc32(body).to_bytes(4, "little")
    blocks = b"".join(bytes([len(part) + 1]) + part for part in body.split(b"\0"))
    return b"\x00\xa5" + blocks + b"\x00"


def slot_crc(device: Device, length: int) -> int:
    """The device's CRC-32 over the slot's first bytes."""
    device.stream.write(frame(0x12, b"\x00" + bytes(4) + length.to_bytes(4, "little")), soon())
    said = b""
    while not re.search(rb"\xa5[^\0]+\0", said):
        chunk = device.stream.read(4096, soon())
        assert chunk, said
        said += chunk
    coded = re.search(rb"\xa5([^\0]+)\0", said)
    assert coded is not None
    left, body = coded[1], b""
    while left:
        body += left[1 : left[0]] + (b"\0" if left[0] < 255 else b"")
        left = left[left[0] :]
    assert body[0] == 0x92, body
    return int.from_bytes(body[2:6], "little")
