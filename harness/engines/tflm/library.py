"""Finds libtensorflow-microlite.a for a core below TFLM_DIR, in the layout of TFLM's own Makefile.

A build lies in gen/TARGET_ARCH_BUILD[_KERNELS][_COPROCESSOR][_compression][_TOOLCHAIN]/lib. Which
TARGET and ARCH suit a core follows from the core's compiler flags.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.errors import MissingToolError
from targets.schema import Core, Target

ENVIRONMENT = "TFLM_DIR"
PLAIN = "tflm"
_NAME = "libtensorflow-microlite.a"
_MAKEFILE = "tensorflow/lite/micro/tools/make/Makefile"
_DOWNLOADS = "tensorflow/lite/micro/tools/make/downloads"
_INTERPRETER = "tensorflow/lite/micro/micro_interpreter.h"
# Headers that TFLM's own include, and the folder for the compiler that each is known by.
_HEADERS = {
    "flatbuffers/include": "flatbuffers/flatbuffers.h",
    "gemmlowp": "fixedpoint/fixedpoint.h",
    "ruy": "ruy/profiler/instrumentation.h",
}
# Preferred first. "release" drops the names of operators, and with them TFLM's profiling.
_BUILDS = ("release_with_logs", "default", "micro", "debug", "release")
_DEFINES = {
    "release_with_logs": ("NDEBUG",),
    "release": ("NDEBUG", "TF_LITE_STRIP_ERROR_STRINGS"),
}
_COMMON_DEFINES = (
    "TF_LITE_STATIC_MEMORY",
    "TF_LITE_DISABLE_X86_NEON",
    "KERNELS_OPTIMIZED_FOR_SPEED",
)
_TOOLCHAIN = re.compile(r"_(gcc|clang|armclang)$")
_GIT_S = 10.0


@dataclass(frozen=True)
class Library:
    """One built library.

    Attributes:
        root: TFLM_DIR.
        path: of the library.
        kernels: "tflm" for TFLM's reference kernels, else "tflm+cmsis-nn" and the like.
        build: TFLM's BUILD_TYPE.
        sha256: of the library, hex.
    """

    root: Path
    path: Path
    kernels: str
    build: str
    sha256: str

    @property
    def defines(self) -> tuple[str, ...]:
        """What it was compiled with, as far as its headers look at it."""
        own = self.kernels.partition("+")[2]
        kernels = (own.upper().replace("-", "_"),) if own else ()
        return (*_COMMON_DEFINES, *_DEFINES.get(self.build, ()), *kernels)

    @property
    def includes(self) -> tuple[Path, ...]:
        """Where its headers are."""
        return (self.root, *(self.root / _DOWNLOADS / folder for folder in _HEADERS))

    @property
    def version(self) -> str:
        """ "TFLM 90b983c2b3f1, gen/.../libtensorflow-microlite.a"."""
        revision = _revision(self.root) or "of unknown revision"
        return f"TFLM {revision}, {self.path.relative_to(self.root)}"


@dataclass(frozen=True)
class _Wanted:
    """What TFLM's Makefile calls a core."""

    target: str
    arch: str

    @property
    def folder(self) -> str:
        """Beginning of the build folder's name."""
        # TFLM's Makefile names that folder before it sets the architecture, so any will be there.
        return f"{self.target}_{'*' if self.target.startswith('riscv') else self.arch}"

    @property
    def command(self) -> str:
        """The make command of TFLM's documentation, in TFLM_DIR."""
        host = self.target == "linux"
        chosen = "" if host else f" TARGET={self.target}"
        if not host and not self.target.startswith("riscv"):
            chosen += f" TARGET_ARCH={self.arch}"
        return f"make -f {_MAKEFILE}{chosen} BUILD_TYPE=release_with_logs microlite"


