"""CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED against the oracle."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from models.tflite.writer import ModelBuilder
from tests.operators import randoms
from tests.operators.compare import check
from tests.operators.device import Device
from tests.operators.registry import Case, Comparison


def _scales(
    rng: np.random.Generator, channels: int, terms: int, dtype: str
) -> tuple[float, np.ndarray, float]:
    """Scales of input, filter (1 or `channels`) and output that give a chosen rescaling factor."""
    source = randoms.scale(rng)
    count = int(rng.choice([1, channels]))
    filters = np.array([randoms.scale(rng, -9, -3) for _ in range(count)], np.float32)
    # 64-bit accumulators are rescaled by less than 2^7.
    limit = 2.0**20 if dtype == "INT8" else 6.0 * float(filters[0]) / float(filters.max())
    ratio = min(randoms.fitting_ratio(rng, terms), limit)
    output = np.float32(float(source) * float(filters[0]) / ratio)
    # A bound of 6 must still fit into 32 bits.
    return float(source), filters, float(max(output, np.float32(1e-8)))


def _window(rng: np.random.Generator, size: int, taps: int) -> tuple[str, int, int, int]:
    """Padding, stride, dilation and resulting size along one dimension of SAME or VALID."""
    padding = str(rng.choice(["SAME", "VALID"]))
    stride, dilation = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    extent = (taps - 1) * dilation + 1
    if extent > size:
        padding = "SAME"
    out = -(-size // stride) if padding == "SAME" else (size - extent) // stride + 1
    return padding, stride, dilation, out


def _windows(
    rng: np.random.Generator, height: int, width: int, filter_height: int, filter_width: int
) -> tuple[dict[str, object], int, int]:
    while True:
        vertical = _window(rng, height, filter_height)
        horizontal = _window(rng, width, filter_width)
        if vertical[0] == horizontal[0]:
            break
    options = {
        "padding": vertical[0],
        "stride_h": vertical[1],
        "stride_w": horizontal[1],
        "dilation_h_factor": vertical[2],
        "dilation_w_factor": horizontal[2],
    }
    return options, vertical[3], horizontal[3]


def _bias_inputs(
    b: ModelBuilder,
    rng: np.random.Generator,
    channels: int,
    source: float,
    filters: np.ndarray,
    dtype: str,
    *,
    explicit_absence: bool = True,
    narrow: bool = True,
) -> list[int]:
    """Nothing, an absent tensor, or biases; of int16 activations int64 or, if `narrow`, int32."""
    kind = rng.integers(4)
    if kind == 0:
        return []
    if kind == 1 and explicit_absence:
        return [-1]
    scale = filters.astype(np.float64) * source
    values = randoms.bias(rng, channels)
    if dtype == "INT16" and not (narrow and kind == 2):
        values = values.astype(np.int64) << int(rng.integers(0, 14))
    return [b.constant("bias", values, scale=scale)]


def _zero_point(rng: np.random.Generator, dtype: str) -> int:
    return randoms.zero_point(rng) if dtype == "INT8" else 0


def _bias_type(rng: np.random.Generator, dtype: str) -> dict[str, int]:
    """Which accumulators int16 activations have where there is no bias: FLOAT32 (64 bits), INT32."""
    return {} if dtype == "INT8" else {"quantized_bias_type": int(rng.choice([0, 2]))}


def conv_case(rng: np.random.Generator, dtype: str = "INT8") -> Case:
    batches, height, width = (int(n) for n in rng.integers((1, 1, 1), (3, 9, 9)))
    groups, depth, per_group = (int(n) for n in rng.integers(1, (4, 6, 4)))
    filter_height, filter_width = (int(n) for n in rng.integers(1, 4, 2))
    channels = groups * per_group
    source, filters, output = _scales(rng, channels, filter_height * filter_width * depth, dtype)
    options, out_height, out_width = _windows(rng, height, width, filter_height, filter_width)
    shape = (batches, height, width, groups * depth)

    b = ModelBuilder("conv")
    x = b.tensor("x", shape, dtype, scale=source, zero_point=_zero_point(rng, dtype))
    w = b.constant(
        "w", randoms.weights(rng, (channels, filter_height, filter_width, depth)), scale=filters
    )
    y = b.tensor(
        "y",
        (batches, out_height, out_width, channels),
        dtype,
        scale=output,
        zero_point=_zero_point(rng, dtype),
    )
    inputs = [x, w, *_bias_inputs(b, rng, channels, source, filters, dtype)]
    options.update(_bias_type(rng, dtype))
    activation = str(rng.choice(randoms.ACTIVATIONS))
    b.operator("CONV_2D", inputs, [y], fused_activation_function=activation, **options)
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape, dtype.lower())]


def depthwise_case(rng: np.random.Generator, dtype: str = "INT8") -> Case:
    batches, height, width = (int(n) for n in rng.integers((1, 1, 1), (3, 9, 9)))
    depth, multiplier = (int(n) for n in rng.integers(1, (7, 4)))
    filter_height, filter_width = (int(n) for n in rng.integers(1, 5, 2))
    channels = depth * multiplier
    source, filters, output = _scales(rng, channels, filter_height * filter_width, dtype)
    options, out_height, out_width = _windows(rng, height, width, filter_height, filter_width)
    shape = (batches, height, width, depth)

    b = ModelBuilder("depthwise")
    x = b.tensor("x", shape, dtype, scale=source, zero_point=_zero_point(rng, dtype))
    w = b.constant(
        "w", randoms.weights(rng, (1, filter_height, filter_width, channels)), scale=filters, axis=3
    )
    y = b.tensor(
        "y",
        (batches, out_height, out_width, channels),
        dtype,
        scale=output,
        zero_point=_zero_point(rng, dtype),
    )
    # TFLM's depthwise convolution crashes on a third input of -1.
    bias = _bias_inputs(
        b, rng, channels, source, filters, dtype, explicit_absence=False, narrow=False
    )
    b.operator(
        "DEPTHWISE_CONV_2D",
        [x, w, *bias],
        [y],
        depth_multiplier=multiplier,
        fused_activation_function=str(rng.choice(randoms.ACTIVATIONS)),
        **options,
    )
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape, dtype.lower())]


def fully_connected_case(rng: np.random.Generator, dtype: str = "INT8") -> Case:
    depth, channels = (int(n) for n in rng.integers(1, (70, 12)))
    lead = tuple(int(n) for n in rng.integers(1, 4, rng.integers(0, 3)))
    keep = bool(rng.integers(2)) and bool(lead)
    source, filters, output = _scales(rng, channels, depth, dtype)
    shape = (*lead, depth)
    batches = int(np.prod(lead, dtype=int))

    b = ModelBuilder("dense")
    x = b.tensor("x", shape, dtype, scale=source, zero_point=_zero_point(rng, dtype))
    zero_point = int(rng.integers(-128, 128)) if len(filters) == 1 and rng.integers(3) == 0 else 0
    w = b.constant(
        "w", randoms.weights(rng, (channels, depth)), scale=filters, zero_point=zero_point
    )
    y = b.tensor(
        "y",
        (*lead, channels) if keep else (batches, channels),
        dtype,
        scale=output,
        zero_point=_zero_point(rng, dtype),
    )
    inputs = [x, w, *_bias_inputs(b, rng, channels, source, filters, dtype)]
    b.operator(
        "FULLY_CONNECTED",
        inputs,
        [y],
        keep_num_dims=keep,
        **_bias_type(rng, dtype),
        fused_activation_function=str(rng.choice(randoms.ACTIVATIONS)),
    )
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape, dtype.lower())]


COMPARISONS = (
    Comparison("CONV_2D", "int8", conv_case, 1),
    Comparison("DEPTHWISE_CONV_2D", "int8", depthwise_case, 2),
    Comparison("FULLY_CONNECTED", "int8", fully_connected_case, 3),
    Comparison("CONV_2D", "int16", partial(conv_case, dtype="INT16"), 201),
    Comparison("DEPTHWISE_CONV_2D", "int16", partial(depthwise_case, dtype="INT16"), 202),
    Comparison("FULLY_CONNECTED", "int16", partial(fully_connected_case, dtype="INT16"), 203),
)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=str)
def test_weighted(device: Device, comparison: Comparison) -> None:
    check(device, comparison)
