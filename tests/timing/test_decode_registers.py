"""Registers, flags, counts and accesses of instructions: those of decode_cases.py, and what disassemblers name."""

from __future__ import annotations

import itertools
import re
import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from tests.timing.canonical import canonical
from tests.timing.decode_cases import NAMES, TABLES, Case, cases
from tests.timing.decode_random import rv32_words, there, thumb_words
from tests.timing.decoder import Decoder, Insn
from tests.timing.disassemblers import Text
from tests.timing.named import arm_registers, riscv_registers
from tests.timing.oracles import RV32 as RV32_ORACLES
from tests.timing.oracles import THUMB as THUMB_ORACLES

pytestmark = pytest.mark.emulator

ARM_AS = ("arm-none-eabi-as", "-march=armv8.1-m.main+dsp+mve.fp+fp.dp+pacbti", "-mthumb")
RISCV_AS = ("riscv64-unknown-elf-as", "-march=rv32imac_zicsr_zifencei", "-mabi=ilp32")


def assembled(command: tuple[str, ...], texts: list[str], folder: Path) -> list[bytes]:
    """The bytes of each of `texts`, which are labelled to be told apart."""
    header = ".syntax unified\n.thumb\n" if command is ARM_AS else ".option norelax\n"
    body = "".join(f"i{n}:\n{text}\n" for n, text in enumerate(texts))
    source, result = folder / "cases.s", folder / "cases.o"
    source.write_text(f"{header}.space 4096\n{body}end:\n.space 4096\n", encoding="ascii")
    subprocess.run([*command, "-o", result, source], check=True)
    with result.open("rb") as stream:
        elf = ELFFile(stream)
        symbols, text = elf.get_section_by_name(".symtab"), elf.get_section_by_name(".text")
        assert isinstance(symbols, SymbolTableSection) and text is not None
        code = text.data()
        at = {
            s.name: s["st_value"] & ~1
            for s in symbols.iter_symbols()
            if re.match(r"i\d+$|end$", s.name)
        }
    ends = [at[f"i{n}"] for n in range(len(texts))] + [at["end"]]
    return [code[start:end] for start, end in itertools.pairwise(ends)]


@pytest.mark.parametrize("name", TABLES)
def test_formats(decoder: Decoder, tmp_path: Path, name: str) -> None:
    table = cases(TABLES[name])
    arm = name != "RV32"
    encodings = assembled(ARM_AS if arm else RISCV_AS, [case.text for case in table], tmp_path)
    for case, encoding in zip(table, encodings, strict=True):
        if arm:
            halves = [
                int.from_bytes(encoding[at : at + 2], "little") for at in range(0, len(encoding), 2)
            ]
            insn = decoder.thumb(*halves)
        else:
            insn = decoder.rv32(int.from_bytes(encoding, "little"))
        got = Case(
            text=case.text,
            class_=insn.class_,
            masks={"w": insn.writes, "a": insn.address, "r": insn.reads, "l": insn.late},
            flags=insn.flags,
            count=insn.count,
            access=insn.access,
        )
        assert insn.bytes == len(encoding), case.text
        assert got == case


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        (0xBF08, 0, 1),  # IT EQ
        (0xBF04, 0, 2),  # ITT EQ
        (0xBF0E, 0, 3),  # ITEE EQ
        (0xBF01, 0, 4),  # ITTTT EQ
        (0xFE71, 0x0F4D, 1),  # VPST
        (0xFE31, 0x8F4D, 2),  # VPSTT
        (0xFE31, 0x2F4D, 4),  # VPSTTTT
        (0xFE41, 0x0F00, 1),  # VPT.I8 EQ
        (0xFE01, 0x4F00, 3),  # VPTTT.I8 EQ
        (0xFE01, 0x0F00, 0),  # VCMP.I8 EQ
    ],
)
def test_blocks(decoder: Decoder, first: int, second: int, count: int) -> None:
    assert decoder.thumb(first, second).count == count


