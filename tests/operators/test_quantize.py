"""QUANTIZE and DEQUANTIZE against the oracle."""

from __future__ import annotations

import numpy as np
import pytest

from models.tflite.writer import ModelBuilder
from tests.operators import randoms
from tests.operators.compare import check
from tests.operators.device import Device
from tests.operators.registry import Case, Comparison

PAIRS = [
    ("INT8", "INT8"),
    ("INT8", "UINT8"),
    ("INT8", "INT16"),
    ("INT8", "INT32"),
    ("UINT8", "INT8"),
    ("INT16", "INT8"),
    ("INT16", "INT16"),
    ("INT16", "INT32"),
    ("INT32", "INT8"),
    ("INT32", "INT16"),
]


def _zero_point(rng: np.random.Generator, dtype: str) -> int:
    if dtype == "INT32":
        return 0
    info = np.iinfo(dtype.lower())
    return int(rng.choice([info.min, info.max, *rng.integers(info.min, info.max + 1, 4)]))


def _shape(rng: np.random.Generator) -> tuple[int, ...]:
    return tuple(int(n) for n in rng.integers(1, 7, rng.integers(1, 5)))


def quantize_case(rng: np.random.Generator) -> Case:
    """Reals around the representable range, halves between two steps, and far outside."""
    shape = _shape(rng)
    dtype = str(rng.choice(["INT8", "INT16"]))
    scale = randoms.scale(rng, -14, 6)
    zero_point = _zero_point(rng, dtype)
    b = ModelBuilder("quantize")
    x = b.tensor("x", shape, "FLOAT32")
    y = b.tensor("y", shape, dtype, scale=float(scale), zero_point=zero_point)
    b.operator("QUANTIZE", [x], [y])
    info = np.iinfo(dtype.lower())
    steps = rng.integers(info.min - zero_point - 9, info.max - zero_point + 9, shape)
    real = steps.astype(np.float32) * scale
    half = (steps.astype(np.float32) + np.float32(0.5)) * scale
    noise = rng.normal(0, float(scale) * 100, shape).astype(np.float32)
    far = rng.choice(np.array([-1e9, 1e9, 0, -0.0], np.float32), shape) * scale
    batch = [real, half, np.nextafter(half, np.float32(0)), noise, far.astype(np.float32)]
    return b.build([x], [y]), [[array] for array in batch]


def requantize_case(rng: np.random.Generator) -> Case:
    source_type, output_type = PAIRS[rng.integers(len(PAIRS))]
    shape = _shape(rng)
    source = randoms.scale(rng)
    output = np.float32(float(source) / float(rng.choice([1.0, randoms.ratio(rng)])))
    b = ModelBuilder("requantize")
    x = b.tensor(
        "x", shape, source_type, scale=float(source), zero_point=_zero_point(rng, source_type)
    )
    y = b.tensor(
        "y", shape, output_type, scale=float(output), zero_point=_zero_point(rng, output_type)
    )
    b.operator("QUANTIZE", [x], [y])
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape, source_type.lower())]


def dequantize_case(rng: np.random.Generator) -> Case:
    shape = _shape(rng)
    dtype = str(rng.choice(["INT8", "UINT8", "INT16"]))
    b = ModelBuilder("dequantize")
    x = b.tensor(
        "x",
        shape,
        dtype,
        scale=float(randoms.scale(rng, -40, 20)),
        zero_point=_zero_point(rng, dtype),
    )
    y = b.tensor("y", shape, "FLOAT32")
    b.operator("DEQUANTIZE", [x], [y])
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape, dtype.lower())]


COMPARISONS = (
    Comparison("QUANTIZE", "int8, int16, int32", requantize_case, 21, cases=400),
    Comparison("QUANTIZE", "float bridge", quantize_case, 20),
    Comparison("DEQUANTIZE", "float bridge", dequantize_case, 22),
)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=str)
def test_quantize(device: Device, comparison: Comparison) -> None:
    check(device, comparison)
