"""Thumb encodings with bits as they should be.

The decoder classifies an UNPREDICTABLE encoding as what it would be; disassemblers differ in which of
them they refuse. So they are asked for the encoding that has its should-be-zero bits zero, its
should-be-one bits one and, where an operand is UNPREDICTABLE, another operand; the decoder is asked
for the encoding as it is. Source: Armv8-M Architecture Reference Manual (DDI 0553), C2.4, the pages
of the instructions named.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Where `word & mask == value`, clear the bits of `zero`, then set those of `one`."""

    mask: int
    value: int
    zero: int
    one: int
    why: str


RULES = (
    # Loads and stores of several registers
    Rule(0xFFFF2000, 0xE89F2000, 0x2000, 0, "CLRM: (0) in place of SP"),
    Rule(0xFFFFFFFF, 0xE89F0000, 0, 1, "CLRM: empty list"),
    Rule(0xFE500000, 0xE8100000, 0x2000, 0, "LDM, LDMDB: (0) in place of SP"),
    Rule(0xFE50FFFF, 0xE8100000, 0, 1, "LDM, LDMDB: empty list"),
    Rule(0xFE50C000, 0xE810C000, 0x8000, 0, "LDM, LDMDB: not both LR and PC"),
    Rule(0xFE500000, 0xE8000000, 0xA000, 0, "STM, STMDB: (0) in place of SP and PC"),
    Rule(0xFE50FFFF, 0xE8000000, 0, 1, "STM, STMDB: empty list"),
    Rule(0xFEDF0000, 0xE88F0000, 0x000F0000, 0, "STM: Rn 15"),
    Rule(0xFFDF0000, 0xE90F0000, 0x000F0000, 0, "STMDB: Rn 15"),
    Rule(0xFFDF0000, 0xE91F0000, 0x000F0000, 0, "LDMDB: Rn 15"),
    Rule(0xFFFF0000, 0xE8BF0000, 0x000F0000, 0, "LDM with write-back: Rn 15"),
    # Exclusives, acquire, release, table branches
    Rule(0xFFF00000, 0xE8500000, 0, 0x0F00, "LDREX: (1111)"),
    Rule(0xFFF0F000, 0xE840F000, 0x003F, 0, "TT: (000000)"),
    Rule(0xFFF000E0, 0xE8C00040, 0, 0x0F00, "STREXB, STREXH: (1111)"),
    Rule(0xFFF000C0, 0xE8C00080, 0, 0x0F0F, "STL, STLB, STLH: (1111)"),
    Rule(0xFFF000C0, 0xE8C000C0, 0, 0x0F00, "STLEX, STLEXB, STLEXH: (1111)"),
    Rule(0xFFF000C0, 0xE8D00040, 0, 0x0F0F, "LDREXB, LDREXH: (1111)"),
    Rule(0xFFF00080, 0xE8D00080, 0, 0x0F0F, "LDA, LDAEX and their like: (1111)"),
    Rule(0xFFF000E0, 0xE8D00000, 0x0F00, 0xF000, "TBB, TBH: (1111) (0000)"),
    # Data processing
    Rule(0xFFF00F0D, 0xEA500D0D, 0x0C00, 0, "LSLL and its like: RdaHi 13"),
    Rule(0xFFF00E1F, 0xEA500E0D, 0x00C0, 0x0100, "UQRSHL, SQRSHR: (1) (00)"),
    Rule(0xFB108020, 0xF3000020, 0x0020, 0, "SSAT, USAT, BFI, BFC, SBFX, UBFX: (0)"),
    Rule(0xFF508000, 0xF7000000, 0x04000000, 0, "SSAT, USAT and their like: (0)"),
    Rule(0xFF508000, 0xF7400000, 0x04000000, 0, "SBFX, UBFX, BFI, BFC: (0)"),
    Rule(0xFB70F0C0, 0xF3200000, 0x0010, 0, "SSAT16, USAT16: (00)"),
    Rule(0xFF80F0C0, 0xFA00F0C0, 0x0040, 0, "SXTAB and its like: (0)"),
    Rule(0xFFD000F0, 0xFB9000F0, 0, 0xF000, "SDIV, UDIV: (1111)"),
    # Control
    Rule(0xFFC0F801, 0xF000E801, 0x07FE, 0, "VCTP: (0000000000)"),
    Rule(0xFFCFF801, 0xF00FE801, 0x000F0000, 0, "VCTP: Rn 15"),
    Rule(0xFFCFF801, 0xF00FE001, 0x003007FE, 0, "LCTP: (00) (0000000000)"),
    Rule(0xFFC0F801, 0xF000E001, 0x07FE, 0, "DLSTP: (0000000000)"),
    Rule(0xFFF0F001, 0xF040E001, 0x0FFE, 0, "DLS: (00000000000)"),
    Rule(0xFFFFF001, 0xF04FE001, 0x000F0000, 0, "DLS: Rn 15"),
    Rule(0xF860F001, 0xF060E001, 0x0FFE, 0, "BFX, BFLX: (00000000000)"),
    Rule(0xFFE0D000, 0xF3808000, 0x001020FF, 0x0800, "MSR: (0) (0) (0), mask, any register"),
    Rule(0xFFE0D000, 0xF3E08000, 0x001020FF, 0x000F0000, "MRS: (0) (1111) (0), any register"),
    Rule(0xFFF0D700, 0xF3A08000, 0x2800, 0x000F0000, "hints: (1111) (0) (0)"),
    Rule(0xFFF0D0C0, 0xF3B08040, 0x2000, 0x000F0F00, "DSB, DMB, ISB: (1111) (0) (1111)"),
    Rule(0xFFF0D0F0, 0xF3B08020, 0x2000, 0x000F0F0F, "CLREX: (1111) (0) (1111) (1111)"),
    # Floating point
    Rule(0xFFE00FFF, 0xEC400A3F, 0x0020, 0, "VMOV (two singles): S31 and the one behind it"),
    Rule(
        0xFFBA0CD8,
        0xEEBA0848,
        0x002F,
        0,
        "VCVT (fixed point of 16 bits): more than 16 bits of fraction",
    ),
    Rule(0xFFEFFF7F, 0xEC2F0A00, 0x000F0000, 0, "VLLDM, VLSTM: Rn 15"),
    Rule(0xFFB00C50, 0xEEB00800, 0x00A0, 0, "VMOV (immediate): (0) (0)"),
    Rule(0xFFBF0C50, 0xEEB50840, 0x002F, 0, "VCMP with zero: (0) (0000)"),
    Rule(0xFFE00F10, 0xEE000910, 0x006F, 0, "VMOV (half, core): (00) (0000)"),
    Rule(0xFFE00F10, 0xEE000A10, 0x006F, 0, "VMOV (single, core): (00) (0000)"),
    Rule(0xFFE00F10, 0xEEE00A10, 0x00EF, 0, "VMRS, VMSR: (000) (0000)"),
    Rule(0xFF000F10, 0xEE000B10, 0x000F, 0, "VMOV (core and lane), VDUP: (0000)"),
    # MVE
    Rule(0xFFB10F5F, 0xFE310F4D, 0x000E10A0, 0, "VPST, VPNOT: (000) (0) (0) (0)"),
    Rule(0xFFB10F5F, 0xEE310F4D, 0x0001, 0, "VCMP, VPT: Rm 13"),
    Rule(0xFFC10F7E, 0xEE010F6C, 0x000C, 0, "VIWDUP, VDWDUP: Rm 13"),
    Rule(0xEFF00FC0, 0xEEE00E00, 0x00600000, 0, "VMLALDAV, VMLSLDAV: RdaHi 13"),
    Rule(0xEFFF0FD1, 0xEEE90F00, 0x00600000, 0, "VADDLV: RdaHi 13"),
    Rule(0xFFFB0FD1, 0xFEE00F00, 0x00600000, 0, "VRMLALDAVH: RdaHi 13"),
    Rule(0xFFFF0FD1, 0xFEE80F00, 0x00600000, 0, "VRMLALDAVH: RdaHi 13"),
    Rule(0xEFF10FE0, 0xEEE00F20, 0x00600000, 0, "VRMLALDAVHA: RdaHi 13"),
)