@pytest.mark.parametrize("mark", [0x46, 0x47, 0x4F])
def test_marks(decoder: Decoder, mark: int) -> None:
    short = decoder.thumb(0xBF00 | (mark - 0x40) << 4)
    long = decoder.thumb(0xF3AF, 0x8000 | mark)
    riscv = decoder.rv32(mark << 20 | 0x2013)
    assert {(insn.mark, insn.class_) for insn in (short, long, riscv)} == {(mark, "nop")}


def test_what_is_no_mark(decoder: Decoder) -> None:
    hints = [decoder.thumb(0xBF00 | n << 4).mark for n in range(6)]
    long = [decoder.thumb(0xF3AF, 0x8000 | n).mark for n in (0x00, 0x14, 0x3F, 0xF0)]
    riscv = [
        decoder.rv32(word).mark for word in (0x13, 0x03F02013, 0x0F002013, 0x04602093, 0x0460A013)
    ]
    assert {*hints, *long, *riscv} == {0}


def test_data_is_undefined(decoder: Decoder) -> None:
    """What no M-profile core has: BLX (immediate), SETEND, SMC, LDREXD, Advanced SIMD, D16."""
    for first, second in (
        (0xF000, 0xE800),
        (0xB658, 0),
        (0xF7F0, 0x8000),
        (0xE8D1, 0x127F),
        (0xF922, 0x070F),
        (0xEE70, 0x0B00),
        (0xEF40, 0x0840),
    ):
        assert decoder.thumb(first, second).class_ == "undefined", f"{first:x} {second:x}"


RANDOM_COUNT = 30_000
_FLAGS = NAMES["apsr"] | NAMES["vpr"]


def unnamed(text: Text, insn: Insn) -> int:
    """The registers that the mnemonic stands for but the text does not name."""
    if insn.class_ in ("branch_link", "branch_link_reg") and "call" in insn.flags:
        return insn.writes
    if text[0].startswith(("push", "pop", "vpush", "vpop")):
        return NAMES["sp"]
    return NAMES["pc"] if text[0].startswith("adr") else 0


def is_clear(text: Text, insn: Insn) -> bool:
    """Not a hint that names registers, a lane named by another register's, or a text that stops short."""
    lane = text[0].startswith("vmov.") and "[" in text[1]
    short = text[1].startswith(",") or text[1].endswith(",") or text[0].startswith(("stmia", "bf"))
    return insn.class_ != "nop" and not lane and not short


@pytest.mark.parametrize("arm", [True, False], ids=["thumb", "rv32"])
def test_named_registers(decoder: Decoder, tmp_path: Path, arm: bool) -> None:
    """All masks together hold the registers that a disassembler's text names."""
    if arm:
        words = [*range(0xE800), *map(canonical, thumb_words(RANDOM_COUNT, seed=2))]
    else:
        words = [*(w for w in range(0x10000) if w & 3 != 3), *rv32_words(RANDOM_COUNT, seed=2)]
    for oracle in filter(there, THUMB_ORACLES if arm else RV32_ORACLES):
        asked = [word for word in words if oracle.asked(word)]
        compared, wrong = 0, []
        for word, (_, text, known) in zip(asked, oracle.classes(asked, tmp_path), strict=True):
            halves = (word >> 16, word & 0xFFFF) if word > 0xFFFF else (word,)
            insn = decoder.thumb(*halves) if arm else decoder.rv32(word)
            if known is not None or text is None or not is_clear(text, insn):
                continue
            compared += 1
            got = (insn.writes | insn.address | insn.reads | insn.late) & (~_FLAGS if arm else ~0)
            named = arm_registers(text[1]) if arm else riscv_registers(text[1])
            if got | unnamed(text, insn) != named | unnamed(text, insn):
                wrong.append(f"{word:x} {text}: {got ^ named:x}")
        assert wrong == [], oracle.name
        assert compared > RANDOM_COUNT
