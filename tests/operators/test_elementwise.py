"""ADD, RELU, RELU6, SOFTMAX, RESHAPE and PAD against the oracle."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from models.tflite.writer import ModelBuilder
from tests.operators import randoms
from tests.operators.compare import check
from tests.operators.device import Device
from tests.operators.registry import Case, Comparison


def _shape(rng: np.random.Generator, rank: int, size: int = 6) -> tuple[int, ...]:
    return tuple(int(n) for n in rng.integers(1, size, rank))


def add_case(
    rng: np.random.Generator, shape: tuple[int, ...] = (), *, broadcast: bool = True
) -> Case:
    out = shape or _shape(rng, int(rng.integers(1, 6)))
    shapes = [out, out]
    if broadcast and rng.integers(3):  # some extents are 1 in one input, or leading ones missing
        ones = rng.integers(0, 3, len(out))
        shapes = [
            tuple(1 if ones[i] == which else n for i, n in enumerate(out)) for which in (1, 2)
        ]
        which = int(rng.integers(2))
        while len(shapes[which]) > 1 and shapes[which][0] == 1 and rng.integers(2):
            shapes[which] = shapes[which][1:]
    scales = [randoms.scale(rng), randoms.scale(rng)]
    if rng.integers(4) == 0:
        scales[1] = np.float32(scales[0] * np.float32(2.0 ** rng.uniform(-40, -20)))
    # Factors of 2^20 and more are beyond the operator's fixed point.
    output = np.float32(float(max(scales)) / 2.0 ** rng.uniform(-12, 12))

    b = ModelBuilder("add")
    x = [
        b.tensor(f"x{i}", shapes[i], scale=float(scales[i]), zero_point=randoms.zero_point(rng))
        for i in range(2)
    ]
    y = b.tensor("y", out, scale=float(output), zero_point=randoms.zero_point(rng))
    b.operator("ADD", x, [y], fused_activation_function=str(rng.choice(randoms.ACTIVATIONS)))
    first, second = (randoms.batch(rng, shape) for shape in shapes)
    order = rng.permutation(len(first))
    return b.build(x, [y]), [[first[i], second[j]] for i, j in enumerate(order)]


def relu_case(rng: np.random.Generator, dtype: str = "INT8") -> Case:
    shape = _shape(rng, int(rng.integers(1, 5)))
    source, ratio = randoms.scale(rng), randoms.ratio(rng)
    wide = dtype == "INT16"
    if wide:  # a left shift of 16 bits by more than 15 runs over
        ratio = min(ratio, 2.0**14)
    output = np.float32(float(source) / ratio)
    zero_points = [0 if wide else randoms.zero_point(rng) for _ in range(2)]
    b = ModelBuilder("relu")
    x = b.tensor("x", shape, dtype, scale=float(source), zero_point=zero_points[0])
    y = b.tensor("y", shape, dtype, scale=float(output), zero_point=zero_points[1])
    b.operator("RELU", [x], [y])
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape, dtype.lower())]


def relu6_case(rng: np.random.Generator, dtype: str = "INT8") -> Case:
    """The output's quantisation, now and then another, changes nothing."""
    shape = _shape(rng, int(rng.integers(1, 5)))
    quants = [
        {
            "scale": float(randoms.scale(rng, -28, 4)),
            "zero_point": randoms.zero_point(rng, dtype.lower()),
        }
        for _ in range(2)
    ]
    b = ModelBuilder("relu6")
    x = b.tensor("x", shape, dtype, **quants[0])
    y = b.tensor("y", shape, dtype, **quants[int(rng.integers(4) == 0)])
    b.operator("RELU6", [x], [y])
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape, dtype.lower())]


def softmax_case(rng: np.random.Generator, dtype: str) -> Case:
    rank = int(rng.integers(1, 5))
    depth = int(rng.choice([1, 2, rng.integers(3, 40), rng.integers(40, 500)]))
    shape = (*_shape(rng, rank - 1, 4), depth)
    beta = float(rng.choice([1.0, 2.0 ** rng.uniform(-3, 3)]))
    scale = float(randoms.scale(rng, -14, 8))
    b = ModelBuilder("softmax")
    x = b.tensor("x", shape, scale=scale, zero_point=randoms.zero_point(rng))
    fixed = {"INT8": (2.0**-8, -128), "INT16": (2.0**-16, -32768)}[dtype]
    y = b.tensor("y", shape, dtype, scale=fixed[0], zero_point=fixed[1])
    b.operator("SOFTMAX", [x], [y], beta=beta)
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape)]


