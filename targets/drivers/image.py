"""Checks before a start: does the image belong to the target, does the slot's content fit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.segments import Segment

from targets.errors import DeviceStartError, MemoryLimitError
from targets.schema import Region, Target


def check_slot(target: Target, slot: bytes | None) -> None:
    """Raise MemoryLimitError when `slot` is larger than the target's model slot."""
    limit = target.memory.slot.length
    if slot is not None and len(slot) > limit:
        raise MemoryLimitError("the model", len(slot), "the model slot", limit, target.name)


_MACHINES = {"cortex_m": ("EM_ARM", "Arm"), "riscv": ("EM_RISCV", "RISC-V")}


def check_image(target: Target, image: Path) -> None:
    """Check that an ELF is for the target's processor and every loaded byte lies in its memory.

    An emulated machine often has more memory than the target, or repeats it: it would not complain.

    Raises:
        DeviceStartError: no readable ELF of a 32-bit processor of the target's family, or a segment lies outside.
    """
    regions = _merged(list(target.memory.named().values()))
    machine, name = _MACHINES[target.family]
    with _opened(target, image) as elf:
        if (elf.elfclass, elf["e_machine"], elf["e_type"]) != (32, machine, "ET_EXEC"):
            raise _refused(target, image, f"is no {name} executable")
        loads = _loads(target, image, elf)
        ranges = [(s["p_vaddr"], s["p_memsz"]) for s in loads]
        ranges += [(s["p_paddr"], s["p_filesz"]) for s in loads]
        ranges.append((elf["e_entry"], 1))
    for start, length in ranges:
        if not any(r.origin <= start and start + length <= r.end for r in regions):
            raise _refused(
                target, image, f"uses {start:#x}..{start + length:#x}, outside the target's memory"
            )


def check_host_image(target: Target, image: Path) -> None:
    """Check that the kernel will execute an ELF of this machine.

    What it will not, `setpriv` would hand to a shell, which runs any bytes as a script.

    Raises:
        DeviceStartError: no readable executable of this machine.
    """
    keys = ("e_machine", "e_phentsize")
    with _opened(target, Path("/proc/self/exe")) as own:
        wanted = (own.elfclass, own.little_endian, *(own[key] for key in keys))
    with _opened(target, image) as elf:
        found = (elf.elfclass, elf.little_endian, *(elf[key] for key in keys))
        if found != wanted or elf["e_type"] not in ("ET_EXEC", "ET_DYN"):
            raise _refused(target, image, "is no executable of this machine")
        _loads(target, image, elf)
    if not os.access(image, os.X_OK):
        raise _refused(target, image, "is not executable")


@contextmanager
def _opened(target: Target, image: Path) -> Iterator[ELFFile]:
    try:
        with image.open("rb") as file:
            yield ELFFile(file)
    except OSError as error:
        raise _refused(target, image, f"cannot be read: {error.strerror}") from None
    except (ELFError, ValueError, KeyError, TypeError) as error:
        raise _refused(target, image, f"is no valid ELF file ({error})") from None


def _loads(target: Target, image: Path, elf: ELFFile) -> list[Segment]:
    """The segments to load, all of which must be in the file."""
    size = image.stat().st_size
    segments = list(elf.iter_segments())
    if any(s["p_offset"] + s["p_filesz"] > size for s in segments):
        raise _refused(target, image, "is cut short")
    loads = [s for s in segments if s["p_type"] == "PT_LOAD" and s["p_memsz"]]
    if not loads:
        raise _refused(target, image, "holds nothing to load")
    return loads


def _merged(regions: list[Region]) -> list[Region]:
    """Join regions that touch: a deploy image may run from code into the (unused) slot."""
    merged: list[Region] = []
    for region in sorted(regions, key=lambda r: r.origin):
        if merged and merged[-1].end == region.origin:
            joined = merged[-1].length + region.length
            merged[-1] = Region(origin=merged[-1].origin, length=joined)
        else:
            merged.append(region)
    return merged


def _refused(target: Target, image: Path, why: str) -> DeviceStartError:
    return DeviceStartError(f"{image.name} {why}", target=target.name, phase="start")
