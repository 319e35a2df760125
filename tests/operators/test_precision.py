"""Cases in which one rounding of a scale more or less changes an output.

Products and quotients of scales taken in float32 and in float64 differ by at most 2^-25, which
random models hardly ever show; these sit on the very edge.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from models.tflite.writer import ModelBuilder
from tests.operators.compare import check_cases
from tests.operators.device import Device
from tests.operators.registry import Case

CHANNELS = 8


def _scales_and_biases(
    rng: np.random.Generator,
) -> tuple[np.float32, np.float32, np.float32, np.ndarray]:
    """Scales of input, filter and output, and accumulators between the edges of both products."""
    while True:
        source, weight = (np.float32(s) for s in rng.uniform(0.5, 1, 2))
        output = np.float32(2.0**22 * rng.uniform(0.5, 1))
        double = float(source) * float(weight) / float(output)
        single = float(source * weight) / float(output)
        if abs(double - single) > 2.0**-27 * double:
            break
    steps = rng.choice(np.arange(60, 127), CHANNELS, replace=False) + 0.5
    accumulators = np.round(steps / ((double + single) / 2)).astype(np.int64)
    assert accumulators.max() < 2**31
    return source, weight, output, accumulators.astype(np.int32)


def weighted_case(rng: np.random.Generator, kind: str) -> Case:
    """All weights are 0, so the bias alone decides."""
    source, weight, output, bias = _scales_and_biases(rng)
    shape = (1, 4) if kind == "FULLY_CONNECTED" else (1, 1, 1, 8 if "DEPTHWISE" in kind else 4)
    filters = {
        "FULLY_CONNECTED": (CHANNELS, 4),
        "CONV_2D": (CHANNELS, 1, 1, 4),
        "TRANSPOSE_CONV": (CHANNELS, 1, 1, 4),
        "DEPTHWISE_CONV_2D": (1, 1, 1, CHANNELS),
    }[kind]
    options: dict[str, object] = {}
    if kind != "FULLY_CONNECTED":
        options = {"padding": "VALID", "stride_h": 1, "stride_w": 1}
    if kind == "DEPTHWISE_CONV_2D":
        options["depth_multiplier"] = 1

    b = ModelBuilder("precision")
    x = b.tensor("x", shape, scale=float(source))
    w = b.constant("w", np.zeros(filters, np.int8), scale=float(weight))
    c = b.constant("bias", bias, scale=float(source) * float(weight))
    y = b.tensor("y", (*shape[:-1], CHANNELS), scale=float(output))
    inputs = [x, w, c]
    if kind == "TRANSPOSE_CONV":
        size = b.constant("size", np.array((1, 1, 1, CHANNELS), np.int32))
        inputs = [size, w, x, c]
    b.operator(kind, inputs, [y], **options)
    return b.build([x], [y]), [[np.zeros(shape, np.int8)]]


def svdf_output_case(rng: np.random.Generator) -> Case:
    """The weights over features are 0, so the bias alone decides."""
    state, times, output, bias = _scales_and_biases(rng)
    b = ModelBuilder("precision")
    x = b.tensor("x", (1, 4), scale=1.0)
    w = b.constant("features", np.zeros((CHANNELS, 4), np.int8), scale=1.0)
    t = b.constant("times", np.ones((CHANNELS, 2), np.int16), scale=float(times))
    c = b.constant("bias", bias, scale=float(state * times))
    s = b.tensor("state", (1, 2 * CHANNELS), "INT16", scale=float(state), is_variable=True)
    y = b.tensor("y", (1, CHANNELS), scale=float(output))
    b.operator("SVDF", [x, w, t, c, s], [y], rank=1)
    return b.build([x], [y]), [[np.zeros((1, 4), np.int8)]]


def svdf_state_case(rng: np.random.Generator) -> Case:
    """A sum over features on an edge; its bias shifts the state into the output's range."""
    depth = 66
    inputs = np.full(depth, 127, np.int8)
    inputs[-1] = 1
    while True:
        source, weight = (np.float32(s) for s in rng.uniform(0.5, 1, 2))
        state = np.float32(rng.uniform(40, 60))
        double = float(source) * float(weight) / float(state)
        single = float(np.float32(source * weight) / state)
        sums = np.arange(500_000, 1_000_000)
        edges = sums[np.floor(sums * double + 0.5) != np.floor(sums * single + 0.5)]
        if len(edges) >= CHANNELS:
            break
    sums = rng.choice(edges, CHANNELS, replace=False)
    weights = np.zeros((CHANNELS, depth), np.int8)
    for row, total in zip(weights, sums, strict=True):
        most = int(total) // (127 * 127)
        row[:most] = 127
        row[most], row[-1] = divmod(int(total) - most * 127 * 127, 127)
    assert (weights.astype(np.int64) @ inputs == sums).all()
    bias = -np.floor(sums * double).astype(np.int32)
    b = ModelBuilder("precision")
    x = b.tensor("x", (1, depth), scale=float(source))
    w = b.constant("features", weights, scale=float(weight))
    t = b.constant("times", np.ones((CHANNELS, 1), np.int16), scale=1.0)
    c = b.constant("bias", bias, scale=float(state))
    s = b.tensor("state", (1, CHANNELS), "INT16", scale=float(state), is_variable=True)
    y = b.tensor("y", (1, CHANNELS), scale=float(state))
    b.operator("SVDF", [x, w, t, c, s], [y], rank=1)
    return b.build([x], [y]), [[inputs.reshape(1, depth)]]


