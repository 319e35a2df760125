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
from harness.tflite.reader import read_model
from models.example import example_model
from tests.fuzz.mutate import mutated
from tests.fuzz.oracle import OracleProcess
from tests.fuzz.plans import pattern, run_plans
from tests.operators.registry import comparisons

BATCH = 200
SLOW_S = 10.0
MOST_MACS = 20_000_000
MOST_ARENA_BYTES = 1 << 24
BASES_PER_MAKER = 3
MOST_OPTION = 0x7FFF
LEAST_SCALE = 1e-30


@dataclass
class Tally:
    """What became of the files."""

    files: int = 0
    refused: int = 0
    too_large: int = 0
    ran: int = 0
    compared: int = 0
    read_otherwise: int = 0
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
    except ModelError:
        tally.refused += 1
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


def _run(
    accepted: Sequence[tuple[bytes, CompiledModel, str]],
    tally: Tally,
    oracle: OracleProcess | None,
) -> None:
    for (data, model, name), ran in zip(
        accepted, run_plans([model.blob for _, model, _ in accepted]), strict=True
    ):
        if ran.crash:
            tally.findings.append(f"{name}: {ran.crash}: {data.hex()}")
        elif ran.status != 0:
            tally.findings.append(f"{name}: own plan refused with {ran.status}: {data.hex()}")
        else:
            tally.ran += 1
            if oracle is None:
                continue
            if not _read_alike(data, model):
                tally.read_otherwise += 1
            else:
                _compare(data, model, name, ran.outputs, tally, oracle)


def _read_alike(data: bytes, model: CompiledModel) -> bool:
    """Whether the reference takes the file for the same model, so that outputs can be compared.

    It takes a tensor with scales but no zero points for one without quantisation (the schema's
    default is zero), cuts strides, dilations and filter sizes to 16 bits, and shifts by the scale's
    exponent, whatever it is; names end at a zero byte for it. Random bytes are no sensible floats.
    """
    subgraphs = read_model(data).subgraphs
    operators = [operator for subgraph in subgraphs for operator in subgraph.operators]
    options = [value for operator in operators for value in operator.options.values()]
    # The reader shows what is not printable, a zero byte too, as a question mark.
    named = any(isinstance(value, str) and "?" in value for value in options)
    large = any(type(value) is int and abs(value) > MOST_OPTION for value in options)
    scales = [
        tensor.quantization
        for subgraph in subgraphs
        for tensor in subgraph.tensors
        if tensor.quantization is not None and len(tensor.quantization.scale)
    ]
    floats = any(tensor.dtype.numpy.kind == "f" for tensor in model.inputs)
    strange = any(len(each.zero_point) == 0 or each.scale.min() < LEAST_SCALE for each in scales)
    return not (large or named or floats or strange)


def _compare(
    data: bytes,
    model: CompiledModel,
    name: str,
    outputs: bytes,
    tally: Tally,
    oracle: OracleProcess,
) -> None:
    answer = oracle.ask(data, pattern(model.input_bytes))
    if answer is None:
        tally.reference_crashed += 1
    elif not answer:
        tally.reference_refused += 1
    else:
        tally.compared += 1
        if answer != outputs:
            tally.findings.append(f"{name}: outputs differ from the reference's: {data.hex()}")
