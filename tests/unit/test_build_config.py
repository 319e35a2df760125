"""What harness/build writes for the firmware, read back by the C preprocessor."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.build.config import board_config, cmake_variables, linker_script
from harness.build.sources import firmware_dir, hash_sources
from targets.catalogue import load_catalogue
from targets.schema import Target

NAMES = tuple(name for name in load_catalogue().names() if name != "tflm-host")  # is not built
IMAGE_ID = bytes(range(240, 256))
TEMPLATE = firmware_dir() / "board" / "mcu" / "linker.ld.in"


def target(name: str) -> Target:
    return load_catalogue().target(name)


def macros_of(text: str, folder: Path) -> dict[str, str]:
    """Macros and their values as the compiler sees them."""
    if shutil.which("cc") is None:
        pytest.skip("needs cc")
    header = folder / "board_config.h"
    header.write_text(text)
    done = subprocess.run(
        ["cc", "-E", "-dM", "-x", "c", str(header)], capture_output=True, text=True, check=True
    )
    found = re.findall(r"^#define (TH_\w+) (.*)$", done.stdout, re.MULTILINE)
    return dict(found)


def number(value: str) -> int:
    return int(value.removesuffix("u"), 0)


@pytest.mark.parametrize("name", NAMES)
def test_macros_hold_what_the_target_says(name: str, tmp_path: Path) -> None:
    t = target(name)
    macros = macros_of(board_config(t, IMAGE_ID, deploy=False), tmp_path)
    assert macros["TH_TARGET_NAME"] == f'"{name}"'
    assert macros["TH_CORE_NAME"] == f'"{t.core.name}"'
    expected = {
        "TH_CLOCK_HZ": t.clock_hz,
        "TH_SLOT_BASE": t.memory.slot.origin,
        "TH_SLOT_BYTES": t.memory.slot.length,
        "TH_SLOT_WRITABLE": int(t.memory.slot.writable),
        "TH_STACK_BYTES": t.stack_bytes,
        "TH_RX_RING_BYTES": t.uart.rx_ring_bytes,
        "TH_MAX_PAYLOAD": t.uart.max_payload,
        "TH_HAS_FPU": int(t.core.fpu),
    }
    records = {"TH_UART_": t.uart, "TH_COUNTER_": t.counter, "TH_": t}
    keys = {
        "TH_UART_": ("base", "clock_hz", "baud", "rx_irq", "register_shift", "tx_pin", "rx_pin"),
        "TH_COUNTER_": ("base", "control_base", "coarse_base", "prescaler", "hz"),
        "TH_": ("plic_base",),
    }
    for prefix, record in records.items():
        for key in keys[prefix]:
            value = getattr(record, key, None)
            if value is not None and name != "native":
                expected[prefix + key.upper()] = value
    expected["TH_MAX_EVENTS"] = t.uart.max_events
    assert {key: number(macros[key]) for key in expected} == expected
    ids = [number(part.strip()) for part in macros["TH_IMAGE_ID"].strip("{} ").split(",")]
    assert bytes(ids) == IMAGE_ID


@pytest.mark.parametrize("name", NAMES)
def test_a_second_of_ticks_is_a_second_of_cycles(name: str, tmp_path: Path) -> None:
    t = target(name)
    macros = macros_of(board_config(t, IMAGE_ID, deploy=False), tmp_path)
    numerator, denominator = number(macros["TH_CYCLES_NUM"]), number(macros["TH_CYCLES_DEN"])
    per_second = t.counter.hz * numerator / denominator
    if t.driver.kind == "qemu":
        assert per_second == pytest.approx(1e9 / 2**t.driver.icount_shift)
    else:
        assert per_second == t.clock_hz


def test_every_macro_of_the_example_is_written(tmp_path: Path) -> None:
    example = (firmware_dir() / "board" / "board_config.example.h").read_text()
    wanted = set(re.findall(r"^#define (TH_\w+)", example, re.MULTILINE))
    written: set[str] = set()
    for name in NAMES:
        written |= set(macros_of(board_config(target(name), IMAGE_ID, deploy=False), tmp_path))
    assert written == wanted


def test_deploy_images_have_small_link_buffers(tmp_path: Path) -> None:
    bench = macros_of(board_config(target("native"), IMAGE_ID, deploy=False), tmp_path)
    deploy = macros_of(board_config(target("native"), IMAGE_ID, deploy=True), tmp_path)
    changed = {name for name in bench if bench[name] != deploy[name]}
    assert changed == {"TH_RX_RING_BYTES", "TH_MAX_PAYLOAD"}
    ring, payload = number(deploy["TH_RX_RING_BYTES"]), number(deploy["TH_MAX_PAYLOAD"])
    assert payload + payload // 254 + 16 < ring < number(bench["TH_RX_RING_BYTES"])


@pytest.mark.parametrize("length", [0, 15, 17])
def test_image_id_has_16_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        board_config(target("native"), bytes(length), deploy=False)


def regions_of(script: str) -> dict[str, tuple[int, int]]:
    found = re.findall(
        r"^\s*(\w+) \(\w+\)\s*: ORIGIN = (\w+), LENGTH = (\w+)$", script, re.MULTILINE
    )
    return {name: (int(origin, 0), int(length, 0)) for name, origin, length in found}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "native"])
def test_linker_script_has_the_targets_memory(name: str) -> None:
    t = target(name)
    script = linker_script(TEMPLATE.read_text(), t, deploy=False)
    assert "@" not in script.partition("MEMORY")[2]
    assert regions_of(script) == {
        "CODE": (t.memory.code.origin, t.memory.code.length),
        "RAM": (t.memory.ram.origin, t.memory.ram.length),
    }
    assert str(t.stack_bytes) in script


def test_deploy_code_may_grow_into_a_slot_that_follows_it() -> None:
    template = TEMPLATE.read_text()
    m4, m55 = target("qemu-cortex-m4"), target("qemu-cortex-m55")
    assert regions_of(linker_script(template, m4, deploy=True))["CODE"] == (0, 0x400000)
    assert regions_of(linker_script(template, m55, deploy=True))["CODE"] == (0, 0x80000)


def test_cmake_variables() -> None:
    variables = cmake_variables(target("qemu-cortex-m4"), "plan", "reference")
    assert variables["TINYHIL_FAMILY"] == "cortex_m"
    assert variables["TINYHIL_CPU_FLAGS"].split(";")[:2] == ["-mcpu=cortex-m4", "-mthumb"]
    assert cmake_variables(target("native"), "plan", "reference")["TINYHIL_CPU_FLAGS"] == ""


def test_hash_covers_what_goes_into_an_image(tmp_path: Path) -> None:
    source = tmp_path / "firmware"
    shutil.copytree(firmware_dir(), source)
    first = {family: hash_sources(source, family) for family in ("native", "cortex_m", "riscv")}
    assert len(set(first.values())) == 3

    def changed_by(name: str) -> set[str]:
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_bytes() if path.exists() else None
        path.write_bytes((before or b"") + b"\n")
        changed = {family for family in first if hash_sources(source, family) != first[family]}
        path.unlink()
        if before is not None:
            path.write_bytes(before)
        return changed

    every = {"native", "cortex_m", "riscv"}
    assert changed_by("app/app.c") == every
    assert changed_by("kernels/reference/new.c") == every
    assert changed_by("CMakeLists.txt") == every
    assert changed_by("board/board.h") == every
    assert changed_by("board/native/board.c") == {"native"}
    assert changed_by("board/cortex_m/cpu.c") == {"cortex_m"}
    assert changed_by("board/riscv/cpu.c") == {"riscv"}
    assert changed_by("board/mcu/board.c") == {"cortex_m", "riscv"}
    assert changed_by("tests/new.c") == set()
    assert {family: hash_sources(source, family) for family in first} == first


def test_renaming_a_source_changes_the_hash(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name / "app").mkdir(parents=True)
        (tmp_path / name / "app" / f"{name}.c").write_text("x")
    assert hash_sources(tmp_path / "a", "native") != hash_sources(tmp_path / "b", "native")
