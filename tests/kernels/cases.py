"""Random layers for kernel sets.

Those of tests/operators (small, every option, extreme factors), and larger ones with the shapes that
networks have: many channels, odd ones, one, 1x1 images, strides to 4, dilation, padding beyond the need.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.tflite.writer import ModelBuilder
from tests.operators import randoms
from tests.operators.registry import Case
from tests.operators.test_conv import conv_case, depthwise_case, fully_connected_case
from tests.operators.test_elementwise import add_case
from tests.operators.test_pool_mean import pool_case

CHANNELS = (1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 20, 24, 31, 32, 33, 40)


def _quant(rng: np.random.Generator, terms: int, channels: int) -> tuple[float, np.ndarray, float]:
    """Scales of input, filter per channel and output: mostly such that sums of `terms` products fill the output."""
    source = float(randoms.scale(rng, -6, 0))
    filters = np.array([randoms.scale(rng, -9, -6) for _ in range(channels)], np.float32)
    ratio = float(2.0 ** rng.uniform(-1.5, 1.5)) / (73 * 73 * np.sqrt(terms) / 64)
    if rng.integers(5) == 0:
        ratio = randoms.ratio(rng)
    output = np.float32(source * float(filters.max()) / ratio)
    # A bound of 6 must still fit into 32 bits.
    return source, filters, float(max(output, np.float32(1e-8)))


def _output_zero_point(rng: np.random.Generator, activation: str) -> int:
    """Often the one that converters choose: all of int8 for what RELU leaves."""
    return -128 if activation.startswith("RELU") and rng.integers(3) else randoms.zero_point(rng)


def _layer(rng: np.random.Generator, kind: str, *, depthwise: bool) -> Case:
    height, width = _extents(rng, kind)
    depth = int(rng.integers(1, 5)) if kind == "first" else int(rng.choice(CHANNELS))
    channels = depth if depthwise else int(rng.choice(CHANNELS))
    taps = _taps(rng, kind)
    plain = kind in ("pointwise", "row")
    strides = [1, 1] if kind == "pointwise" else _strides(rng)
    dilations = [1, 1] if plain or rng.integers(6) else [int(n) for n in rng.integers(1, 4, 2)]
    extents = [(t - 1) * d + 1 for t, d in zip(taps, dilations, strict=True)]
    pads = np.zeros((4, 2), np.int32)
    if not plain and rng.integers(6) == 0:
        pads[1:3] = [rng.integers(0, extent, 2) for extent in extents]
    height_width = [height + int(pads[1].sum()), width + int(pads[2].sum())]
    # Without SAME the padding is the layer's own, after optimisation.
    wanted = "VALID" if pads.any() else str(rng.choice(["SAME", "VALID"]))
    padding, out = _windows(wanted, height_width, extents, strides)
    terms = taps[0] * taps[1] * (1 if depthwise else depth)
    source, filters, output = _quant(rng, terms, channels)
    shape = (int(rng.integers(1, 3)), height, width, depth)
    b = ModelBuilder(kind)
    of_input = {"scale": source, "zero_point": randoms.zero_point(rng)}
    x = first = b.tensor("x", shape, "INT8", **of_input)
    if pads.any():
        first = b.tensor("padded", (shape[0], *height_width, depth), "INT8", **of_input)
        b.operator("PAD", [x, b.constant("pads", pads)], [first])
    w_shape = (1, *taps, channels) if depthwise else (channels, *taps, depth)
    w = b.constant(
        "w", randoms.weights(rng, w_shape), scale=filters, **({"axis": 3} if depthwise else {})
    )
    bias = rng.integers(-(2**14), 2**14, channels).astype(np.int32)
    activation = str(rng.choice(randoms.ACTIVATIONS))
    inputs = [first, w]
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


def _extents(rng: np.random.Generator, kind: str) -> tuple[int, int]:
    """Height and width: mostly below 14, often 1x1, sometimes wide."""
    height, width = (int(n) for n in rng.integers(1, 14, 2))
    if kind == "row":
        return 1, int(rng.integers(1, 50))
    if rng.integers(8) == 0:
        return 1, 1
    if rng.integers(6) == 0:
        return height, int(rng.integers(14, 50))
    return height, width


def _windows(
    padding: str, sizes: list[int], extents: list[int], strides: list[int]
) -> tuple[str, list[int]]:
    """The padding, SAME where none fits, and how many windows there are in each direction."""
    if padding == "SAME" or any(e > n for e, n in zip(extents, sizes, strict=True)):
        return "SAME", [-(-n // s) for n, s in zip(sizes, strides, strict=True)]
    return "VALID", [(n - e) // s + 1 for n, e, s in zip(sizes, extents, strides, strict=True)]


def _taps(rng: np.random.Generator, kind: str) -> list[int]:
    if kind == "pointwise":
        return [1, 1]
    if kind == "row":
        return [1, int(rng.integers(1, 10))]
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


def _pool_case(kind: str) -> Callable[[np.random.Generator], Case]:
    """Few channels and small windows, or many, and windows up to the whole image."""
    return _either(
        lambda rng: pool_case(rng, kind),
        lambda rng: pool_case(rng, kind, depth=int(rng.choice(CHANNELS)), most_taps=20),
    )


def _add_case(rng: np.random.Generator) -> Case:
    """As long as activations are, and no broadcasting half the time."""
    shape = (*(int(n) for n in rng.integers(1, 14, 2)), int(rng.choice(CHANNELS)))
    return add_case(rng, shape, broadcast=bool(rng.integers(2)))


CASES: dict[str, Callable[[np.random.Generator], Case]] = {
    "CONV_2D": _either(conv_case, lambda rng: _layer(rng, "general", depthwise=False)),
    "CONV_2D 1x1": lambda rng: _layer(rng, "pointwise", depthwise=False),
    "CONV_2D 1xN": lambda rng: _layer(rng, "row", depthwise=False),
    "CONV_2D first layer": lambda rng: _layer(rng, "first", depthwise=False),
    "DEPTHWISE_CONV_2D": _either(
        depthwise_case, lambda rng: _layer(rng, "general", depthwise=True)
    ),
    "DEPTHWISE_CONV_2D 3x3": lambda rng: _layer(rng, "3x3", depthwise=True),
    "FULLY_CONNECTED": _either(fully_connected_case, dense_case),
    "AVERAGE_POOL_2D": _pool_case("AVERAGE_POOL_2D"),
    "MAX_POOL_2D": _pool_case("MAX_POOL_2D"),
    "ADD": _either(add_case, _add_case),
}
