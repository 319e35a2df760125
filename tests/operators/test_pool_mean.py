"""AVERAGE_POOL_2D, MAX_POOL_2D and MEAN against the oracle."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from models.tflite.writer import ModelBuilder
from tests.operators import randoms
from tests.operators.compare import check
from tests.operators.device import Device
from tests.operators.registry import Case, Comparison


def pool_case(
    rng: np.random.Generator,
    kind: str,
    dtype: str = "INT8",
    *,
    depth: int | None = None,
    most_taps: int = 5,
) -> Case:
    batches, height, width, few = (int(n) for n in rng.integers((1, 1, 1, 1), (3, 10, 10, 6)))
    depth = depth or few
    taps = [int(n) for n in rng.integers(1, most_taps + 1, 2)]
    strides = [int(n) for n in rng.integers(1, 5, 2)]
    padding = str(rng.choice(["SAME", "VALID"]))
    if padding == "VALID":
        taps = [min(taps[0], height), min(taps[1], width)]
        out = [(n - t) // s + 1 for n, t, s in zip((height, width), taps, strides, strict=True)]
    else:
        out = [-(-n // s) for n, s in zip((height, width), strides, strict=True)]
    shape = (batches, height, width, depth)
    zero_point = randoms.zero_point(rng, dtype.lower())
    quant = {"scale": float(randoms.scale(rng)), "zero_point": zero_point}

    b = ModelBuilder("pool")
    x = b.tensor("x", shape, dtype, **quant)
    y = b.tensor("y", (batches, *out, depth), dtype, **quant)
    b.operator(
        kind,
        [x],
        [y],
        padding=padding,
        stride_h=strides[0],
        stride_w=strides[1],
        filter_height=taps[0],
        filter_width=taps[1],
        fused_activation_function=str(rng.choice(randoms.ACTIVATIONS)),
    )
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape, dtype.lower())]


def mean_case(rng: np.random.Generator) -> Case:
    rank = int(rng.integers(1, 6))
    shape = tuple(int(n) for n in rng.integers(1, 7, rank))
    axes = rng.integers(-rank, rank, rng.integers(1, rank + 2)).astype(np.int32)
    keep = bool(rng.integers(2))
    reduced = {int(axis) % rank for axis in axes}
    out = tuple(1 if i in reduced else n for i, n in enumerate(shape) if keep or i not in reduced)
    source = randoms.scale(rng)
    output = np.float32(float(source) / randoms.ratio(rng))

    b = ModelBuilder("mean")
    x = b.tensor("x", shape, scale=float(source), zero_point=randoms.zero_point(rng))
    a = b.constant("axes", axes)
    y = b.tensor("y", out, scale=float(output), zero_point=randoms.zero_point(rng))
    b.operator("MEAN", [x, a], [y], keep_dims=keep)
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape)]


COMPARISONS = (
    Comparison("AVERAGE_POOL_2D", "int8", partial(pool_case, kind="AVERAGE_POOL_2D"), 4),
    Comparison("MAX_POOL_2D", "int8", partial(pool_case, kind="MAX_POOL_2D"), 5),
    Comparison("MEAN", "int8", mean_case, 6),
    *(
        Comparison(kind, "int16", partial(pool_case, kind=kind, dtype="INT16"), seed)
        for kind, seed in (("AVERAGE_POOL_2D", 204), ("MAX_POOL_2D", 205))
    ),
)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=str)
def test_pool_mean(device: Device, comparison: Comparison) -> None:
    check(device, comparison)