def softmax_int16_case(rng: np.random.Generator) -> Case:
    depth = int(rng.choice([1, 2, rng.integers(3, 40), rng.integers(40, 700)]))
    shape = (*_shape(rng, int(rng.integers(0, 3)), 4), depth)
    beta = float(rng.choice([1.0, 2.0 ** rng.uniform(-3, 3)]))
    b = ModelBuilder("softmax")
    x = b.tensor("x", shape, "INT16", scale=float(randoms.scale(rng, -30, -2)))
    y = b.tensor("y", shape, "INT16", scale=2.0**-15)
    b.operator("SOFTMAX", [x], [y], beta=beta)
    near = rng.integers(30000, 32768, shape).astype(np.int16)
    return b.build([x], [y]), [[a] for a in (near, *randoms.batch(rng, shape, "int16"))]


def pad_case(rng: np.random.Generator, kind: str = "PAD", dtype: str = "INT8") -> Case:
    rank = int(rng.integers(1, 6))
    shape = _shape(rng, rank, 5)
    pads = rng.integers(0, 4, (rank, 2)).astype(np.int32)
    out = tuple(int(n + before + after) for n, (before, after) in zip(shape, pads, strict=True))
    quant = {"scale": float(randoms.scale(rng)), "zero_point": randoms.zero_point(rng)}
    b = ModelBuilder("pad")
    x = b.tensor("x", shape, dtype, **quant)
    inputs = [x, b.constant("pads", pads)]
    if kind == "PADV2":
        info = np.iinfo(dtype.lower())
        value = rng.integers(info.min, info.max + 1, ()).astype(dtype.lower())
        same = dtype == "INT8" or rng.integers(2)
        inputs.append(b.constant("value", value, **(quant if same else {"scale": 0.5})))
    y = b.tensor("y", out, dtype, **quant)
    b.operator(kind, inputs, [y])
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape, dtype.lower())]


def reshape_case(rng: np.random.Generator, dtype: str = "INT8") -> Case:
    shape = _shape(rng, int(rng.integers(1, 6)))
    elements = int(np.prod(shape))
    divisors = [n for n in range(1, elements + 1) if elements % n == 0]
    rows = int(rng.choice(divisors))
    out = [(elements,), (rows, elements // rows), shape[::-1], (1, *shape)][rng.integers(4)]
    b = ModelBuilder("reshape")
    x = b.tensor("x", shape, dtype, scale=0.5)
    y = b.tensor("y", out, dtype, scale=0.5)
    inputs = [x]
    if rng.integers(2):
        inputs.append(b.constant("shape", np.array(out, np.int32)))
    b.operator("RESHAPE", inputs, [y], new_shape=out)
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape, dtype.lower())]


COMPARISONS = (
    Comparison("ADD", "int8", add_case, 10),
    Comparison("RELU", "int8", relu_case, 11),
    Comparison("RELU6", "int8", relu6_case, 12),
    Comparison("RELU", "int16", partial(relu_case, dtype="INT16"), 300),
    Comparison("RELU6", "int16", partial(relu6_case, dtype="INT16"), 301),
    Comparison("SOFTMAX", "int8", partial(softmax_case, dtype="INT8"), 13),
    Comparison("SOFTMAX", "int8", partial(softmax_case, dtype="INT16"), 14),
    Comparison("PAD", "int8", pad_case, 15),
    Comparison("PAD", "int16", partial(pad_case, dtype="INT16"), 206),
    Comparison("PADV2", "int8", partial(pad_case, kind="PADV2"), 18),
    Comparison("PADV2", "int16", partial(pad_case, kind="PADV2", dtype="INT16"), 209),
    Comparison("SOFTMAX", "int16", softmax_int16_case, 207),
    Comparison("RESHAPE", "int8", reshape_case, 16),
    Comparison("RESHAPE", "int16", partial(reshape_case, dtype="INT16"), 17),
    Comparison("RESHAPE", "int32", partial(reshape_case, dtype="INT32"), 19),
)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=str)
def test_elementwise(device: Device, comparison: Comparison) -> None:
    check(device, comparison)
