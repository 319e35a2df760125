"""Where other disassemblers are asked, and what class their texts stand for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.timing import disassemblers, known
from tests.timing.disassemblers import Text
from tests.timing.known import Known
from tests.timing.mnemonics import arm_class, riscv_class


@dataclass(frozen=True)
class Oracle:
    """A disassembler: where it is asked, what it says, what it is wrong about."""

    name: str
    asked: Callable[[int], bool]
    texts: Callable[[Sequence[int], Path], list[Text | None]]
    classify: Callable[[str, str], str]
    known: tuple[Known, ...]

    def classes(
        self, words: Sequence[int], folder: Path
    ) -> list[tuple[str, Text | None, Known | None]]:
        """For each of `words`: the class to expect, the text it comes from, the exception that was made."""
        return [self.expected(*pair) for pair in zip(words, self.texts(words, folder), strict=True)]

    def expected(self, word: int, text: Text | None) -> tuple[str, Text | None, Known | None]:
        for exception in self.known:
            if exception.holds(word, text):
                return exception.class_, text, exception
        if text is None:
            return "undefined", None, None
        try:
            return self.classify(*text), text, None
        except KeyError:
            return "unknown", text, None


def _coprocessor(word: int) -> int | None:
    """The coprocessor's number in its space but for data processing of MVE."""
    if word >> 26 & 0b111011 != 0b111011 or word >> 24 & 0xEF == 0xEF:
        return None
    return word >> 8 & 15


def _objdump_thumb(words: Sequence[int], folder: Path) -> list[Text | None]:
    encodings = [disassemblers.thumb_bytes(word) for word in words]
    return disassemblers.objdump(disassemblers.ARM_OBJDUMP, encodings, folder)


def _capstone_thumb(words: Sequence[int], folder: Path) -> list[Text | None]:
    del folder
    engine = disassemblers.Capstone.thumb()
    return [engine.text(disassemblers.thumb_bytes(word)) for word in words]


def _llvm_thumb(words: Sequence[int], folder: Path) -> list[Text | None]:
    del folder
    return disassemblers.llvm_mc([disassemblers.thumb_bytes(word) for word in words])


def _objdump_reads(word: int) -> bool:
    """Not the coprocessors that it fills with FPA and Maverick; nor the reserved VSHLL on which version 2.40 aborts."""
    number = _coprocessor(word)
    return (number is None or number >= 8) and word & 0xEFBF0FD1 != 0xEE390E01


def _capstone_reads(word: int) -> bool:
    """Nothing of Armv8.1-M: it reads Advanced SIMD in place of MVE, ORRS for CSEL. Of coprocessors 0 to 7."""
    number = _coprocessor(word)
    if number is not None:
        return number < 8
    armv81 = (
        word & 0xF800D001 == 0xF000C001
        or word & 0xFFF08000 == 0xEA508000
        or word & 0xFFF0010D == 0xEA50010D
        or word & 0xFFFF0000 == 0xE89F0000
        or word & 0xFFF00FE0 == 0xFB500F00
        or word & 0xFFF0F0F0 == 0xFB60F000
    )
    return not armv81 and word >> 24 not in (0xEF, 0xFF) and word & 0xFF100000 != 0xF9000000


THUMB = (
    Oracle(
        "objdump",
        _objdump_reads,
        _objdump_thumb,
        arm_class,
        known.ALL_THUMB + known.COPROCESSORS + known.OBJDUMP,
    ),
    Oracle(
        "capstone", _capstone_reads, _capstone_thumb, arm_class, known.ALL_THUMB + known.CAPSTONE
    ),
    Oracle(
        "llvm-mc",
        lambda word: True,
        _llvm_thumb,
        arm_class,
        known.ALL_THUMB + known.COPROCESSORS + known.LLVM,
    ),
)


def _objdump_rv32(words: Sequence[int], folder: Path) -> list[Text | None]:
    encodings = [disassemblers.riscv_bytes(word) for word in words]
    return disassemblers.objdump(disassemblers.RISCV_OBJDUMP, encodings, folder)


def _capstone_rv32(words: Sequence[int], folder: Path) -> list[Text | None]:
    del folder
    engine = disassemblers.Capstone.rv32()
    return [engine.text(disassemblers.riscv_bytes(word)) for word in words]


RV32 = (
    Oracle("objdump", lambda word: True, _objdump_rv32, riscv_class, known.ALL_RV32),
    Oracle(
        "capstone",
        lambda word: True,
        _capstone_rv32,
        riscv_class,
        known.ALL_RV32 + known.CAPSTONE_RV32,
    ),
)
