"""CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED against the oracle."""

from __future__ import annotations

import numpy as np

from models.tflite.writer import ModelBuilder
from tests.operators import randoms
from tests.operators.compare import Case, check_cases
from tests.operators.device import Device


def _scales(rng: np.random.Generator, channels: int) -> tuple[float, np.ndarray, float]:
    """Scales of input, filter (1 or `channels`) and output that give a chosen rescaling factor."""
    source = randoms.scale(rng)
    count = int(rng.choice([1, channels]))
    filters = np.array([randoms.scale(rng, -9, -3) for _ in range(count)], np.float32)
    output = np.float32(float(source) * float(filters[0]) / randoms.ratio(rng))
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
    *,
    explicit_absence: bool = True,
) -> list[int]:
    kind = rng.integers(4)
    if kind == 0:
        return []
    if kind == 1 and explicit_absence:
        return [-1]
    scale = filters.astype(np.float64) * source
    return [b.constant("bias", randoms.bias(rng, channels), scale=scale)]


def conv_case(rng: np.random.Generator) -> Case:
    batches, height, width = (int(n) for n in rng.integers((1, 1, 1), (3, 9, 9)))
    groups, depth, per_group = (int(n) for n in rng.integers(1, (4, 6, 4)))
    filter_height, filter_width = (int(n) for n in rng.integers(1, 4, 2))
    channels = groups * per_group
    source, filters, output = _scales(rng, channels)
    options, out_height, out_width = _windows(rng, height, width, filter_height, filter_width)
    shape = (batches, height, width, groups * depth)

    b = ModelBuilder("conv")
    x = b.tensor("x", shape, scale=source, zero_point=randoms.zero_point(rng))
    w = b.constant(
        "w", randoms.weights(rng, (channels, filter_height, filter_width, depth)), scale=filters
    )
    y = b.tensor(
        "y",
        (batches, out_height, out_width, channels),
        scale=output,
        zero_point=randoms.zero_point(rng),
    )
    inputs = [x, w, *_bias_inputs(b, rng, channels, source, filters)]
    activation = str(rng.choice(randoms.ACTIVATIONS))
    b.operator("CONV_2D", inputs, [y], fused_activation_function=activation, **options)
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape)]


def depthwise_case(rng: np.random.Generator) -> Case:
    batches, height, width = (int(n) for n in rng.integers((1, 1, 1), (3, 9, 9)))
    depth, multiplier = (int(n) for n in rng.integers(1, (7, 4)))
    filter_height, filter_width = (int(n) for n in rng.integers(1, 5, 2))
    channels = depth * multiplier
    source, filters, output = _scales(rng, channels)
    options, out_height, out_width = _windows(rng, height, width, filter_height, filter_width)
    shape = (batches, height, width, depth)

    b = ModelBuilder("depthwise")
    x = b.tensor("x", shape, scale=source, zero_point=randoms.zero_point(rng))
    w = b.constant(
        "w", randoms.weights(rng, (1, filter_height, filter_width, channels)), scale=filters, axis=3
    )
    y = b.tensor(
        "y",
        (batches, out_height, out_width, channels),
        scale=output,
        zero_point=randoms.zero_point(rng),
    )
    # TFLM's depthwise convolution crashes on a third input of -1.
    bias = _bias_inputs(b, rng, channels, source, filters, explicit_absence=False)
    b.operator(
        "DEPTHWISE_CONV_2D",
        [x, w, *bias],
        [y],
        depth_multiplier=multiplier,
        fused_activation_function=str(rng.choice(randoms.ACTIVATIONS)),
        **options,
    )
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape)]


def fully_connected_case(rng: np.random.Generator) -> Case:
    depth, channels = (int(n) for n in rng.integers(1, (70, 12)))
    lead = tuple(int(n) for n in rng.integers(1, 4, rng.integers(0, 3)))
    keep = bool(rng.integers(2)) and bool(lead)
    source, filters, output = _scales(rng, channels)
    shape = (*lead, depth)
    batches = int(np.prod(lead, dtype=int))

    b = ModelBuilder("dense")
    x = b.tensor("x", shape, scale=source, zero_point=randoms.zero_point(rng))
    zero_point = int(rng.integers(-128, 128)) if len(filters) == 1 and rng.integers(3) == 0 else 0
    w = b.constant(
        "w", randoms.weights(rng, (channels, depth)), scale=filters, zero_point=zero_point
    )
    y = b.tensor(
        "y",
        (*lead, channels) if keep else (batches, channels),
        scale=output,
        zero_point=randoms.zero_point(rng),
    )
    inputs = [x, w, *_bias_inputs(b, rng, channels, source, filters)]
    b.operator(
        "FULLY_CONNECTED",
        inputs,
        [y],
        keep_num_dims=keep,
        fused_activation_function=str(rng.choice(randoms.ACTIVATIONS)),
    )
    return b.build([x], [y]), [[array] for array in randoms.batch(rng, shape)]


def test_conv_2d(device: Device) -> None:
    check_cases(device, conv_case, 1)


def test_depthwise_conv_2d(device: Device) -> None:
    check_cases(device, depthwise_case, 2)


def test_fully_connected(device: Device) -> None:
    check_cases(device, fully_connected_case, 3)
