"""The registers that a disassembler's text names, as a mask of decode.h without flags and predicates."""

from __future__ import annotations

import re

_ARM = {"sb": 9, "sl": 10, "fp": 11, "ip": 12, "sp": 13, "lr": 14, "pc": 15}
_RISCV = [
    "zero",
    "ra",
    "sp",
    "gp",
    "tp",
    "t0",
    "t1",
    "t2",
    "s0",
    "s1",
    *(f"a{n}" for n in range(8)),
]
_RISCV += [*(f"s{n}" for n in range(2, 12)), *(f"t{n}" for n in range(3, 7))]
_NAME = re.compile(r"\b(r1[0-5]|r\d|s[blp]|fp|ip|lr|pc|[sdq]\d+)\b(?:-(\w+))?")
_WIDTH = {"s": 1, "d": 2, "q": 4}


def arm_registers(operands: str) -> int:
    """R, S, D and Q registers, and ranges of them in lists."""
    mask = 0
    for first, last in _NAME.findall(operands):
        start, end = _arm_bits(first), _arm_bits(last or first)
        mask |= (1 << end[1]) - (1 << start[0])
    return mask


def _arm_bits(name: str) -> tuple[int, int]:
    """The first bit of a register, and the one behind its last."""
    if name in _ARM:
        return _ARM[name], _ARM[name] + 1
    number = int(name[1:])
    if name[0] == "r":
        return number, number + 1
    width = _WIDTH[name[0]]
    return 32 + number * width, 32 + (number + 1) * width


def riscv_registers(operands: str) -> int:
    """X registers by their names in the calling convention."""
    names = re.findall(r"[a-z]+\d*", re.sub(r"0x[0-9a-f]+", "", operands))
    return sum(1 << _RISCV.index(name) for name in set(names) & set(_RISCV) if name != "zero")
