"""Disassemblers of others, over lists of single instructions.

Each gives the texts in order: mnemonic and operands apart, or None for what is not an instruction.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import capstone  # type: ignore[import-untyped]

Text = tuple[str, str]

ARM_OBJDUMP = ("arm-none-eabi-objdump", "-b", "binary", "-m", "armv8.1-m.main", "-M", "force-thumb")
RISCV_OBJDUMP = (
    "riscv64-unknown-elf-objdump",
    "-b",
    "binary",
    "-m",
    "riscv:rv32",
    "-M",
    "no-aliases",
)
_LINE = re.compile(r"\s*([0-9a-f]+):\t([0-9a-f ]+?)\s*\t(.*)")


def thumb_bytes(word: int) -> bytes:
    """Of a 16-bit instruction, or of a 32-bit one written as one word with its first half on top."""
    if word < 0x10000:
        return word.to_bytes(2, "little")
    return (word >> 16).to_bytes(2, "little") + (word & 0xFFFF).to_bytes(2, "little")


def riscv_bytes(word: int) -> bytes:
    return word.to_bytes(4 if word & 3 == 3 else 2, "little")


def split_line(text: str) -> Text | None:
    """Part objdump's text of an instruction; what it says about undefined ones is None."""
    if re.search(
        r"<(illegal|undefined|UNDEFINED)\b|bfcsel.*<und>|\?|undefined (instruction|\()", text
    ):
        return None
    text = re.sub(r"\s+[@;#] .*|\s*<.*", "", text).strip()
    if not text or text.startswith((".", "0x")):
        return None
    mnemonic, *operands = text.split(maxsplit=1)
    return mnemonic, "".join(operands)


def objdump(command: Sequence[str], encodings: Sequence[bytes], folder: Path) -> list[Text | None]:
    """Let objdump read the instructions one after the other."""
    path = folder / "encodings.bin"
    path.write_bytes(b"".join(encodings))
    done = subprocess.run([*command, "-D", "-z", path], check=True, capture_output=True, text=True)
    at: dict[int, Text | None] = {}
    for line in done.stdout.splitlines():
        if match := _LINE.match(line):
            at[int(match[1], 16)] = split_line(match[3])
    texts: list[Text | None] = []
    address = 0
    for encoding in encodings:
        if address not in at:
            raise ValueError(f"objdump lost step at {address:#x}, {encoding.hex()}")
        texts.append(at[address])
        address += len(encoding)
    return texts


LLVM_MC = (
    "llvm-mc",
    "-disassemble",
    "-triple=thumbv8.1m.main",
    "-mattr=+mve.fp,+fp-armv8d16,+fullfp16,+dsp,+lob,+8msecext,+pacbti",
)


def llvm_mc(encodings: Sequence[bytes]) -> list[Text | None]:
    """Let llvm-mc read them, each in a bracket of its own."""
    lines = ("[" + " ".join(f"{byte:#04x}" for byte in encoding) + "]\n" for encoding in encodings)
    done = subprocess.run(
        LLVM_MC, input="".join(lines), check=False, capture_output=True, text=True
    )
    bad = {
        int(line) for line in re.findall(r"^<stdin>:(\d+):\d+: warning: invalid", done.stderr, re.M)
    }
    said = [line.strip() for line in done.stdout.splitlines() if line.strip() not in ("", ".text")]
    if len(said) + len(bad) != len(encodings):
        raise ValueError(f"llvm-mc lost step: {len(said)} + {len(bad)} of {len(encodings)}")
    good = iter(said)
    texts: list[Text | None] = []
    for line in range(1, len(encodings) + 1):
        if line in bad:
            texts.append(None)
        else:
            mnemonic, *operands = next(good).split(maxsplit=1)
            texts.append((mnemonic, "".join(operands)))
    return texts


class Capstone:
    """Capstone, one instruction at a time."""

    def __init__(self, architecture: int, mode: int) -> None:
        self._engine = capstone.Cs(architecture, mode)

    @classmethod
    def thumb(cls) -> Capstone:
        mode = capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS
        return cls(capstone.CS_ARCH_ARM, mode)

    @classmethod
    def rv32(cls) -> Capstone:
        return cls(capstone.CS_ARCH_RISCV, capstone.CS_MODE_RISCV32 | capstone.CS_MODE_RISCVC)

    def text(self, encoding: bytes) -> Text | None:
        for _, size, mnemonic, operands in self._engine.disasm_lite(encoding, 0):
            return (mnemonic, operands) if size == len(encoding) else None
        return None
