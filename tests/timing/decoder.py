"""The timing plugin's instruction decoder as a shared library of the host."""

from __future__ import annotations

import ctypes
import subprocess
from dataclasses import dataclass
from pathlib import Path

PLUGIN = Path(__file__).resolve().parents[2] / "targets" / "timing" / "plugin"
SOURCES = (
    "classes.c",
    "decode_fp.c",
    "decode_mve.c",
    "decode_mve_memory.c",
    "decode_rows.c",
    "decode_rv32.c",
    "decode_thumb16.c",
    "decode_thumb32.c",
    "decode_thumb32_memory.c",
)
FLAGS = ("-std=c11", "-Wall", "-Wextra", "-Werror", "-Wpedantic", "-Wconversion")


class _Insn(ctypes.Structure):
    _fields_ = (
        ("bytes", ctypes.c_uint8),
        ("class_", ctypes.c_uint8),
        ("count", ctypes.c_uint8),
        ("access", ctypes.c_uint8),
        ("mark", ctypes.c_uint8),
        ("flags", ctypes.c_uint16),
        ("writes", ctypes.c_uint64),
        ("address", ctypes.c_uint64),
        ("reads", ctypes.c_uint64),
        ("late", ctypes.c_uint64),
    )


FLAG_NAMES = (
    "branches",
    "conditional",
    "indirect",
    "call",
    "register_offset",
    "writeback",
    "sets_flags",
    "by_register",
    "shifts_right",
    "rotated_constant",
)


@dataclass(frozen=True)
class Insn:
    """A decoded instruction with names in place of numbers; masks as in decode.h."""

    bytes: int
    class_: str
    count: int
    access: int
    mark: int
    flags: frozenset[str]
    writes: int
    address: int
    reads: int
    late: int


class Decoder:
    """decode.h, called through ctypes."""

    def __init__(self, library: Path) -> None:
        self._lib = ctypes.CDLL(str(library))
        self._lib.tm_decode_thumb.restype = _Insn
        self._lib.tm_decode_thumb.argtypes = (ctypes.c_uint16, ctypes.c_uint16)
        self._lib.tm_decode_rv32.restype = _Insn
        self._lib.tm_decode_rv32.argtypes = (ctypes.c_uint32,)
        self._lib.tm_class_name.restype = ctypes.c_char_p
        self._lib.tm_class_named.argtypes = (ctypes.c_char_p,)
        last = self._lib.tm_class_named(b"no such class")
        self.classes: tuple[str, ...] = tuple(
            self._lib.tm_class_name(i).decode() for i in range(last)
        )

    @classmethod
    def build(cls, folder: Path) -> Decoder:
        """Compile the decoder into `folder`."""
        library = folder / "decoder.so"
        sources = (PLUGIN / name for name in SOURCES)
        command = ["cc", *FLAGS, "-O2", "-shared", "-fPIC", "-o", str(library), *map(str, sources)]
        subprocess.run(command, check=True)
        return cls(library)

    def thumb(self, first: int, second: int = 0) -> Insn:
        return self._named(self._lib.tm_decode_thumb(first, second))

    def rv32(self, word: int) -> Insn:
        return self._named(self._lib.tm_decode_rv32(word))

    def thumb_class(self, first: int, second: int) -> str:
        return self.classes[int(self._lib.tm_decode_thumb(first, second).class_)]

    def rv32_class(self, word: int) -> str:
        return self.classes[int(self._lib.tm_decode_rv32(word).class_)]

    def class_named(self, name: str) -> int:
        return int(self._lib.tm_class_named(name.encode()))

    def _named(self, insn: _Insn) -> Insn:
        flags = frozenset(name for bit, name in enumerate(FLAG_NAMES) if insn.flags >> bit & 1)
        return Insn(
            bytes=insn.bytes,
            class_=self.classes[insn.class_],
            count=insn.count,
            access=insn.access,
            mark=insn.mark,
            flags=flags,
            writes=insn.writes,
            address=insn.address,
            reads=insn.reads,
            late=insn.late,
        )
