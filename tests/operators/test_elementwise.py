"""ADD, RELU, RELU6, SOFTMAX, RESHAPE and PAD against the oracle."""

from __future__ import annotations

import numpy as np

from models.tflite.writer import ModelBuilder
from tests.operators import randoms
from tests.operators.compare import Case, check_cases
from tests.operators.device import Device


def _shape(rng: np.random.Generator, rank: int, size: int = 6) -> tuple[int, ...]:
    return tuple(int(n) for n in rng.integers(1, size, rank))


def add_case(rng: np.random.Generator) -> Case:
    out = _shape(rng, int(rng.integers(1, 6)))
    shapes = [out, out]
    if rng.integers(3):  # broadcast: some extents are 1 in one input, or leading ones missing
        broadcast = rng.integers(0, 3, len(out))
        shapes = [
            tuple(1 if broadcast[i] == which else n for i, n in enumerate(out)) for which in (1, 2)
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


def relu_case(rng: np.random.Generator) -> Case:
    shape = _shape(rng, int(rng.integers(1, 5)))
    source = randoms.scale(rng)
    output = np.float32(float(source) / randoms.ratio(rng))
    b = ModelBuilder("relu")
    x = b.tensor("x", shape, scale=float(source), zero_point=randoms.zero_point(rng))
    y = b.tensor("y", shape, scale=float(output), zero_point=randoms.zero_point(rng))
    b.operator("RELU", [x], [y])
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape)]


def relu6_case(rng: np.random.Generator) -> Case:
    shape = _shape(rng, int(rng.integers(1, 5)))
    quant = {"scale": float(randoms.scale(rng, -28, 4)), "zero_point": randoms.zero_point(rng)}
    b = ModelBuilder("relu6")
    x = b.tensor("x", shape, **quant)
    y = b.tensor("y", shape, **quant)
    b.operator("RELU6", [x], [y])
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape)]


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


def pad_case(rng: np.random.Generator) -> Case:
    rank = int(rng.integers(1, 6))
    shape = _shape(rng, rank, 5)
    pads = rng.integers(0, 4, (rank, 2)).astype(np.int32)
    out = tuple(int(n + before + after) for n, (before, after) in zip(shape, pads, strict=True))
    quant = {"scale": float(randoms.scale(rng)), "zero_point": randoms.zero_point(rng)}
    b = ModelBuilder("pad")
    x = b.tensor("x", shape, **quant)
    inputs = [x, b.constant("pads", pads)]
    kind = "PAD"
    if rng.integers(2):
        kind = "PADV2"
        value = rng.integers(-128, 128, ()).astype(np.int8)
        inputs.append(b.constant("value", value, **quant))
    y = b.tensor("y", out, **quant)
    b.operator(kind, inputs, [y])
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape)]


def reshape_case(rng: np.random.Generator) -> Case:
    shape = _shape(rng, int(rng.integers(1, 6)))
    elements = int(np.prod(shape))
    divisors = [n for n in range(1, elements + 1) if elements % n == 0]
    rows = int(rng.choice(divisors))
    out = [(elements,), (rows, elements // rows), shape[::-1], (1, *shape)][rng.integers(4)]
    dtype = str(rng.choice(["INT8", "INT8", "INT32", "INT16"]))
    b = ModelBuilder("reshape")
    x = b.tensor("x", shape, dtype, scale=0.5)
    y = b.tensor("y", out, dtype, scale=0.5)
    inputs = [x]
    if rng.integers(2):
        inputs.append(b.constant("shape", np.array(out, np.int32)))
    b.operator("RESHAPE", inputs, [y], new_shape=out)
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape, dtype.lower())]


def test_add(device: Device) -> None:
    check_cases(device, add_case, 10)


def test_relu(device: Device) -> None:
    check_cases(device, relu_case, 11)


def test_relu6(device: Device) -> None:
    check_cases(device, relu6_case, 12)


def test_softmax_int8(device: Device) -> None:
    check_cases(device, lambda rng: softmax_case(rng, "INT8"), 13)


def test_softmax_int16(device: Device) -> None:
    check_cases(device, lambda rng: softmax_case(rng, "INT16"), 14)


def test_pad(device: Device) -> None:
    check_cases(device, pad_case, 15)


def test_reshape(device: Device) -> None:
    check_cases(device, reshape_case, 16)
