"""Sizes out of the linker's map, against recorded text with known sums."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.build.sizes import Section, component, parse_map, read_sections, sizes_of
from harness.errors import BuildError

APP = "CMakeFiles/tinyhil_firmware.dir/app/text.c.obj"
CONV = "CMakeFiles/tinyhil_fast.dir/kernels/reference/conv_2d_s8.c.obj"
LIBC = "/usr/lib/gcc/arm-none-eabi/12.2.1/../../../arm-none-eabi/lib/libc_nano.a(libc_a-memcpy.o)"

# GNU ld 2.40, shortened. The strings of next_token were merged into those of th_text_byte: ld
# shows a stale size (0x74) at the address where the next piece begins.
MAP = f"""
Discarded input sections

 .text.unused   0x00000000       0x99 {APP}

Memory Configuration

Linker script and memory map

LOAD {APP}

.text           0x00000000       0xd0
 *(.vectors)
 .vectors       0x00000000       0x40 CMakeFiles/tinyhil_firmware.dir/board/cortex_m/startup.c.obj
 *(.text .text.*)
 .text.conv     0x00000040       0x30 {CONV}
                0x00000040                conv
 .text.a_very_long_function_name
                0x00000070       0x4a {APP}
 *fill*         0x000000ba        0x2
 .text.memcpy   0x000000bc       0x14 {LIBC}
                0x000000d0                . = ALIGN (0x8)

.rodata         0x000000d0       0x28
 .rodata.next_token.str1.1
                0x000000d0       0x74 {APP}
                                  0x2 (size before relaxing)
 .rodata.th_text_byte.str1.1
                0x000000d0       0x20 {APP}
                                 0x2f (size before relaxing)
 .rodata.table  0x000000f0        0x8 CMakeFiles/tinyhil_fast.dir/engines/plan/plan_engine.c.obj

.rodata.model   0x00000100       0x64
 .rodata.model  0x00000100       0x64 CMakeFiles/tinyhil_firmware.dir/deploy/model.S.obj

.stack          0x20000000     0x1000

.data           0x20001000        0x8 load address 0x00000164
 .data.state    0x20001000        0x8 {APP}

.bss            0x20001008      0x200
 .bss.arena     0x20001008      0x180 CMakeFiles/tinyhil_firmware.dir/deploy/arena.c.obj
 .bss.buffer    0x20001188       0x80 {APP}

.debug_info     0x00000000     0x5555
 .debug_info    0x00000000     0x5555 {APP}
"""
SECTIONS = [
    Section(".text", 0xD0, loaded=True, written=False),
    Section(".rodata", 0x28, loaded=True, written=False),
    Section(".rodata.model", 0x64, loaded=True, written=False),
    Section(".stack", 0x1000, loaded=False, written=True),
    Section(".data", 8, loaded=True, written=True),
    Section(".bss", 0x200, loaded=False, written=True),
]


def test_recorded_map() -> None:
    sizes = sizes_of(SECTIONS, 0x180, MAP)
    assert sizes.flash_bytes == 0xD0 + 0x28 + 0x64 + 8
    assert sizes.model_bytes == 0x64
    assert sizes.code_bytes == sizes.flash_bytes - 0x64
    assert sizes.static_bytes == 8 + 0x200 - 0x180
    assert (sizes.stack_bytes, sizes.arena_bytes) == (0x1000, 0x180)
    assert sizes.flash_parts == {
        "app": 0x4A + 0x20 + 8,
        "board": 0x40,
        "engine": 8,
        "kernels": 0x30,
        "libc": 0x14,
        "model": 0x64,
        "other": 2,
    }


def test_64_bit_addresses_and_names_without_a_gap() -> None:
    text = MAP.replace("0x0000", "0x000000000000")
    assert [p.size for p in parse_map(text)] == [p.size for p in parse_map(MAP)]


def test_nothing_of_the_discarded_sections_counts() -> None:
    assert not [piece for piece in parse_map(MAP) if piece.name == ".text.unused"]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (CONV, "kernels"),
        (APP, "app"),
        (LIBC, "libc"),
        ("/usr/lib/gcc/arm-none-eabi/12.2.1/thumb/v7e-m+fp/hard/libgcc.a(_udivdi3.o)", "libc"),
        ("/usr/lib/x86_64-linux-gnu/Scrt1.o", "libc"),
        ("/home/app/kernels/x/libm.a(lib_a-expf.o)", "libc"),
        ("/home/kernels/lib/gcc/crtbeginS.o", "libc"),
        ("linker stubs", "other"),
    ],
)
def test_component(source: str, name: str) -> None:
    assert component(source, ".text.x") == name
    assert component(source, ".rodata.model") == "model"


@given(st.text(max_size=400), st.integers(0, len(MAP)), st.integers(0, 60))
def test_damaged_maps_never_break_the_sum(noise: str, at: int, cut: int) -> None:
    text = "Linker script and memory map\n" + MAP[:at] + noise + MAP[at + cut :]
    sizes = sizes_of(SECTIONS, 0, text)
    assert sum(sizes.flash_parts.values()) == sizes.flash_bytes == 0x164


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"\x7fELF" + bytes(60)])
def test_no_elf(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.elf"
    path.write_bytes(content)
    with pytest.raises(BuildError, match=r"x\.elf cannot be read"):
        read_sections(path)
    with pytest.raises(BuildError):
        read_sections(tmp_path / "absent.elf")
