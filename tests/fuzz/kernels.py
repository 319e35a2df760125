"""Hostile calls of every kernel of a set: what its check lets through stays within its operands
(firmware/tests/fuzz/hostile_calls.c)."""

from __future__ import annotations

import struct
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from harness.engines.plan.blob import operand_bytes
from harness.engines.plan.importer import import_model
from harness.engines.plan.kernels import KernelSet, specialise
from harness.engines.plan.lower import lower
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.program import Operand, Program, ScratchOperand, Step
from tests.fuzz.kernel_sets import HOST_SETS, built
from tests.kernels.cases import CASES
from tests.operators.registry import Case, comparisons

LAYERS = 2
"""Sound calls of each kind to begin with."""
TIMEOUT_S = 600.0
ON_HOST = 2
"""Pointers in scratch memory are twice as large here as on a target."""
LARGEST = 1 << 12
"""Operands of more bytes take too long."""


@dataclass
class Tally:
    """Changed calls that ran, by kernel; findings, as the sanitizer says them."""

    ran: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)


def fuzz_kernels(set_name: str, rounds: int, seed: int) -> Tally:
    """Try `rounds` changes of each of the sound calls of a set."""
    tally = Tally()
    left = list(sound_calls(set_name, seed))
    while left:
        ran = subprocess.run(
            [str(built(set_name, "hostile_calls")), str(rounds), str(seed)],
            input=b"".join(left),
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        done = [line.split() for line in ran.stdout.decode().splitlines()]
        for opcode, count in done:
            tally.ran[Opcode(int(opcode)).name] += int(count)
        left = left[len(done) :]
        if ran.returncode:
            words = ran.stderr.decode("utf-8", "replace")[-6000:]
            tally.findings.append(f"code {ran.returncode}: {words}")
            left = left[1:]  # the rest goes on without it
    return tally


def sound_calls(set_name: str, seed: int) -> Iterator[bytes]:
    """Calls of every kernel that the set's plans can have, as the runner reads them."""
    kernels = HOST_SETS[set_name].kernels
    for number, make_case in enumerate(layer_makers(kernels)):
        for layer in range(LAYERS):
            data, _ = make_case(np.random.default_rng((seed, number, layer)))
            program = specialise(lower(import_model(data, "call")), kernels)
            for step in program.steps:
                sizes = [_size(program, operand) for operand in step.operands]
                if max(sizes) <= LARGEST:
                    yield _call(program, step, sizes)


def layer_makers(kernels: KernelSet) -> list[Callable[[np.random.Generator], Case]]:
    """The set's own kernels by random layers; of the reference, every operator."""
    if kernels.name == "reference":
        return [comparison.make_case for comparison in comparisons()]
    return [maker for maker in CASES.values() for _ in range(4)]


def _call(program: Program, step: Step, sizes: list[int]) -> bytes:
    params = step.params.pack()
    scratch = [i for i, o in enumerate(step.operands) if isinstance(o, ScratchOperand)]
    first = scratch[0] if scratch else len(step.operands)
    head = struct.pack("<IIII", step.opcode, len(step.operands), first, len(params))
    parts = [head, params]
    for operand, size in zip(step.operands, sizes, strict=True):
        data = operand_bytes(program, operand) or b""
        parts += [struct.pack("<II", size, len(data)), data]
    return b"".join(parts)


def _size(program: Program, operand: Operand) -> int:
    if operand is None:
        return 0
    if isinstance(operand, ScratchOperand):
        return ON_HOST * operand.size_bytes
    data = operand_bytes(program, operand)
    if data is not None:
        return len(data)
    return program.graph.tensors[operand.tensor].size_bytes  # type: ignore[union-attr]
