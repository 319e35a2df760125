"""The kernel sets whose checks are tried, and how to build each for this machine under ASan."""

from __future__ import annotations

import functools
import importlib.util
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.build import cmsis_nn
from harness.engines.plan.kernels import KernelSet, kernel_set
from targets.schema import Simd

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
FLAGS = ["-std=gnu11", "-g", "-O1", "-fsanitize=address", "-fno-sanitize-recover=all"]
DEFINED = ["-fwrapv", "-Dmemcpy=memmove"]
"""Hostile numbers may overflow, hostile operands overlap; what counts is what memory is touched."""


@dataclass(frozen=True)
class HostSet:
    """A kernel set that a host can run: its sources are plain C where the core's instructions are not there.

    Attributes:
        name: as users write it.
        simd: of the cores that it is for.
        library: whether CMSIS-NN's sources belong to it.
    """

    name: str
    simd: Simd
    library: bool = False

    @property
    def kernels(self) -> KernelSet:
        """What the plan compiler knows of it."""
        return kernel_set(self.name, self.simd)

    @property
    def available(self) -> bool:
        """Whether its sources are here."""
        return not self.library or importlib.util.find_spec("bakenn") is not None


HOST_SETS: Mapping[str, HostSet] = {
    "reference": HostSet("reference", "none"),
    "cmsis-nn": HostSet("cmsis-nn", "none", library=True),
    "fast/dsp": HostSet("fast", "dsp"),
    "fast/scalar": HostSet("fast", "none"),
}
"""By the folder of their sources: a further set is one line."""

TARGETS: Mapping[str, tuple[str, str]] = {"fast/mve": ("qemu-cortex-m55", "fast")}
"""Sets that no host compiles: the target and the set's name."""


@functools.lru_cache
def built(set_name: str, program: str) -> Path:
    """Compile firmware/tests/fuzz/PROGRAM.c with a kernel set, once per process."""
    kernels, words = _kernels(set_name)
    folder = Path(tempfile.mkdtemp(prefix="tinyhil-fuzz-"))
    sources = [FIRMWARE / "tests" / "fuzz" / f"{program}.c"]
    if program == "run_plans":
        engine = sorted((FIRMWARE / "engines" / "plan").glob("*.c"))
        sources += [FIRMWARE / "app" / "crc32.c", *engine]
    objects = _objects(sources, words, folder)
    target = folder / program
    command = ["cc", *FLAGS, "-o", str(target), *map(str, (*objects, *kernels)), "-lm"]
    subprocess.run(command, check=True)
    return target


@functools.lru_cache
def _kernels(set_name: str) -> tuple[Sequence[Path], Sequence[str]]:
    """A set's objects, and what its sources and those that use it are compiled with."""
    kernels = HOST_SETS[set_name].kernels
    folder = Path(tempfile.mkdtemp(prefix="tinyhil-fuzz-"))
    own, reference = (FIRMWARE / "kernels" / name for name in (kernels.folder, "reference"))
    words = [f"-I{FIRMWARE}", f"-I{FIRMWARE / 'tests'}"]
    objects: list[Path] = []
    if HOST_SETS[set_name].library:
        root = cmsis_nn.bundle(folder / "bundle")
        words += [f"-isystem{root / part / 'Include'}" for part in ("cmsis_nn", "cmsis_core")]
        words += ["-D__GNUC_PYTHON__", "-D__ASM=__asm", "-D__RESTRICT=__restrict"]
        library = sorted((root / "cmsis_nn" / "Source").rglob("*.c"))
        objects += _objects(library, [*words, "-w"], folder / "library")
    words += ["-Wall", "-Wextra", "-Werror"]
    common = [p for p in sorted(reference.glob("*.c")) if own == reference or p.stem != "table"]
    objects += _objects(common, words, folder / "common")
    if own != reference:
        shared = sorted(own.parent.glob("*.c")) if own.parent.name == "fast" else []
        objects += _objects([*sorted(own.glob("*.c")), *shared], words, folder / "own")
    return objects, words


def _objects(sources: Sequence[Path], words: Sequence[str], folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    command = ["cc", *FLAGS, *DEFINED, *words, "-c", *map(str, sources)]
    subprocess.run(command, check=True, cwd=folder)
    return [folder / f"{path.stem}.o" for path in sources]