def find_libraries(target: Target) -> list[Library]:
    """Return the libraries for the target's core, one per kernels: optimised ones first.

    Raises:
        MissingToolError: TFLM_DIR is not set or no TFLM, or holds no library for this core.
    """
    core, where = target.core, os.environ.get(ENVIRONMENT, "")
    wanted = _wanted(core)
    if not where:
        raise _missing(
            f"set {ENVIRONMENT} to a checkout of TensorFlow Lite Micro in which this was run: {wanted.command}"
        )
    root = Path(where).expanduser().absolute()
    if not (root / _INTERPRETER).is_file():
        raise _missing(f"{ENVIRONMENT} is {where}, which has no {_INTERPRETER}")
    for folder, header in _HEADERS.items():
        if not (root / _DOWNLOADS / folder / header).is_file():
            raise _missing(
                f"{root / _DOWNLOADS / folder} has no {header}; TFLM's make downloads it: {wanted.command}"
            )
    found: dict[str, tuple[int, str, Path]] = {}
    for path in sorted(root.glob(f"gen/*/lib/{_NAME}")):
        parsed = _parse(path.parent.parent.name, wanted)
        if parsed is not None:
            kernels, build = parsed
            rank = _BUILDS.index(build)
            found[kernels] = min(found.get(kernels, (rank, build, path)), (rank, build, path))
    if not found:
        others = sorted(p.parent.parent.name for p in root.glob(f"gen/*/lib/{_NAME}"))
        have = f"; there is: {', '.join(others)}" if others else ""
        raise _missing(
            f"{root}/gen has no {wanted.folder}_*/lib/{_NAME} for core {core.name}{have}; "
            f"make it there: {wanted.command}"
        )
    return [
        Library(root, path, kernels, build, _sha256(path, path.stat().st_mtime_ns))
        for kernels, (_, build, path) in sorted(found.items(), key=lambda item: item[0] == PLAIN)
    ]


def _missing(way_out: str) -> MissingToolError:
    return MissingToolError(f"TensorFlow Lite Micro ({_NAME})", "engine tflm", way_out)


def _wanted(core: Core) -> _Wanted:
    """TFLM's names for a core (targets/*_makefile.inc there), by its compiler flags."""
    if core.toolchain == "host":
        return _Wanted("linux", platform.machine())
    if core.toolchain == "riscv64-unknown-elf":
        return _Wanted("riscv32_generic", "riscv32")
    flags = dict(flag.partition("=")[::2] for flag in core.cflags)
    cpu, abi = flags.get("-mcpu", core.name), flags.get("-mfloat-abi", "soft")
    plain, _, _ = cpu.partition("+")
    if plain in ("cortex-m4", "cortex-m7"):
        return _Wanted("cortex_m_generic", plain + {"hard": "+fp", "softfp": "+sfp"}.get(abi, ""))
    if plain == "cortex-m33" and abi != "hard":
        return _Wanted("cortex_m_generic", "cortex-m33+nodsp")
    return _Wanted("cortex_m_generic", plain)


def _parse(folder: str, wanted: _Wanted) -> tuple[str, str] | None:
    """(kernels, build type) of a build folder, None when it is for something else."""
    head = re.escape(wanted.folder).replace(r"\*", r"[^_]+(?:_64)?")
    match = re.match(head + "_", folder)
    if match is None:
        return None
    rest = _TOOLCHAIN.sub("", folder[match.end() :])
    for build in sorted(_BUILDS, key=len, reverse=True):
        if rest == build:
            return PLAIN, build
        if rest.startswith(build + "_") and "compression" not in rest:
            return f"{PLAIN}+{rest[len(build) + 1 :].replace('_', '-')}", build
    return None


@functools.lru_cache
def _sha256(path: Path, modified_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@functools.lru_cache
def _revision(root: Path) -> str:
    """The checkout's commit; "" when it is none, or there is no git."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "--short=12", "--show-toplevel", "HEAD"],
            capture_output=True, text=True, timeout=_GIT_S, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    top, _, commit = done.stdout.strip().partition("\n")
    return commit if Path(top) == root.resolve() else ""
