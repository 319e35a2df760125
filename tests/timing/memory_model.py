"""plugin/memory.c outside of the plugin, by ctypes: what a test feeds it, it charges."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import targets.timing
from targets.schema import Target
from targets.timing.memory import memory_parameters
from targets.timing.parameters import parameter_text

PLUGIN = Path(targets.timing.__file__).parent / "plugin"
FLAGS = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Werror")
_UBSAN = ("-fsanitize=undefined", "-fno-sanitize-recover=all")
_SOURCES = ("memory.c", "fetch.c", "cache.c", "params.c")
_ERROR_BYTES = 200
# The quick ways are inline; here they get symbols.
_QUICK = r"""
#include <stdlib.h>
#include <string.h>
#include "memory_state.h"
uint32_t quick_access(tm_memory *memory, uint32_t address, uint32_t bytes, bool store) {
  return tm_memory_access_quickly(memory, address, bytes, store);
}
tm_fetch_run *quick_new(tm_memory *memory, const tm_fetch *pieces, uint32_t count) {
  tm_fetch_run *run = malloc(sizeof *run);
  tm_fetch *own = malloc(count * sizeof *own);
  if (run == NULL || own == NULL) {
    abort();
  }
  memcpy(own, pieces, count * sizeof *own);
  if (!tm_memory_prepare(memory, run, own, count)) {
    abort();
  }
  return run;
}
uint32_t quick_fetch(tm_memory *memory, tm_fetch_run *run) { return tm_memory_fetch_quickly(memory, run); }
"""


class Fetch(ctypes.Structure):
    """tm_fetch of memory.h."""

    _fields_ = (
        ("address", ctypes.c_uint32),
        ("bytes", ctypes.c_uint16),
        ("cycles", ctypes.c_uint16),
    )


def build_library(folder: Path) -> ctypes.CDLL:
    """Compile memory.c into `folder`; undefined behaviour ends the process."""
    library = folder / "libmemory.so"
    quick = folder / "quick.c"
    quick.write_text(_QUICK)
    sources = [quick, *(PLUGIN / name for name in _SOURCES)]
    subprocess.run(
        ["gcc", *FLAGS, *_UBSAN, f"-I{PLUGIN}", "-fPIC", "-shared", *sources, "-o", library],
        check=True,
    )
    lib = ctypes.CDLL(str(library))
    for name, result in {
        "tm_params_read": ctypes.c_void_p,
        "tm_params_unknown": ctypes.c_char_p,
        "tm_params_free": None,
        "tm_params_get": ctypes.c_uint32,
        "tm_memory_new": ctypes.c_void_p,
        "tm_memory_free": None,
        "tm_memory_reset": None,
        "tm_memory_fetch_line": ctypes.c_uint32,
        "tm_memory_fetch": ctypes.c_uint32,
        "tm_memory_access": ctypes.c_uint32,
        "quick_access": ctypes.c_uint32,
        "quick_new": ctypes.c_void_p,
        "quick_fetch": ctypes.c_uint32,
    }.items():
        getattr(lib, name).restype = result
    for access in (lib.tm_memory_access, lib.quick_access):
        access.argtypes = [ctypes.c_void_p, *[ctypes.c_uint32] * 2, ctypes.c_bool]
    return lib


class MemoryModel:
    """A tm_memory made from parameters."""

    def __init__(self, lib: ctypes.CDLL, folder: Path, parameters: Mapping[str, int]) -> None:
        """Raises ValueError with the message of the C code, also for parameters that do nothing."""
        self._lib = lib
        error = ctypes.create_string_buffer(_ERROR_BYTES)
        file = folder / "parameters"
        file.write_text(parameter_text(parameters))
        params = lib.tm_params_read(str(file).encode(), error, _ERROR_BYTES)
        if not params:
            raise ValueError(error.value.decode())
        params = ctypes.c_void_p(params)
        for key in (b"memory.present", b"memory.stack_is_free"):  # the plugin's own
            lib.tm_params_get(params, key, 0)
        handle = lib.tm_memory_new(params, error, _ERROR_BYTES)
        unknown = lib.tm_params_unknown(params)
        lib.tm_params_free(params)
        self._handle = ctypes.c_void_p(handle)
        if not handle:
            raise ValueError(error.value.decode())
        if unknown:
            raise ValueError(f"unknown {unknown.decode()}")

    def __del__(self) -> None:
        if self._handle:
            self._lib.tm_memory_free(self._handle)

    @property
    def fetch_line(self) -> int:
        return int(self._lib.tm_memory_fetch_line(self._handle))

    def reset(self) -> None:
        self._lib.tm_memory_reset(self._handle)

    def access(self, address: int, size: int = 4, store: bool = False) -> int:
        return int(self._lib.tm_memory_access(self._handle, address, size, store))

    def quick_access(self, address: int, size: int = 4, store: bool = False) -> int:
        """`access`, as the plugin asks it."""
        return int(self._lib.quick_access(self._handle, address, size, store))

    def block(self, pieces: Sequence[tuple[int, int, int]]) -> Callable[[], int]:
        """A block that is fetched, as the plugin fetches it, whenever the result is called."""
        array = (Fetch * len(pieces))(*[Fetch(*piece) for piece in pieces])
        run = ctypes.c_void_p(self._lib.quick_new(self._handle, array, len(pieces)))
        return lambda: int(self._lib.quick_fetch(self._handle, run))

    def fetch(self, pieces: Sequence[tuple[int, int, int]]) -> int:
        """`pieces`: (address, bytes, cycles)."""
        array = (Fetch * len(pieces))(*[Fetch(*piece) for piece in pieces])
        return int(self._lib.tm_memory_fetch(self._handle, array, ctypes.c_size_t(len(pieces))))

    def loads(self, addresses: Iterable[int], size: int = 4) -> float:
        """Stall cycles per load."""
        stalls = [self.access(address, size) for address in addresses]
        return sum(stalls) / len(stalls)

    def run(self, address: int, size: int, cycles_per_line: int) -> int:
        """Stall cycles of straight code from `address` on, each line of which takes the core `cycles_per_line`."""
        line = self.fetch_line
        return self.fetch(
            [(at, line, cycles_per_line) for at in range(address, address + size, line)]
        )


def model_of(lib: ctypes.CDLL, folder: Path, target: Target) -> MemoryModel:
    """The memory of a target of the catalogue."""
    named = target.memory.named()
    return MemoryModel(
        lib,
        folder,
        memory_parameters(target.memory_timing, named, target.core.unaligned, target.stack_bytes),
    )
