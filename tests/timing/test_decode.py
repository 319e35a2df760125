"""The decoder's classes against other disassemblers: real code, and random encodings."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.build.images import build_image
from harness.microbench.device import ENGINE, KERNELS
from targets.catalogue import load_catalogue
from targets.deadline import Deadline
from tests.emulated import one_per_machine
from tests.timing import decode_random
from tests.timing.decoder import FLAGS, PLUGIN, SOURCES, Decoder
from tests.timing.disassemblers import Text, split_line
from tests.timing.oracles import RV32, THUMB

EMULATED = one_per_machine()
IMAGES = ("reference", "fast", "cmsis-nn", ENGINE)  # the plan engine's, by kernels; the benchmarks
RANDOM_COUNT = 50_000
# GCC's own code for cores with all that they can have, as far as images have none of it.
MULTILIBS = (
    ("-mthumb", "-mcpu=cortex-m0plus"),
    ("-mthumb", "-mcpu=cortex-m4", "-mfloat-abi=hard"),
    ("-mthumb", "-mcpu=cortex-m7", "-mfloat-abi=hard", "-mfpu=fpv5-d16"),
    ("-mthumb", "-mcpu=cortex-m55", "-mfloat-abi=hard"),
)


def disassembled(objdump: str, path: Path, *options: str) -> Iterator[tuple[int, int, Text | None]]:
    """Encoding (32-bit Thumb with its first half on top), its bytes, text of each instruction; no data."""
    done = subprocess.run(
        [objdump, "-d", "-z", *options, path], check=True, capture_output=True, text=True
    )
    for line in done.stdout.splitlines():
        parts = line.split("\t", 2)
        if len(parts) == 3 and parts[0].strip().endswith(":") and not parts[2].startswith("."):
            digits = parts[1].replace(" ", "")
            yield int(digits, 16), len(digits) // 2, split_line(parts[2])


def differences(decoder: Decoder, path: Path, arm: bool) -> tuple[Counter[str], list[str]]:
    """How many instructions have which class, and those that have another than objdump's text says."""
    classes: Counter[str] = Counter()
    wrong = []
    if arm:
        found = disassembled("arm-none-eabi-objdump", path, "-m", "armv8.1-m.main")
    else:
        found = disassembled("riscv64-unknown-elf-objdump", path, "-M", "no-aliases")
    oracle = (THUMB if arm else RV32)[0]
    for word, size, text in found:
        halves = (word >> 16, word & 0xFFFF) if size == 4 else (word,)
        got = decoder.thumb(*halves) if arm else decoder.rv32(word)
        want, _, _ = oracle.expected(word, text)
        classes[got.class_] += 1
        if got.class_ != want or got.bytes != size:
            wrong.append(f"{word:x}: {got.class_}, not {want}: {text}")
    return classes, wrong


@pytest.mark.emulator
@pytest.mark.parametrize("kind", IMAGES)
@pytest.mark.parametrize("name", EMULATED)
def test_images(decoder: Decoder, name: str, kind: str) -> None:
    target = load_catalogue().target(name)
    parts = (ENGINE, KERNELS) if kind == ENGINE else ("plan", kind)
    image = build_image(target, *parts, Deadline.after(300))
    classes, wrong = differences(decoder, image.elf, arm=target.family == "cortex_m")
    assert wrong == []
    assert classes["undefined"] == 0
    assert sum(classes.values()) > 5000


@pytest.mark.emulator
@pytest.mark.parametrize(
    "options", MULTILIBS, ids=lambda options: options[1].removeprefix("-mcpu=")
)
@pytest.mark.parametrize("library", ["libc.a", "libm.a"])
def test_libraries(decoder: Decoder, library: str, options: tuple[str, ...]) -> None:
    command = ["arm-none-eabi-gcc", *options, f"-print-file-name={library}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    classes, wrong = differences(decoder, Path(done.stdout.strip()), arm=True)
    assert wrong == []
    assert classes["undefined"] == 0
    assert sum(classes.values()) > 5000


@pytest.mark.emulator
def test_random_thumb(decoder: Decoder, tmp_path: Path) -> None:
    for result in decode_random.compare_thumb(decoder, RANDOM_COUNT, seed=1, folder=tmp_path):
        assert result.differences == [], result.oracle
        assert result.defined > RANDOM_COUNT / 3


@pytest.mark.emulator
def test_random_rv32(decoder: Decoder, tmp_path: Path) -> None:
    for result in decode_random.compare_rv32(decoder, RANDOM_COUNT, seed=1, folder=tmp_path):
        assert result.differences == [], result.oracle
        assert result.defined > RANDOM_COUNT / 10


def test_class_names(decoder: Decoder) -> None:
    assert decoder.classes[0] == "undefined"
    assert [decoder.class_named(name) for name in decoder.classes] == list(
        range(len(decoder.classes))
    )
    assert decoder.class_named("alu_") == len(decoder.classes)


SWEEP = Path(__file__).with_name("decode_sweep.c")


def test_any_encoding_under_sanitizers(tmp_path: Path) -> None:
    """All 16-bit and many 32-bit encodings: no fault, and what decode.h says about every result."""
    program = tmp_path / "sweep"
    sanitize = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-O1", "-g")
    sources = [SWEEP, *(PLUGIN / name for name in SOURCES)]
    command = ["cc", *FLAGS, *sanitize, f"-I{PLUGIN}", "-o", str(program), *map(str, sources)]
    subprocess.run(command, check=True)
    done = subprocess.run([program, "2000000"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
