"""How much flash and RAM an image takes, from its ELF and the linker's map.

On `native` the same is told of the host's program: sections of an ELF for another processor, with
its start-up code and tables for dynamic linking. These figures compare builds; they say nothing of
a microcontroller.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from elftools.common.exceptions import ELFError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from harness.build.images import Image
from harness.errors import BuildError

MODEL_SECTION = ".rodata.model"
_STACK_SECTION = ".stack"
_ARENA_SYMBOL = "th_deploy_arena"
_OUTPUT = re.compile(r"^(\S+)(?:\s+0x[0-9a-f]+\s+0x[0-9a-f]+.*)?$")
_INPUT = re.compile(r"^ (\S+)\s+(0x[0-9a-f]+)\s+(0x[0-9a-f]+) (\S.*)$")
_OWN = re.compile(r"CMakeFiles/\w+\.dir/(\w+)/")
_FOLDERS = {
    "kernels": "kernels",
    "engines": "engine",
    "board": "board",
    "app": "app",
    "deploy": "app",
}
_LIBRARIES = (
    "libc",
    "libm",
    "libgcc",
    "libnosys",
    "libg",
    "crt",
    "Scrt",
    "rdimon",
    "libstdc++",
    "libsupc++",
)
_TFLM = "libtensorflow-microlite"


@dataclass(frozen=True)
class Sizes:
    """Bytes of an image.

    Attributes:
        flash_bytes: all content that sits in flash: code, constants, first values of data, model.
        model_bytes: of these, the linked-in model; 0 in a bench image.
        static_bytes: .data and .bss, without stack and arena.
        stack_bytes: reserved for the stack by the linker script; 0 on native.
        arena_bytes: reserved for arena, inputs and outputs of the linked-in model; 0 in a bench
            image, which takes whatever RAM is left.
        flash_parts: flash_bytes by component: kernels, engine, app, board, libc (with libgcc and
            libstdc++), tflm (all of TFLite Micro's library), model, other (fill, and on a host the
            linker's own tables). Sums up to flash_bytes.
    """

    flash_bytes: int
    model_bytes: int
    static_bytes: int
    stack_bytes: int
    arena_bytes: int
    flash_parts: Mapping[str, int]

    @property
    def code_bytes(self) -> int:
        """flash_bytes without the model."""
        return self.flash_bytes - self.model_bytes


@dataclass(frozen=True)
class Section:
    """A section of an ELF that is in memory at run time.

    Attributes:
        loaded: whether its content comes out of the file (and so from flash).
        written: whether the program may change it (and so has it in RAM).
    """

    name: str
    size: int
    loaded: bool
    written: bool


def measure_sizes(image: Image) -> Sizes:
    """Return the sizes of a built image.

    Raises:
        BuildError: its ELF or map cannot be read.
    """
    try:
        text = image.map.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise BuildError(f"{image.map}: {error.strerror}") from None
    sections, arena_bytes = read_sections(image.elf)
    return sizes_of(sections, arena_bytes, text)


def read_sections(elf: Path) -> tuple[list[Section], int]:
    """Return the sections of `elf` that occupy memory, and the bytes of its deploy arena (or 0).

    Raises:
        BuildError: it is no ELF.
    """
    try:
        with elf.open("rb") as file:
            content = ELFFile(file)
            sections = [
                Section(
                    name=section.name,
                    size=section["sh_size"],
                    loaded=section["sh_type"] != "SHT_NOBITS",
                    written=bool(section["sh_flags"] & SH_FLAGS.SHF_WRITE),
                )
                for section in content.iter_sections()
                if section["sh_flags"] & SH_FLAGS.SHF_ALLOC and section["sh_size"]
            ]
            table = content.get_section_by_name(".symtab")
            if not isinstance(table, SymbolTableSection):
                return sections, 0
            found = table.get_symbol_by_name(_ARENA_SYMBOL)
            return sections, found[0]["st_size"] if found else 0
    except (OSError, ELFError) as error:
        raise BuildError(f"{elf} cannot be read: {error}") from None


def sizes_of(sections: list[Section], arena_bytes: int, map_text: str) -> Sizes:
    """Join what an ELF says with its map (GNU ld's format)."""
    flash = {s.name: s.size for s in sections if s.loaded}
    ram = {s.name: s.size for s in sections if s.written}
    parts: Counter[str] = Counter()
    for piece in parse_map(map_text):
        if piece.output in flash:
            parts[component(piece.source, piece.name)] += piece.size
    total = sum(flash.values())
    # Fill bytes, and on a host the tables the linker makes itself, belong to no source.
    parts["other"] += total - sum(parts.values())
    stack = ram.pop(_STACK_SECTION, 0)
    return Sizes(
        flash_bytes=total,
        model_bytes=parts["model"],
        static_bytes=sum(ram.values()) - arena_bytes,
        stack_bytes=stack,
        arena_bytes=arena_bytes,
        flash_parts={name: size for name, size in sorted(parts.items()) if size},
    )


class Piece(NamedTuple):
    """An input section where the linker put it."""

    output: str
    source: str
    name: str
    address: int
    size: int


def parse_map(text: str) -> list[Piece]:
    """Return every input section placed, in the order of the map.

    Of sections whose strings were merged the map tells sizes that overlap: each is cut where the
    next one begins.
    """
    _, _, body = text.partition("Linker script and memory map")
    # A long name stands alone, its figures on the next line.
    lines = re.sub(r"^( ?\S+)\n {10,}", r"\1 ", body, flags=re.MULTILINE).splitlines()
    placed: list[Piece] = []
    output = ""
    for line in lines:
        if match := _INPUT.match(line):
            name, address, size = match[1], int(match[2], 16), int(match[3], 16)
            if not size or name.startswith("*"):
                continue
            if placed and placed[-1].output == output:
                room = max(0, address - placed[-1].address)
                placed[-1] = placed[-1]._replace(size=min(placed[-1].size, room))
            placed.append(Piece(output, match[4], name, address, size))
        elif line[:1] in (".", "_") and (match := _OUTPUT.match(line)):
            output = match[1]
    return placed


def component(source: str, section: str) -> str:
    """Name the part of the firmware an object file belongs to."""
    if section.startswith(MODEL_SECTION):
        return "model"
    if own := _OWN.match(source):
        return _FOLDERS.get(own[1], "other")
    archive = Path(source.partition("(")[0]).name
    if archive.startswith(_TFLM):
        return "tflm"  # interpreter and kernels: the archive does not tell them apart
    return "libc" if archive.startswith(_LIBRARIES) else "other"
