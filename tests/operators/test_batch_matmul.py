"""BATCH_MATMUL against the oracle."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from models.tflite.writer import ModelBuilder
from tests.operators import randoms
from tests.operators.compare import check
from tests.operators.device import Device
from tests.operators.registry import Case, Comparison


def _batches(rng: np.random.Generator) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Batch dimensions of the output and of both inputs, which may broadcast and lack leading ones."""
    out = tuple(int(n) for n in rng.integers(1, 4, rng.integers(0, 4)))
    inputs = []
    narrowed = rng.integers(0, 4, len(out))
    for which in (1, 2):
        shape = tuple(1 if narrowed[i] == which else n for i, n in enumerate(out))
        while shape and shape[0] == 1 and out[len(out) - len(shape)] == 1 and rng.integers(2):
            shape = shape[1:]
        inputs.append(shape)
    if len(inputs[0]) < len(out) and len(inputs[1]) < len(out):
        inputs[0] = (1,) * (len(out) - len(inputs[0])) + inputs[0]
    return out, inputs[0], inputs[1]


def batch_matmul_case(rng: np.random.Generator, dtype: str = "INT8") -> Case:
    out, lead_left, lead_right = _batches(rng)
    rows, depth, columns = (int(n) for n in rng.integers(1, (6, 24, 6)))
    adj_x, adj_y = (bool(n) for n in rng.integers(0, 2, 2))
    left = (*lead_left, *((depth, rows) if adj_x else (rows, depth)))
    right = (*lead_right, *((columns, depth) if adj_y else (depth, columns)))
    wide = dtype == "INT16"
    scales = [float(randoms.scale(rng)) for _ in range(2)]
    ratio = randoms.fitting_ratio(rng, depth)
    if wide:  # one input takes the part of the weights, with 8 bits more
        ratio = min(ratio / 256, 100.0)
    zero_points = [0 if wide else randoms.zero_point(rng) for _ in range(3)]
    kind = dtype.lower()

    b = ModelBuilder("batch_matmul")
    x = b.tensor("x", left, dtype, scale=scales[0], zero_point=zero_points[0])
    batch = [[array] for array in randoms.batch(rng, left, kind)]
    inputs = [x]
    constant = rng.integers(3) == 0
    if constant:
        values = randoms.batch(rng, right, kind)[0]
        w = b.constant("w", values, scale=scales[1], zero_point=zero_points[1])
    else:
        w = b.tensor("w", right, dtype, scale=scales[1], zero_point=zero_points[1])
        inputs.append(w)
        others = randoms.batch(rng, right, kind)
        batch = [[*arrays, others[i]] for arrays, i in zip(batch, rng.permutation(5), strict=True)]
    y = b.tensor(
        "y",
        (*out, rows, columns),
        dtype,
        scale=float(np.float32(scales[0] * scales[1] / ratio)),
        zero_point=zero_points[2],
    )
    b.operator("BATCH_MATMUL", [x, w], [y], adj_x=adj_x, adj_y=adj_y)
    return b.build(inputs, [y]), batch


COMPARISONS = (
    Comparison("BATCH_MATMUL", "int8", batch_matmul_case, 220),
    Comparison("BATCH_MATMUL", "int16", partial(batch_matmul_case, dtype="INT16"), 221),
)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=str)
def test_batch_matmul(device: Device, comparison: Comparison) -> None:
    check(device, comparison)
