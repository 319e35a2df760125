"""Finds the compilers and build tools a target's firmware needs."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from targets.drivers.protocol import Finding
from targets.errors import MissingToolError
from targets.schema import Target

_ASK_S = 20.0
_PACKAGES = {
    "arm-none-eabi-gcc": "gcc-arm-none-eabi",
    "newlib for Arm": "libnewlib-arm-none-eabi",
    "riscv64-unknown-elf-gcc": "gcc-riscv64-unknown-elf",
    "picolibc for RISC-V": "picolibc-riscv64-unknown-elf",
    "cc": "gcc libc6-dev",
    "c++": "g++",
    "C++ library for Arm": "libstdc++-arm-none-eabi-newlib",
    "cmake": "cmake",
    "ninja": "ninja-build",
}
_COMPILERS = {
    "arm-none-eabi": "arm-none-eabi-gcc",
    "riscv64-unknown-elf": "riscv64-unknown-elf-gcc",
    "host": "cc",
}
# The C library of each cross compiler, and the files by which it is known.
_LIBRARIES = {
    "arm-none-eabi": ("newlib for Arm", ("libc_nano.a", "libm.a")),
    "riscv64-unknown-elf": ("picolibc for RISC-V", ("picolibc.specs",)),
}


@dataclass(frozen=True)
class Toolchain:
    """A usable compiler.

    Attributes:
        family: "arm-none-eabi", "riscv64-unknown-elf" or "host".
        compiler: path of the C compiler.
        version: first line of what it says about itself; part of an image's identity.
    """

    family: str
    compiler: Path
    version: str


@dataclass(frozen=True)
class BuildTools:
    """Paths of what turns sources into an image once it has to be built."""

    cmake: Path
    ninja: Path


def find_toolchain(target: Target) -> Toolchain:
    """Return the compiler for `target`. Quick: one process the first time, none after.

    Raises:
        MissingToolError: no compiler, or one that does not answer.
    """
    family = target.core.toolchain
    name = _COMPILERS[family]
    # The customary CC picks the host's compiler; a cross build must not fall for it.
    path = _which(os.environ.get("CC", "cc") if family == "host" else name, name)
    version = _first_line(str(path), "--version")
    if not version:
        raise MissingToolError(str(path), "building firmware", "it does not run; " + _way_out(name))
    return Toolchain(family, path, version)


def find_build_tools(toolchain: Toolchain) -> BuildTools:
    """Return CMake and Ninja; checks the C library of a cross compiler too.

    Raises:
        MissingToolError: one of them is missing.
    """
    library = _library(toolchain)
    if library is not None and not library.ok:
        raise MissingToolError(library.what, "building firmware", library.way_out)
    return BuildTools(_which("cmake", "cmake"), _which("ninja", "ninja"))


def find_cxx(toolchain: Toolchain) -> Path:
    """Return the C++ compiler beside `toolchain`'s, which must have its library.

    Raises:
        MissingToolError: it is missing, or its library is.
    """
    if toolchain.family == "host":
        return _which(os.environ.get("CXX", "c++"), "c++")
    beside = toolchain.compiler.with_name(toolchain.compiler.name.removesuffix("gcc") + "g++")
    path = _which(str(beside), toolchain.compiler.name)
    # The compiler prints the bare name when it does not have the file.
    if not Path(_first_line(str(path), "-print-file-name=libstdc++.a")).is_absolute():
        arm = toolchain.family == "arm-none-eabi"
        way_out = _way_out("C++ library for Arm") if arm else "use a toolchain that has libstdc++"
        raise MissingToolError(f"C++ library of {path.name}", "building firmware", way_out)
    return path


def findings(target: Target) -> list[Finding]:
    """Check everything that building for `target` needs. Builds nothing."""
    found: list[Finding] = []
    if target.driver.kind == "tflite_micro":
        return found  # nothing is built for it
    try:
        toolchain = find_toolchain(target)
    except MissingToolError as error:
        found.append(Finding(error.tool, False, "not found", error.way_out))
    else:
        found.append(Finding(toolchain.compiler.name, True, toolchain.version))
        library = _library(toolchain)
        if library is not None:
            found.append(library)
    for name in ("cmake", "ninja"):
        path = shutil.which(name)
        found.append(_finding(name, _first_line(path, "--version") if path else ""))
    return found


def _finding(name: str, detail: str) -> Finding:
    return Finding(name, bool(detail), detail or "not found", "" if detail else _way_out(name))


def _which(program: str, name: str) -> Path:
    path = shutil.which(program)
    if path is None:
        raise MissingToolError(program, "building firmware", _way_out(name))
    return Path(path)


def _way_out(name: str) -> str:
    return f"install it (Debian, Ubuntu: apt install {_PACKAGES[name]})"


@functools.lru_cache
def _first_line(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_ASK_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.partition("\n")[0].strip()


def _library(toolchain: Toolchain) -> Finding | None:
    """The C library of a cross compiler; None for the host's, which has its own."""
    if toolchain.family not in _LIBRARIES:
        return None
    name, files = _LIBRARIES[toolchain.family]
    compiler = str(toolchain.compiler)
    # The compiler prints the bare name when it does not have the file.
    found = [Path(_first_line(compiler, f"-print-file-name={file}")) for file in files]
    return _finding(name, "found" if all(path.is_absolute() for path in found) else "")
