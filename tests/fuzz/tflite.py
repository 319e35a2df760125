"""Damaged .tflite files: the importer refuses them, or compiles a plan that runs within its memory
and computes what the reference interpreter computes."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from harness.engines.plan.compile import CompiledModel, compile_model
from harness.engines.plan.importer import import_model
from harness.errors import ModelError
from models.example import example_model
from tests.fuzz.mutate import mutated
from tests.fuzz.oracle import OracleProcess
from tests.fuzz.plans import inputs_for, run_plans
from tests.operators.registry import comparisons

BATCH = 200
SLOW_S = 10.0
MOST_MACS = 20_000_000
MOST_ARENA_BYTES = 1 << 24
BASES_PER_MAKER = 3


@dataclass
class Tally:
    """What became of the files."""

    files: int = 0
    refused: int = 0
    too_large: int = 0
    ran: int = 0
    compared: int = 0
    reference_refused: int = 0
    reference_crashed: int = 0
    findings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Base:
    """A sound file, and where in it there is anything but constants."""

    name: str
    data: bytes
    structure: Sequence[int]


def bases(extra: Sequence[tuple[str, bytes]] = ()) -> list[Base]:
    """The example, one-operator models of every kind, and `extra`."""
    found = [("example", example_model()), *extra]
    for comparison in comparisons():
        for number in range(BASES_PER_MAKER):
            data, _ = comparison.make_case(np.random.default_rng((11, number)))
            found.append((f"{comparison}-{number}", data))
    return [Base(name, data, _structure(data)) for name, data in found]


def _structure(data: bytes) -> list[int]:
    constant = np.zeros(len(data), bool)
    for tensor in import_model(data, "base").tensors.values():
        if tensor.data is not None and tensor.data.nbytes >= 32:
            raw = tensor.data.tobytes()
            at = data.find(raw)
            if at >= 0:
                constant[at : at + len(raw)] = True
    return np.flatnonzero(~constant).tolist()


def fuzz(count: int, seed: int, found: Sequence[Base], *, compare: bool = True) -> Tally:
    """Try `count` damaged files."""
    rng = random.Random(seed)
    tally = Tally()
    with OracleProcess() as oracle:
        while tally.files < count:
            accepted: list[tuple[bytes, CompiledModel, str]] = []
            for _ in range(min(BATCH, count - tally.files)):
                base = rng.choice(found)
                data = mutated(rng, base.data, base.structure)
                model = compiled(data, base.name, tally)
                if model is not None:
                    accepted.append((data, model, base.name))
            _run(accepted, tally, oracle if compare else None)
    return tally


def compiled(data: bytes, name: str, tally: Tally) -> CompiledModel | None:
    """Compile one file; None when it is refused, which is the right thing with most."""
    tally.files += 1
    begin_s = time.monotonic()
    try:
        model = compile_model(data, name)
    except ModelError as error:
        tally.refused += 1
        if _runs_as_it_stands(data, name):
            tally.findings.append(f"{name}: refused only when optimised: {error}: {data.hex()}")
        return None
    except Exception as error:
        tally.findings.append(f"{name}: {type(error).__name__}: {error}: {data.hex()}")
        return None
    finally:
        if time.monotonic() - begin_s > SLOW_S:
            tally.findings.append(f"{name}: more than {SLOW_S} s: {data.hex()}")
    if model.macs > MOST_MACS or model.arena_bytes > MOST_ARENA_BYTES:
        tally.too_large += 1
        return None
    return model


def _runs_as_it_stands(data: bytes, name: str) -> bool:
    """Whether the graph optimisations alone refuse the file, which they never may."""
    try:
        compile_model(data, name, optimise=False)
    except ModelError:
        return False
    return True


def _run(
    accepted: Sequence[tuple[bytes, CompiledModel, str]],
    tally: Tally,
    oracle: OracleProcess | None,
) -> None:
    for (data, model, name), ran in zip(
        accepted,
        run_plans([(model.blob, inputs_for(model)) for _, model, _ in accepted]),
        strict=True,
    ):
        if ran.crash:
            tally.findings.append(f"{name}: {ran.crash}: {data.hex()}")
        elif ran.status != 0:
            tally.findings.append(f"{name}: own plan refused with {ran.status}: {data.hex()}")
        else:
            tally.ran += 1
            if oracle is not None:
                _compare(data, model, name, ran.outputs, tally, oracle)


def _compare(
    data: bytes,
    model: CompiledModel,
    name: str,
    outputs: bytes,
    tally: Tally,
    oracle: OracleProcess,
) -> None:
    answer = oracle.ask(data, inputs_for(model))
    if answer is None:
        tally.reference_crashed += 1
    elif not answer:
        tally.reference_refused += 1
    else:
        tally.compared += 1
        if answer != outputs:
            tally.findings.append(f"{name}: outputs differ from the reference's: {data.hex()}")
