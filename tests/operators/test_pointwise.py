"""LOGISTIC, TANH, HARD_SWISH, ELU, LEAKY_RELU and PRELU against the oracle."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from models.tflite.writer import ModelBuilder
from tests.operators import randoms
from tests.operators.compare import check
from tests.operators.device import Device
from tests.operators.registry import Case, Comparison


def _case(
    rng: np.random.Generator,
    kind: str,
    dtype: str,
    source: dict[str, object],
    output: dict[str, object],
    **options: object,
) -> Case:
    """All values of int8; many of int16, the ends of its range among them."""
    rows = int(rng.choice([1, 2, 4]))
    shape = (1, rows, 256 // rows)
    b = ModelBuilder(kind.lower())
    x = b.tensor("x", shape, dtype, **source)
    y = b.tensor("y", shape, dtype, **output)
    b.operator(kind, [x], [y], **options)
    values = np.arange(-128, 128)
    arrays = [values]
    if dtype == "INT16":
        arrays = [values * 257, np.clip(values * 256 + rng.integers(0, 256, 256), -32768, 32767)]
        arrays.append(rng.integers(-2000, 2000, 256))
    return b.build([x], [y]), [[array.astype(dtype.lower()).reshape(shape)] for array in arrays]


def sigmoid_case(rng: np.random.Generator, kind: str, dtype: str) -> Case:
    """LOGISTIC and TANH: the scale of the output is given."""
    if dtype == "INT8":
        source = {"scale": float(randoms.scale(rng, -14, 5)), "zero_point": randoms.zero_point(rng)}
        fixed = {"LOGISTIC": (2.0**-8, -128), "TANH": (2.0**-7, 0)}[kind]
    else:
        # Around 2^-12 there are powers of two, and scales that count as such.
        power = float(rng.integers(-14, -10)) + float(rng.choice([0, 5e-4, -5e-4, 2e-3]))
        scale = rng.choice([2.0**power, float(randoms.scale(rng, -40, 1.4))])
        source = {"scale": float(np.float32(scale))}
        fixed = (2.0**-15, 0)
    output = {"scale": fixed[0], "zero_point": fixed[1]}
    return _case(rng, kind, dtype, source, output)


def rescaling_case(rng: np.random.Generator, kind: str) -> Case:
    """HARD_SWISH and ELU, int8."""
    source = randoms.scale(rng, -12, 4)
    output = np.float32(float(source) * 2.0 ** rng.uniform(-6.9, 20 if kind == "HARD_SWISH" else 6))
    quants = [
        {"scale": float(scale), "zero_point": randoms.zero_point(rng)} for scale in (source, output)
    ]
    return _case(rng, kind, "INT8", *quants)


def leaky_relu_case(rng: np.random.Generator, dtype: str) -> Case:
    source = randoms.scale(rng)
    ratio = randoms.ratio(rng)
    if dtype == "INT16":  # a left shift of 17 bits and more would wrap
        ratio = min(ratio, 2.0**12)
    output = np.float32(float(source) / ratio)
    quants = [
        {"scale": float(scale), "zero_point": randoms.zero_point(rng, dtype.lower())}
        for scale in (source, output)
    ]
    alpha = float(np.float32(rng.choice([0.0, 0.1, 0.3, 2.0, -0.5, rng.uniform(-1, 1)])))
    return _case(rng, "LEAKY_RELU", dtype, *quants, alpha=alpha)


def prelu_case(rng: np.random.Generator, dtype: str) -> Case:
    shape = tuple(int(n) for n in rng.integers(1, 6, rng.integers(1, 5)))
    slopes = tuple(n if rng.integers(3) else 1 for n in shape)
    while len(slopes) > 1 and slopes[0] == 1 and rng.integers(2):
        slopes = slopes[1:]
    source, slope = randoms.scale(rng), randoms.scale(rng, -8, 0)
    ratio = min(randoms.ratio(rng), 2.0**6)
    output = np.float32(float(source) / ratio)
    quants = [
        {"scale": float(scale), "zero_point": randoms.zero_point(rng, kind)}
        for scale, kind in ((source, dtype.lower()), (slope, "int8"), (output, dtype.lower()))
    ]
    b = ModelBuilder("prelu")
    x = b.tensor("x", shape, dtype, **quants[0])
    a = b.constant("slopes", rng.integers(-128, 128, slopes).astype(np.int8), **quants[1])
    y = b.tensor("y", shape, dtype, **quants[2])
    b.operator("PRELU", [x, a], [y])
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape, dtype.lower())]


COMPARISONS = (
    *(
        Comparison(
            kind, dtype.lower(), partial(sigmoid_case, kind=kind, dtype=dtype), 60 + 2 * k + d
        )
        for k, kind in enumerate(("LOGISTIC", "TANH"))
        for d, dtype in enumerate(("INT8", "INT16"))
    ),
    Comparison("HARD_SWISH", "int8", partial(rescaling_case, kind="HARD_SWISH"), 64),
    Comparison("ELU", "int8", partial(rescaling_case, kind="ELU"), 65),
    Comparison("LEAKY_RELU", "int8", partial(leaky_relu_case, dtype="INT8"), 66),
    Comparison("LEAKY_RELU", "int16", partial(leaky_relu_case, dtype="INT16"), 67),
    Comparison("PRELU", "int8", partial(prelu_case, dtype="INT8"), 68),
    Comparison("PRELU", "int16", partial(prelu_case, dtype="INT16"), 69),
)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=str)
def test_pointwise(device: Device, comparison: Comparison) -> None:
    check(device, comparison)
