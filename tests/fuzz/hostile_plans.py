"""Hostile plans for every kernel set: operands that overlap, parameters and sizes that lie, under a right CRC.

A finding is a plan that the engine takes and that then leaves its memory (firmware/tests/fuzz/run_plans.c). What a
kernel reads of its neighbours within the arena is not seen here; tests/fuzz/kernels.py sees it.
"""

from __future__ import annotations

import random
import struct
import zlib
from dataclasses import dataclass, field, replace

import numpy as np

from harness.engines.plan.arena import plan_arena
from harness.engines.plan.blob import CRC_START, OP, OPERAND, REF_CONST, pack
from harness.engines.plan.importer import import_model
from harness.engines.plan.kernels import KernelSet, specialise
from harness.engines.plan.lower import lower
from harness.engines.plan.program import Program, ScratchOperand
from targets.errors import DeviceError
from tests.fuzz.kernel_sets import HOST_SETS, built
from tests.fuzz.kernels import LARGEST, ON_HOST, layer_makers
from tests.fuzz.plans import pattern, run_plans
from tests.kernels.bench import started_bench

BATCH = 200
OPS_AT, ARENA_AT, COUNT_AT = 36, 20, 24
"""Where the header has the offset of the operators, the arena's bytes, how many operators."""
ARENA_LIMIT = 1 << 16


@dataclass
class Tally:
    """What became of the plans."""

    plans: int = 0
    refused: int = 0
    ran: int = 0
    findings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Base:
    """A sound plan and its inputs."""

    blob: bytes
    inputs: bytes


def fuzz_plans(set_name: str, count: int, seed: int) -> Tally:
    """Try `count` hostile plans of a set."""
    rng = random.Random(seed)
    found = sound_plans(HOST_SETS[set_name].kernels, seed, on_host=True)
    tally = Tally()
    program = built(set_name, "run_plans")
    while tally.plans < count:
        batch = []
        for _ in range(min(BATCH, count - tally.plans)):
            base = rng.choice(found)
            batch.append((hostile(rng, base.blob), base.inputs))
        for (blob, inputs), ran in zip(batch, run_plans(batch, program), strict=True):
            tally.plans += 1
            if ran.crash:
                tally.findings.append(f"{ran.crash}\nplan {blob.hex()}\ninputs {inputs.hex()}")
            elif ran.status:
                tally.refused += 1
            else:
                tally.ran += 1
    return tally


def fuzz_on_target(target: str, kernels: str, count: int, seed: int) -> Tally:
    """The same on a device, for kernels that no host compiles: it must neither fault nor write to the plan."""
    rng = random.Random(seed)
    tally = Tally()
    with started_bench(target, kernels) as bench:
        found = sound_plans(bench.kernels, seed)
        while tally.plans < count:
            base = rng.choice(found)
            blob = hostile(rng, base.blob)
            tally.plans += 1
            try:
                if bench.try_plan(blob, base.inputs):
                    tally.ran += 1
                else:
                    tally.refused += 1
            except (DeviceError, AssertionError) as error:
                # The device is of no use any more.
                tally.findings.append(f"{error}\nplan {blob.hex()}\ninputs {base.inputs.hex()}")
                break
    return tally


def sound_plans(kernels: KernelSet, seed: int, *, on_host: bool = False) -> list[Base]:
    """Plans of one random layer each."""
    found = []
    for number, make_case in enumerate(layer_makers(kernels)):
        data, _ = make_case(np.random.default_rng((seed, number)))
        program = specialise(lower(import_model(data, "plan")), kernels)
        if on_host:
            program = _enlarged(program)
        placement = plan_arena(program)
        if placement.arena_bytes <= LARGEST:
            blob = pack(program, placement, kernels.abi)
            graph = program.graph
            size = sum(graph.tensors[index].size_bytes for index in graph.inputs)
            found.append(Base(blob, pattern(size)))
    return found


def _enlarged(program: Program) -> Program:
    """Pointers in scratch memory are larger here than on a target."""
    steps = [
        replace(
            step,
            operands=tuple(
                ScratchOperand(ON_HOST * o.size_bytes) if isinstance(o, ScratchOperand) else o
                for o in step.operands
            ),
        )
        for step in program.steps
    ]
    return replace(program, steps=tuple(steps))


def hostile(rng: random.Random, blob: bytes) -> bytes:
    """Change a word or three of an operator's record, and make the CRC right."""
    data = bytearray(blob)
    (arena_bytes,) = struct.unpack_from("<I", data, ARENA_AT)
    at = struct.unpack_from("<I", data, OPS_AT)[0]
    (operators,) = struct.unpack_from("<H", data, COUNT_AT)
    for _ in range(rng.randrange(operators)):
        at += struct.unpack_from("<H", data, at + 2)[0]
    _, _, _, operand_count, _, param_bytes = OP.unpack_from(data, at)
    first = at + OP.size
    params = first + operand_count * OPERAND.size
    for _ in range(rng.randint(1, 3)):
        kind = rng.randrange(4)
        if kind == 0 and param_bytes:
            where = params + 4 * rng.randrange(param_bytes // 4)
            (old,) = struct.unpack_from("<i", data, where)
            new = rng.choice([old + 1, old - 1, 0, 1, rng.getrandbits(31), rng.randrange(64), -1])
            struct.pack_into("<i", data, where, max(-(2**31), min(2**31 - 1, new)))
            continue
        operand = first + OPERAND.size * rng.randrange(operand_count)
        ref, length = OPERAND.unpack_from(data, operand)
        if kind == 1:
            length = rng.choice([0, max(length, 1) - 1, rng.randrange(2 * length + 8)])
        elif kind == 2:
            other = first + OPERAND.size * rng.randrange(operand_count)
            ref = OPERAND.unpack_from(data, other)[0]
        elif ref < REF_CONST or rng.random() < 0.3:
            ref = 4 * rng.randrange(arena_bytes // 4 + 1)
        OPERAND.pack_into(data, operand, ref, length)
    if rng.random() < 0.3:
        # More room, so that more of what lies about itself is believed.
        struct.pack_into("<I", data, ARENA_AT, min(ARENA_LIMIT, 4 * arena_bytes))
    struct.pack_into("<I", data, CRC_START - 4, zlib.crc32(memoryview(data)[CRC_START:]))
    return bytes(data)
