"""Runs packed plans in a process of its own under ASan and UBSan (firmware/tests/fuzz/run_plans.c)."""

from __future__ import annotations

import functools
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.engines.plan.compile import CompiledModel
from harness.engines.plan.graph import DType

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Ran:
    """What became of one plan: its status (0: it ran) and outputs; the sanitizer's words on a crash."""

    status: int
    outputs: bytes = b""
    crash: str = ""


@functools.lru_cache
def runner() -> Path:
    """Build the program, once per process."""
    folder = Path(tempfile.mkdtemp(prefix="tinyhil-fuzz-"))
    sources = [FIRMWARE / "tests" / "fuzz" / "run_plans.c", FIRMWARE / "app" / "crc32.c"]
    sources += sorted((FIRMWARE / "kernels" / "reference").glob("*.c"))
    sources += sorted((FIRMWARE / "engines" / "plan").glob("*.c"))
    command = ["cc", "-std=gnu11", "-g", "-O1", "-fsanitize=address,undefined"]
    command += ["-fno-sanitize-recover=all", f"-I{FIRMWARE}", f"-I{FIRMWARE / 'tests'}"]
    program = folder / "run_plans"
    subprocess.run([*command, "-o", str(program), *map(str, sources), "-lm"], check=True)
    return program


def run_plans(plans: Sequence[tuple[bytes, bytes]], program: Path | None = None) -> list[Ran]:
    """Run all, each with its inputs; one that crashes the process is reported, and the rest go on in a new one.

    Args:
        plans: and their inputs.
        program: run_plans.c with a kernel set; None: runner().
    """
    done: list[Ran] = []
    while len(done) < len(plans):
        left = plans[len(done) :]
        wire = b"".join(len(part).to_bytes(4, "little") + part for plan in left for part in plan)
        try:
            ended = subprocess.run(
                [str(program or runner())],
                input=wire,
                capture_output=True,
                timeout=TIMEOUT_S,
                check=False,
            )
            out, words = ended.stdout, ended.stderr.decode("utf-8", "replace")[:3000]
        except subprocess.TimeoutExpired as late:
            out, words = late.stdout or b"", f"hangs: more than {TIMEOUT_S} s"
        answered = _answers(out)
        done += answered
        if len(answered) < len(left):
            done.append(Ran(-1, crash=words or "ended without a word"))
    return done


def pattern(size: int) -> bytes:
    """Inputs of so many bytes that differ from one another."""
    return ((37 * np.arange(size) + 11) % 256).astype(np.uint8).tobytes()


def inputs_for(model: CompiledModel) -> bytes:
    """`pattern`, but for float32 inputs, which get numbers from -16 to 16."""
    parts = []
    for tensor in model.inputs:
        if tensor.dtype is DType.FLOAT32:
            numbers = np.frombuffer(pattern(tensor.size_bytes // 4), np.int8) / 8
            parts.append(numbers.astype("<f4").tobytes())
        else:
            parts.append(pattern(tensor.size_bytes))
    return b"".join(parts)


def _answers(out: bytes) -> list[Ran]:
    answers, at = [], 0
    while at + 8 <= len(out):
        status, size = np.frombuffer(out, "<u4", 2, at).tolist()
        if at + 8 + size > len(out):
            break
        answers.append(Ran(status, out[at + 8 : at + 8 + size]))
        at += 8 + size
    return answers
