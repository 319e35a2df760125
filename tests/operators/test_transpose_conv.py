"""TRANSPOSE_CONV against the oracle."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from models.tflite.writer import ModelBuilder
from tests.operators import randoms
from tests.operators.compare import check
from tests.operators.device import Device
from tests.operators.registry import Case, Comparison


def _output_size(rng: np.random.Generator, size: int, taps: int, stride: int, padding: str) -> int:
    """One of the sizes from which a convolution would come back to `size`."""
    if padding == "SAME":
        return int(rng.integers((size - 1) * stride + 1, size * stride + 1))
    return (size - 1) * stride + taps + int(rng.integers(0, stride))


def transpose_conv_case(rng: np.random.Generator, dtype: str = "INT8") -> Case:
    batches, height, width = (int(n) for n in rng.integers((1, 1, 1), (3, 6, 6)))
    depth, channels = (int(n) for n in rng.integers(1, (6, 5)))
    taps = [int(n) for n in rng.integers(1, 5, 2)]
    strides = [int(n) for n in rng.integers(1, 4, 2)]
    padding = str(rng.choice(["SAME", "VALID"]))
    out = [
        _output_size(rng, n, t, s, padding)
        for n, t, s in zip((height, width), taps, strides, strict=True)
    ]
    wide = dtype == "INT16"
    source = float(randoms.scale(rng))
    count = int(rng.choice([1, channels]))
    filters = np.array([randoms.scale(rng, -9, -3) for _ in range(count)], np.float32)
    limit = 6.0 * float(filters[0]) / float(filters.max()) if wide else 2.0**20
    output = (
        source
        * float(filters[0])
        / min(randoms.fitting_ratio(rng, taps[0] * taps[1] * depth), limit)
    )
    zero_points = [0 if wide else randoms.zero_point(rng) for _ in range(2)]
    shape = (batches, height, width, depth)

    b = ModelBuilder("transpose_conv")
    size = b.constant("size", np.array([batches, *out, channels], np.int32))
    x = b.tensor("x", shape, dtype, scale=source, zero_point=zero_points[0])
    w = b.constant("w", randoms.weights(rng, (channels, *taps, depth)), scale=filters)
    y = b.tensor(
        "y",
        (batches, *out, channels),
        dtype,
        scale=max(output, 1e-8),
        zero_point=zero_points[1],
    )
    inputs = [size, w, x]
    if rng.integers(3):
        bias = randoms.bias(rng, channels)
        if wide and rng.integers(3) == 0:
            bias = rng.integers(-32768, 32768, channels).astype(np.int16)
        elif wide:
            bias = bias.astype(np.int64) << int(rng.integers(0, 14))
        inputs.append(b.constant("bias", bias, scale=filters.astype(np.float64) * source))
    b.operator(
        "TRANSPOSE_CONV",
        inputs,
        [y],
        padding=padding,
        stride_h=strides[0],
        stride_w=strides[1],
        fused_activation_function=str(rng.choice(randoms.ACTIVATIONS)),
    )
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape, dtype.lower())]


COMPARISONS = (
    Comparison("TRANSPOSE_CONV", "int8", transpose_conv_case, 210),
    Comparison("TRANSPOSE_CONV", "int16", partial(transpose_conv_case, dtype="INT16"), 211),
)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=str)
def test_transpose_conv(device: Device, comparison: Comparison) -> None:
    check(device, comparison)
