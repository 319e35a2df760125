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
STAND_INS = Path(__file__).parent / "stand_ins"
FLAGS = ["-std=gnu11", "-g", "-O1", "-fsanitize=address", "-fno-sanitize-recover=all"]
WRAPPING = "-fwrapv"
"""Hostile numbers may overflow; what counts is memory."""


@dataclass(frozen=True)
class HostSet:
    """A kernel set as a host can run it.

    Attributes:
        name: as users write it.
        simd: of the cores that it is for.
        replaced: sources of the set that no host compiles; those of the same name in STAND_INS / folder, and headers
            found there, come in their places, with the same accesses to memory.
        library: whether CMSIS-NN's sources belong to it.
    """

    name: str
    simd: Simd
    replaced: Sequence[str] = ()
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
}
"""By the folder of the sources, as messages name them: a further set is one line."""


@functools.lru_cache
def built(set_name: str, program: str) -> Path:
    """Compile firmware/tests/fuzz/PROGRAM.c with a kernel set, once per process."""
    host = HOST_SETS[set_name]
    folder = Path(tempfile.mkdtemp(prefix="tinyhil-fuzz-"))
    own = FIRMWARE / "kernels" / host.kernels.folder
    stand_ins = STAND_INS / host.kernels.folder
    sources = [FIRMWARE / "tests" / "fuzz" / f"{program}.c"]
    if program == "run_plans":
        sources += [FIRMWARE / "app" / "crc32.c", *sorted((FIRMWARE / "engines" / "plan").glob("*.c"))]
    reference = FIRMWARE / "kernels" / "reference"
    common = [p for p in sorted(reference.glob("*.c")) if own == reference or p.stem != "table"]
    if own != reference:
        sources += [p for p in sorted(own.glob("*.c")) if p.name not in host.replaced]
        sources += sorted(own.parent.glob("*.c")) if own.parent.name == "fast" else []
        sources += sorted(stand_ins.glob("*.c"))
    words = [f"-I{STAND_INS}", f"-I{FIRMWARE}", f"-I{FIRMWARE / 'tests'}"]
    objects: list[Path] = []
    if host.library:
        root = cmsis_nn.bundle(folder / "bundle")
        words += [f"-isystem{root / part / 'Include'}" for part in ("cmsis_nn", "cmsis_core")]
        words += ["-D__GNUC_PYTHON__", "-D__ASM=__asm", "-D__RESTRICT=__restrict"]
        library = sorted((root / "cmsis_nn" / "Source").rglob("*.c"))
        objects += _objects(library, [*words, "-w"], folder / "library")
    warned = [*words, "-Wall", "-Wextra", "-Werror"]
    objects += _objects(common, warned, folder / "common") + _objects(sources, warned, folder)
    target = folder / program
    subprocess.run(["cc", *FLAGS, "-o", str(target), *map(str, objects), "-lm"], check=True)
    return target


def _objects(sources: Sequence[Path], words: Sequence[str], folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    command = ["cc", *FLAGS, WRAPPING, *words, "-c", *map(str, sources)]
    subprocess.run(command, check=True, cwd=folder)
    return [folder / f"{path.stem}.o" for path in sources]