def quotient_case(rng: np.random.Generator, kind: str) -> Case:
    """A value whose half-way point lies between the float32 and the float64 quotient of two scales."""
    while True:
        value = int(rng.integers(64, 128))
        target = (int(rng.integers(value // 2 + 1, value)) + 0.5) / value
        output = np.float32(rng.uniform(0.5, 1))
        source = np.float32(float(output) * target)
        double, single = float(source) / float(output), float(source / output)
        if round(value * double) != round(value * single):
            break
    b = ModelBuilder("precision")
    x = b.tensor("x", (128,), scale=float(source))
    y = b.tensor("y", (128,), scale=float(output))
    b.operator(kind, [x], [y])
    return b.build([x], [y]), [[np.arange(128).astype(np.int8)]]


def unbiased_case(rng: np.random.Generator, kind: str) -> Case:
    """FULLY_CONNECTED without a bias, or BATCH_MATMUL, whose largest accumulator lies on an edge."""
    depth = 64
    value = depth * 127 * 255
    while True:
        target = (int(rng.integers(60, 127)) + 0.5) / value
        source, weight = (np.float32(s) for s in rng.uniform(0.5, 1, 2))
        output = np.float32(float(source) * float(weight) / target)
        double = float(source) * float(weight) / float(output)
        single = float(source * weight) / float(output)
        if round(value * double) != round(value * single):
            break
    b = ModelBuilder("precision")
    x = b.tensor("x", (1, depth), scale=float(source), zero_point=-128)
    w = b.constant("w", np.full((1, depth), 127, np.int8), scale=float(weight))
    y = b.tensor("y", (1, 1), scale=float(output))
    b.operator(kind, [x, w], [y], **({"adj_y": True} if kind == "BATCH_MATMUL" else {}))
    return b.build([x], [y]), [[np.full((1, depth), 127, np.int8)]]


def bound_case(rng: np.random.Generator, kind: str) -> Case:
    """An upper bound (6 or 1) half-way between two steps in float32, but not in float64."""
    activation, bound = (("RELU6", 6.0), ("RELU_N1_TO_1", 1.0))[rng.integers(2)]
    if kind == "RELU6":
        bound = 6.0
    while True:
        scale = np.float32(bound / (int(rng.integers(20, 120)) + 0.5))
        single, double = float(np.float32(bound) / scale), bound / float(scale)
        if single != double and single % 1 == 0.5:
            break
    b = ModelBuilder("precision")
    shape = (1, 1, 256, 1)
    x = b.tensor("x", shape, scale=float(scale))
    y = b.tensor("y", shape, scale=float(scale))
    if kind == "RELU6":
        b.operator("RELU6", [x], [y])
    else:
        b.operator(
            "MAX_POOL_2D",
            [x],
            [y],
            padding="VALID",
            stride_h=1,
            stride_w=1,
            filter_height=1,
            filter_width=1,
            fused_activation_function=activation,
        )
    return b.build([x], [y]), [[np.arange(-128, 128).astype(np.int8).reshape(shape)]]


def wide_case(rng: np.random.Generator, kind: str) -> Case:
    """So many int16 values that some of them sit between the roundings of float32 and of float64."""
    shape = (1 << 13,)
    scales = [float(np.float32(2.0 ** rng.uniform(-6, 0))) for _ in range(3)]
    count = 2 if kind == "SUB" else 1
    b = ModelBuilder("precision")
    x = [b.tensor(f"x{i}", shape, "INT16", scale=scales[i]) for i in range(count)]
    y = b.tensor("y", shape, "INT16", scale=scales[2])
    options = {"alpha": float(np.float32(rng.uniform(0.1, 1)))} if kind == "LEAKY_RELU" else {}
    b.operator(kind, x, [y], **options)
    values = [rng.integers(-(2**15), 2**15, shape, np.int16) for _ in range(count)]
    return b.build(x, [y]), [values]


def hard_swish_case(rng: np.random.Generator) -> Case:
    """Scales whose factors are about to round to another 16-bit multiplier."""
    half_way = (int(rng.integers(1 << 14, 1 << 15)) + 0.5) / 2**15
    if rng.integers(2):
        source = np.float32(half_way * 2.0 ** rng.integers(-3, 3) * 128 * 3 / 2**15)
        output = np.float32(2.0 ** rng.uniform(-6, -3))
    else:
        source = np.float32(2.0 ** rng.uniform(-5, -2))
        output = np.float32(float(source) / 128 / (half_way * 2.0 ** int(rng.integers(-8, -5))))
    b = ModelBuilder("precision")
    x = b.tensor("x", (256,), scale=float(source))
    y = b.tensor("y", (256,), scale=float(output), zero_point=-100)
    b.operator("HARD_SWISH", [x], [y])
    return b.build([x], [y]), [[np.arange(-128, 128).astype(np.int8)]]


@pytest.mark.parametrize(
    ("kind", "seed"),
    [
        ("FULLY_CONNECTED", 30),
        ("CONV_2D", 31),
        ("DEPTHWISE_CONV_2D", 32),
        ("TRANSPOSE_CONV", 38),
    ],
)
def test_products_of_scales(device: Device, kind: str, seed: int) -> None:
    check_cases(device, lambda rng: weighted_case(rng, kind), seed)


@pytest.mark.parametrize(("kind", "seed"), [("RELU", 33), ("QUANTIZE", 34)])
def test_quotients_of_scales(device: Device, kind: str, seed: int) -> None:
    check_cases(device, lambda rng: quotient_case(rng, kind), seed)


@pytest.mark.parametrize(("kind", "seed"), [("FULLY_CONNECTED", 35), ("BATCH_MATMUL", 39)])
def test_product_of_scales_without_bias(device: Device, kind: str, seed: int) -> None:
    check_cases(device, lambda rng: unbiased_case(rng, kind), seed)


@pytest.mark.parametrize(("make_case", "seed"), [(svdf_output_case, 40), (svdf_state_case, 41)])
def test_scales_of_svdf(
    device: Device, make_case: Callable[[np.random.Generator], Case], seed: int
) -> None:
    check_cases(device, make_case, seed)


@pytest.mark.parametrize(("kind", "seed"), [("RELU6", 36), ("MAX_POOL_2D", 37)])
def test_bounds(device: Device, kind: str, seed: int) -> None:
    check_cases(device, lambda rng: bound_case(rng, kind), seed)


@pytest.mark.parametrize(("kind", "seed"), [("SUB", 38), ("LEAKY_RELU", 39)])
def test_factors_of_int16(device: Device, kind: str, seed: int) -> None:
    check_cases(device, lambda rng: wide_case(rng, kind), seed)


def test_multipliers_of_16_bits(device: Device) -> None:
    check_cases(device, hard_swish_case, 70)
