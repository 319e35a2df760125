"""What other disassemblers are known to be wrong about.

An exception names the encodings that it is about by mask and value, the texts of the disassembler by
a pattern (None: it calls the encoding undefined), the class that is right, and why. It holds where
all of them match; what it covers is thus still checked, against its own class.
Sources: Armv8-M Architecture Reference Manual (DDI 0553), the pages of the instructions named; RISC-V
Unprivileged ISA 20191213.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.timing.disassemblers import Text


@dataclass(frozen=True)
class Known:
    """An encoding that a disassembler is wrong about."""

    mask: int
    value: int
    text: str | None
    class_: str
    why: str
    some: int = 0  # at least one of these bits is set, unless 0

    def holds(self, word: int, text: Text | None) -> bool:
        if word & self.mask != self.value or (self.some and not word & self.some):
            return False
        if text is None or self.text is None:
            return text is None and self.text is None
        return re.match(self.text, " ".join(text)) is not None


_PROFILES = "Armv8-A and -R only"
_RESERVED = "the size is reserved"

ALL_THUMB = (
    Known(
        0xFFFFFFC0,
        0xBA80,
        None,
        "trap",
        "HLT: left out by those who take it for Armv8-A and -R only",
    ),
    Known(0xFFFFFFE8, 0xB668, None, "system", "CPS: (0) in bit 3"),
    Known(0xFFFFFF80, 0x4780, None, "branch_link_reg", "BLX: (000)"),
    Known(0xFFFFFFFF, 0xB400, None, "store_multiple", "PUSH: empty list"),
    Known(0xFFFFFFFF, 0xBC00, None, "load_multiple", "POP: empty list"),
    Known(0xFFFFF8FF, 0xC000, None, "store_multiple", "STM: empty list"),
    Known(0xFFFFF8FF, 0xC800, None, "load_multiple", "LDM: empty list"),
    Known(0xFFFFFFE0, 0xB600, "setpan ", "undefined", _PROFILES),
    Known(0xFFFFFFF0, 0xB650, "setend ", "undefined", _PROFILES),
    Known(0xFFFFFFFF, 0xDEF9, None, "trap", "UDF 249"),
    Known(0xFFFFFFFF, 0xDEF9, "__brkdiv0", "trap", "UDF 249"),
    Known(0xFFFFFFFF, 0xDEFE, "trap", "trap", "UDF 254"),
    Known(0xFFFFFFFF, 0x46C0, "nop", "alu", "MOV R8, R8"),
    Known(0xFFFFF800, 0xE000, r"b[a-z]{2}(\.n)? ", "branch", "B in an IT block"),
    Known(0xF800D000, 0xF0009000, r"b[a-z]{2}(\.w)? ", "branch", "B in an IT block"),
    Known(0xF800D001, 0xF000C000, "blx ", "undefined", "BLX (immediate): " + _PROFILES),
    Known(0xFFF0F000, 0xF7E08000, "hvc", "undefined", _PROFILES),
    Known(0xFFF0F000, 0xF7F08000, "smc ", "undefined", _PROFILES),
    Known(0xFFE0F0C0, 0xFAC0F080, "crc32", "undefined", _PROFILES),
    Known(0xFFF0D800, 0xF3A08000, "cps", "undefined", "CPS of 32 bits: " + _PROFILES),
    Known(0xFFFFFF00, 0xF3DE8F00, "subs pc, lr", "undefined", _PROFILES),
    Known(0xFFF0D0F0, 0xF3B08070, "sb ", "undefined", _PROFILES),
    Known(0xFFF0D000, 0xF3C08000, "bxj ", "undefined", _PROFILES),
    Known(0xFE500000, 0xE8000000, "srs", "undefined", _PROFILES),
    Known(0xFE500000, 0xE8100000, "rfe", "undefined", _PROFILES),
    Known(0xFFE000F0, 0xE8C00070, "(ld|st)rexd ", "undefined", _PROFILES),
    Known(0xFFE000F0, 0xE8C000F0, "(ldaexd|stlexd) ", "undefined", _PROFILES),
)

COPROCESSORS = (
    Known(
        0xEC000800,
        0xEC000800,
        r"(mcrr?|mrrc?|mrc|cdp|ldc|stc)2?l?(eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le|hs|lo)? ",
        "undefined",
        "coprocessors 8 to 15 are Arm's and hold nothing but FP and MVE",
    ),
    Known(
        0xEFE00F10,
        0xEEE00A10,
        r"vm(rs|sr)\S*( .*\b(fpsid|fpexc|fpinst2?|mvfr\d)\b.*| \w+,)?\s*$",
        "undefined",
        _PROFILES,
    ),
)


def _hints(text: str | None) -> tuple[Known, ...]:
    """LDRH, LDRSH to the PC: with 12 bits, relative to the PC, below the base, with a register."""
    forms = (
        (0xFEF0F000, 0xF8B0F000),
        (0xFE7FF000, 0xF83FF000),
        (0xFEF0FF00, 0xF830FC00),
        (0xFEF0FFC0, 0xF830F000),
    )
    why = "LDRH or LDRSH to the PC: a memory hint that is not allocated"
    return tuple(Known(mask, value, text, "preload", why) for mask, value in forms)


_LAZY = tuple(
    Known(
        0xFFF0FFFF,
        value,
        None,
        class_,
        "VLLDM, VLSTM of Armv8.1-M's second form: new to these releases",
    )
    for value, class_ in ((0xEC200A80, "fp_store_multiple"), (0xEC300A80, "fp_load_multiple"))
)

OBJDUMP = (
    *_hints("ldrsh"),
    *_LAZY,
    Known(0xF8E0F001, 0xF0E0E001, None, "nop", "BFX, BFLX with an odd distance"),
    Known(0xFF80D001, 0xF000C001, r"bf\w* 0,", "undefined", "BF and its like with distance 0"),
    Known(0xFF900800, 0xF8000000, "str", "undefined", "STR (register): bits 11 to 6", 0x07C0),
    Known(
        0xFE900800,
        0xF8100000,
        r"(ldr|pl[di])[^[]*\[(?!pc)",
        "undefined",
        "LDR (register): bits 11 to 6",
        0x07C0,
    ),
    Known(0xFF1F0000, 0xF80F0000, "str", "undefined", "STR: Rn 15"),
    Known(
        0xFE90F900,
        0xF810F900,
        r"pl[di]w? \[(?!pc)",
        "load",
        "PLD, PLI with write-back: LDR to the PC",
    ),
    Known(
        0xFE90FF00,
        0xF810FE00,
        r"pl[di]w? \[(?!pc)",
        "load",
        "PLD, PLI unprivileged: LDRT to the PC",
    ),
    Known(
        0xEC000800,
        0xEC000800,
        r".*\bd(1[6-9]|2\d|3[01])\b",
        "undefined",
        "D16 to D31 are not in M-profile",
    ),
    Known(0xFC000F00, 0xFC000800, r"v[us]dot|vfm[as]l", "undefined", _PROFILES),
    Known(0xFC000F00, 0xFC000D00, r"v[us]dot", "undefined", _PROFILES),
    Known(
        0xFFBA0FD0,
        0xEEBA0940,
        None,
        "fp_convert",
        "VCVT between half precision and 16 bits of fixed point",
    ),
    Known(
        0xFE001F80,
        0xEC000F80,
        r"v(ldr|str)\S*\s*$",
        "undefined",
        "VLDR, VSTR of a system register that is none",
    ),
    Known(
        0xFF900F70, 0xEE900B10, r"vmov\S*\.32", "undefined", "VMOV of 32 bits from a lane: bit 23"
    ),
    Known(
        0xEE001E00,
        0xEC000E00,
        r"v(ldr|str)(b[te]?\.[us]?(8|64)|h[te]?\.[us]?(8|16|64))\b",
        "undefined",
        "VLDRB, VLDRH that widen: the element is larger than in memory",
        1 << 24 | 1 << 21,
    ),
    Known(
        0xEF601E51,
        0xEC000E01,
        "v(ldr|str)b",
        "undefined",
        "VLDRB with offsets: they are not scaled",
    ),
    Known(
        0xFF201E00,
        0xEC001E00,
        r"v(ldr|str)[bhw]",
        "undefined",
        "VLDR, VSTR: neither index nor write-back",
    ),
    Known(0xFFC11FF1, 0xFF000150, "veor", "undefined", "VEOR: bits 21 and 20 are zero", 0x00300000),
    Known(0xEFF81190, 0xEF800190, "v(bic|orr)", "undefined", "VBIC, VORR (immediate): bit 7"),
    Known(
        0xEE300F10,
        0xEE300F00,
        r"v(cmp|pt)\w*\.f\d+ (hi|cs)",
        "undefined",
        "VCMP: HI and CS are for integers",
    ),
    Known(0xEE000000, 0xEE000000, r"(?!vmov)v\w+\.([fisu]64|f8|[fisu]?) q", "undefined", _RESERVED),
    Known(0xFFB31C71, 0xFFB20440, r"vrint[te]?\.f", "undefined", "VRINT: the rounding is reserved"),
)
LLVM = (
    *_LAZY,
    *_hints(None),
    Known(
        0xFFC0F801, 0xF000E800, "vctp", "undefined", "VCTP: bit 0 is one; this is BLX (immediate)"
    ),
    Known(0xFFFFF0F0, 0xEA5F8030, "rrxs", "select", "CSEL with Rn 15: bit 15 is not for RRX"),
)
CAPSTONE = _hints(None)

_NOT_IMAC = "F and D are not in RV32IMAC"
_AMOUNT = "shift amounts from 32 on are not in RV32"
ALL_RV32 = (
    Known(0x0000001F, 0x00000007, r"f[ls][dwqh] ", "undefined", _NOT_IMAC),
    Known(0x00000073, 0x00000043, "fn?m(add|sub)", "undefined", _NOT_IMAC),
    Known(0x0000007F, 0x00000053, "f", "undefined", _NOT_IMAC),
    Known(0xFFFF2001, 0x00002000, r"c\.f[ls]", "undefined", _NOT_IMAC),
    Known(0xFE00707F, 0x02001013, "slli", "undefined", _AMOUNT),
    Known(0xBE00707F, 0x02005013, "sr[la]i", "undefined", _AMOUNT),
    Known(0xFFFFF003, 0x00001002, r"c\.slli", "undefined", _AMOUNT),
    Known(0xFFFFF803, 0x00009001, r"c\.sr[la]i", "undefined", _AMOUNT),
    Known(0x0000707F, 0x0000000F, None, "barrier", "FENCE: reserved fields are ignored"),
    Known(0x0000707F, 0x0000100F, None, "barrier", "FENCE.I: reserved fields are ignored"),
    Known(0xFFFFFFFF, 0x00006101, r"c\.addi16sp", "undefined", "C.ADDI16SP by 0 is reserved"),
    Known(0xFFFFF07F, 0x00006001, r"c\.lui", "undefined", "C.LUI of 0 is reserved"),
)

_HINT = "a result for x0: a hint"
CAPSTONE_RV32 = (
    Known(0xFFF0707F, 0x00000013, "mv ", "alu_imm", "ADDI by 0"),
    Known(0xFFFFFF83, 0x00000002, None, "nop", "C.SLLI: " + _HINT),
    Known(0xFFFFEF83, 0x00000001, None, "nop", "C.NOP with an immediate: a hint"),
    Known(0xFFFFEF83, 0x00004001, None, "nop", "C.LI: " + _HINT),
    Known(0xFFFFEF83, 0x00006001, None, "nop", "C.LUI: " + _HINT, 0x0000107C),
    Known(0xFFFFEF83, 0x00008002, None, "nop", "C.MV, C.ADD: " + _HINT, 0x0000007C),
)
