"""MEAN of int16, SUM, REDUCE_MAX, REDUCE_MIN, ARG_MAX and ARG_MIN against the oracle."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from models.tflite.writer import ModelBuilder
from tests.operators import randoms
from tests.operators.compare import check
from tests.operators.device import Device
from tests.operators.registry import Case, Comparison


def _reduction(
    rng: np.random.Generator,
    kind: str,
    dtype: str,
    source: dict[str, object],
    output: dict[str, object],
) -> Case:
    rank = int(rng.integers(1, 6))
    shape = tuple(int(n) for n in rng.integers(1, 6, rank))
    axes = rng.integers(-rank, rank, rng.integers(1, rank + 2)).astype(np.int32)
    keep = bool(rng.integers(2))
    reduced = {int(axis) % rank for axis in axes}
    out = tuple(1 if i in reduced else n for i, n in enumerate(shape) if keep or i not in reduced)
    b = ModelBuilder(kind.lower())
    x = b.tensor("x", shape, dtype, **source)
    a = b.constant("axes", axes)
    y = b.tensor("y", out, dtype, **output)
    b.operator(kind, [x, a], [y], keep_dims=keep)
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape, dtype.lower())[:3]]


def sum_case(rng: np.random.Generator, kind: str, dtype: str) -> Case:
    source = randoms.scale(rng)
    # A product of 32 bits must be left by the shift; sums of int16 have up to 28 of them.
    ratio = min(randoms.ratio(rng), 2.0**16 if dtype == "INT8" else 2.0**3)
    output = np.float32(float(source) / ratio)
    quants = [
        {"scale": float(scale), "zero_point": randoms.zero_point(rng, dtype.lower())}
        for scale in (source, output)
    ]
    return _reduction(rng, kind, dtype, *quants)


def extremum_case(rng: np.random.Generator, kind: str, dtype: str) -> Case:
    quant: dict[str, object] = {}
    if dtype != "INT32":
        zero_point = randoms.zero_point(rng) if dtype == "INT8" else 0
        quant = {"scale": float(randoms.scale(rng)), "zero_point": zero_point}
    return _reduction(rng, kind, dtype, quant, quant)


def arg_case(rng: np.random.Generator, kind: str, dtype: str) -> Case:
    """Few values, so that the same extremum occurs more than once."""
    rank = int(rng.integers(1, 6))
    shape = tuple(int(n) for n in rng.integers(1, 6, rank))
    axis = int(rng.integers(-rank, rank))
    out = tuple(n for i, n in enumerate(shape) if i != axis % rank)
    b = ModelBuilder(kind.lower())
    x = b.tensor("x", shape, dtype, **({"scale": 0.5} if dtype == "INT8" else {}))
    a = b.constant("axis", np.array(axis, np.int32))
    y = b.tensor("y", out, "INT32")
    b.operator(kind, [x, a], [y], output_type="INT32")
    values = [randoms.batch(rng, shape, dtype.lower())[i] for i in (0, 1, 4)]
    return b.build([x], [y]), [[array] for array in values]


COMPARISONS = (
    Comparison("MEAN", "int16", partial(sum_case, kind="MEAN", dtype="INT16"), 150),
    Comparison("SUM", "int8", partial(sum_case, kind="SUM", dtype="INT8"), 151),
    Comparison("SUM", "int16", partial(sum_case, kind="SUM", dtype="INT16"), 152),
    *(
        Comparison(
            kind,
            dtype.lower(),
            partial(extremum_case, kind=kind, dtype=dtype),
            153 + 3 * k + d,
            oracle="TFLM" if dtype == "INT8" else "LiteRT",
        )
        for k, kind in enumerate(("REDUCE_MAX", "REDUCE_MIN"))
        for d, dtype in enumerate(("INT8", "INT16", "INT32"))
    ),
    *(
        Comparison(
            kind,
            dtype.lower(),
            partial(arg_case, kind=kind, dtype=dtype),
            160 + 2 * k + d,
            oracle="TFLM" if dtype == "INT8" else "LiteRT",
        )
        for k, kind in enumerate(("ARG_MAX", "ARG_MIN"))
        for d, dtype in enumerate(("INT8", "INT32"))
    ),
)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=str)
def test_reduce(device: Device, comparison: Comparison) -> None:
    check(device, comparison)