CSEL_RULES = (
    Rule(0xFFF0C0E0, 0xEA5080E0, 0x00E0, 0, "CSEL: condition 14 or 15"),
    Rule(0xFFF0C00F, 0xEA50800D, 0x000D, 0, "CSEL: Rm 13"),
    Rule(0xFFFFC000, 0xEA5D8000, 0x000D0000, 0, "CSEL: Rn 13"),
)


def canonical(word: int) -> int:
    """A 32-bit instruction, first half on top, after all rules in turn."""
    for rule in RULES:
        word = _apply(rule, word)
    if word & 0xF878F001 == 0xF038E001 and word & 0x07800000:
        word &= ~0x00380000  # BFCSEL: condition 14 or 15
    if word & 0xFFD0F0C0 == 0xFA90F080:
        word = word & ~0x000F0000 | (word & 15) << 16  # REV, RBIT, CLZ: Rm twice
    if word >> 25 == 0x75 and not _shifts_by_register(word):
        for rule in CSEL_RULES:
            word = _apply(rule, word)
        if word & 0xFFF0C000 != 0xEA508000:
            word &= ~0x8000  # data processing (shifted register): (0)
    return _canonical_list(word)


def _apply(rule: Rule, word: int) -> int:
    return word & ~rule.zero | rule.one if word & rule.mask == rule.value else word


def _shifts_by_register(word: int) -> bool:
    """LSLL and its like by a register, which is in bits 15 to 12."""
    if word & 0xFFF0011F != 0xEA50010D:
        return False
    one = word & 0x0F00 == 0x0F00
    return one or word & (0x0040 if word & 0x00010000 else 0x00C0) == 0


def _canonical_list(word: int) -> int:
    """VLDM, VSTM, VSCCLRM of no register or of some behind the last one: of one."""
    first, second = word >> 16, word & 0xFFFF
    if first & 0xFE00 != 0xEC00 or second & 0x0E00 != 0x0A00:
        return word
    before, add, back = first >> 8 & 1, first >> 7 & 1, first >> 5 & 1
    if before == add or (before and not back):
        return word
    if word & 0xFFBF0F00 == 0xEC9F0B00:
        word &= ~1  # VSCCLRM
    double = second >> 8 & 1
    count = word & 0xFF
    high = first >> 6 & 1
    number = (second >> 12 | high << 4) if double else (second >> 12 << 1 | high)
    if first & 0xF == 15 and (back or not first >> 4 & 1):
        word &= ~0x000F0000  # Rn 15
    if double and (number > 15 or count < 2 or number + count // 2 > 16):
        return word & ~0x0040F0FF | 2 | count & 1
    if not double and (count == 0 or number + count > 32):
        return word & ~0x0040F0FF | 1
    return word
