"""Random layers for kernel sets.

Those of tests/operators (small, every option, extreme factors), and larger ones with the shapes that
networks have: many channels, odd ones, one, 1x1 images, strides to 4, padding beyond the need.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.tflite.writer import ModelBuilder
from tests.operators import randoms
from tests.operators.registry import Case
from tests.operators.test_conv import conv_case, depthwise_case, fully_connected_case
from tests.operators.test_pool_mean import pool_case

CHANNELS = (1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 20, 24, 31, 32, 33, 40)


def _quant(rng: np.random.Generator, terms: int, channels: int) -> tuple[float, np.ndarray, float]:
    """Scales of input, filter per channel and output: sums of `terms` products fill the output, more or less."""
    source = float(randoms.scale(rng, -6, 0))
    filters = np.array([randoms.scale(rng, -9, -6) for _ in range(channels)], np.float32)
    ratio = float(2.0 ** rng.uniform(-1.5, 1.5)) / (73 * 73 * np.sqrt(terms) / 64)
    return source, filters, float(np.float32(source * float(filters.max()) / ratio))


def _output_zero_point(rng: np.random.Generator, activation: str) -> int:
    """Often the one that converters choose: all of int8 for what RELU leaves."""
    return -128 if activation.startswith("RELU") and rng.integers(3) else randoms.zero_point(rng)


def _layer(rng: np.random.Generator, kind: str, *, depthwise: bool) -> Case:
    height, width = (int(n) for n in rng.integers(1, 14, 2))
    if rng.integers(8) == 0:
        height = width = 1
    elif rng.integers(6) == 0:
        width = int(rng.integers(14, 50))
    depth = int(rng.choice(CHANNELS))
    channels = depth if depthwise else int(rng.choice(CHANNELS))
    taps = _taps(rng, kind)
    strides = [1, 1] if kind == "pointwise" else _strides(rng)
    dilations = [1, 1] if rng.integers(6) else [int(n) for n in rng.integers(1, 4, 2)]
    if kind == "pointwise":
        dilations = [1, 1]
    extents = [(t - 1) * d + 1 for t, d in zip(taps, dilations, strict=True)]
    sizes = (height, width)
    padding = str(rng.choice(["SAME", "VALID"]))
    if any(e > n for e, n in zip(extents, sizes, strict=True)):
        padding = "SAME"
    out = [
        -(-n // s) if padding == "SAME" else (n - e) // s + 1
        for n, e, s in zip(sizes, extents, strides, strict=True)
    ]
    terms = taps[0] * taps[1] * (1 if depthwise else depth)
    source, filters, output = _quant(rng, terms, channels)
    shape = (int(rng.integers(1, 3)), height, width, depth)
    b = ModelBuilder(kind)
    x = b.tensor("x", shape, "INT8", scale=source, zero_point=randoms.zero_point(rng))
    w_shape = (1, *taps, channels) if depthwise else (channels, *taps, depth)
    w = b.constant(
        "w", randoms.weights(rng, w_shape), scale=filters, **({"axis": 3} if depthwise else {})
    )
    bias = rng.integers(-(2**14), 2**14, channels).astype(np.int32)
    activation = str(rng.choice(randoms.ACTIVATIONS))
    inputs = [x, w]
    if rng.integers(4):
        inputs.append(b.constant("bias", bias, scale=filters.astype(np.float64) * source))
    y = b.tensor(
        "y",
        (shape[0], *out, channels),
        "INT8",
        scale=output,
        zero_point=_output_zero_point(rng, activation),
    )
    b.operator(
        "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D",
        inputs,
        [y],
        padding=padding,
        stride_h=strides[0],
        stride_w=strides[1],
        dilation_h_factor=dilations[0],
        dilation_w_factor=dilations[1],
        fused_activation_function=activation,
        **({"depth_multiplier": 1} if depthwise else {}),
    )
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape)]


def _taps(rng: np.random.Generator, kind: str) -> list[int]:
    if kind == "pointwise":
        return [1, 1]
    if kind == "3x3" or rng.integers(2):
        return [3, 3]
    return [int(n) for n in rng.integers(1, 6, 2)]


def _strides(rng: np.random.Generator) -> list[int]:
    """Often equal, 1 or 2."""
    if rng.integers(3):
        return [int(rng.integers(1, 3))] * 2
    return [int(n) for n in rng.integers(1, 5, 2)]


def _either(
    small: Callable[[np.random.Generator], Case], large: Callable[[np.random.Generator], Case]
):
    def make(rng: np.random.Generator) -> Case:
        return small(rng) if rng.integers(3) == 0 else large(rng)

    return make


def dense_case(rng: np.random.Generator) -> Case:
    """FULLY_CONNECTED with up to 300 inputs."""
    depth, channels = int(rng.integers(1, 300)), int(rng.choice(CHANNELS))
    rows = int(rng.choice([1, 1, 2, 5]))
    source, filters, output = _quant(rng, depth, 1)
    b = ModelBuilder("dense")
    x = b.tensor("x", (rows, depth), "INT8", scale=source, zero_point=randoms.zero_point(rng))
    w = b.constant("w", randoms.weights(rng, (channels, depth)), scale=filters)
    bias = rng.integers(-(2**14), 2**14, channels).astype(np.int32)
    c = b.constant("bias", bias, scale=filters.astype(np.float64) * source)
    activation = str(rng.choice(randoms.ACTIVATIONS))
    zero_point = _output_zero_point(rng, activation)
    y = b.tensor("y", (rows, channels), "INT8", scale=output, zero_point=zero_point)
    b.operator("FULLY_CONNECTED", [x, w, c], [y], fused_activation_function=activation)
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, (rows, depth))]


CASES: dict[str, Callable[[np.random.Generator], Case]] = {
    "CONV_2D": _either(conv_case, lambda rng: _layer(rng, "general", depthwise=False)),
    "CONV_2D 1x1": lambda rng: _layer(rng, "pointwise", depthwise=False),
    "DEPTHWISE_CONV_2D": _either(
        depthwise_case, lambda rng: _layer(rng, "general", depthwise=True)
    ),
    "DEPTHWISE_CONV_2D 3x3": lambda rng: _layer(rng, "3x3", depthwise=True),
    "FULLY_CONNECTED": _either(fully_connected_case, dense_case),
    "AVERAGE_POOL_2D": lambda rng: pool_case(rng, "AVERAGE_POOL_2D"),
    "MAX_POOL_2D": lambda rng: pool_case(rng, "MAX_POOL_2D"),
}
