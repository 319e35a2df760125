"""The optimised plan against the oracle: random networks with planted dead and saturated channels, and a PAD."""

from __future__ import annotations

import numpy as np

from harness.engines.plan.compile import compile_model
from models.tflite.writer import ModelBuilder
from tests.operators import randoms
from tests.operators.device import Device
from tests.operators.oracle import Tally, expected_outputs

CASES = 200


def network(rng: np.random.Generator) -> tuple[bytes, tuple[int, ...], int]:
    """PAD -> CONV_2D -> DEPTHWISE_CONV_2D (SAME) -> CONV_2D 1x1 -> RESHAPE -> FULLY_CONNECTED; file, shape, planted."""
    depth = int(rng.integers(3, 9))
    b = ModelBuilder("planted")
    points = [int(p) for p in rng.choice([-128, 0, 5], 4)]
    x = b.tensor("x", (1, 5, 5, 2), scale=0.05, zero_point=points[0])
    padded = b.tensor("p", (1, 7, 7, 2), scale=0.05, zero_point=points[0])
    b.operator("PAD", [x, b.constant("pads", np.int32([[0, 0], [1, 1], [1, 1], [0, 0]]))], [padded])
    first = randoms.weights(rng, (depth, 3, 3, 2))
    planted = int(rng.integers(1, depth))
    first[:planted] = 0
    bias = rng.integers(-2000, 2000, depth).astype(np.int32)
    bias[:planted] = rng.choice([0, 700, -(2**24), 2**24], planted)
    y = b.tensor("y", (1, 5, 5, depth), scale=0.1, zero_point=points[1])
    weights = b.constant("w", first, scale=0.01)
    b.operator(
        "CONV_2D",
        [padded, weights, b.constant("b", bias, scale=0.0005)],
        [y],
        padding="VALID",
        stride_h=1,
        stride_w=1,
        fused_activation_function="RELU",
    )
    z = b.tensor("z", (1, 5, 5, depth), scale=0.1, zero_point=points[2])
    taps = b.constant("dw", randoms.weights(rng, (1, 3, 3, depth)), scale=0.01, axis=3)
    offsets = b.constant("db", rng.integers(-2000, 2000, depth).astype(np.int32), scale=0.001)
    b.operator(
        "DEPTHWISE_CONV_2D",
        [y, taps, offsets],
        [z],
        padding="SAME",
        stride_h=1,
        stride_w=1,
        depth_multiplier=1,
    )
    u = b.tensor("u", (1, 5, 5, 3), scale=0.1, zero_point=points[3])
    b.operator(
        "CONV_2D",
        [z, b.constant("w2", randoms.weights(rng, (3, 1, 1, depth)), scale=0.01)],
        [u],
        padding="SAME",
        stride_h=1,
        stride_w=1,
    )
    flat = b.tensor("flat", (1, 75), scale=0.1, zero_point=points[3])
    b.operator("RESHAPE", [u], [flat], new_shape=(1, 75))
    out = b.tensor("out", (1, 4), scale=0.5)
    b.operator(
        "FULLY_CONNECTED",
        [flat, b.constant("w3", randoms.weights(rng, (4, 75)), scale=0.01)],
        [out],
    )
    return b.build([x], [out]), (1, 5, 5, 2), planted


def test_optimised_plans_are_exact(device: Device) -> None:
    tally = Tally()
    removed = 0
    for seed in range(CASES):
        rng = np.random.default_rng((51, seed))
        data, shape, _ = network(rng)
        plain, small = compile_model(data, "n", optimise=False), compile_model(data, "n")
        assert {"pad", "view"} <= {one.name for one in small.optimisations}
        assert plain.macs - small.macs == sum(one.macs for one in small.optimisations)
        assert small.arena_bytes <= plain.arena_bytes
        removed += sum(one.channels for one in small.optimisations)
        batch = [[array] for array in randoms.batch(rng, shape)]
        device.load(small.blob)
        for inputs, expected in zip(batch, expected_outputs(data, batch, tally), strict=True):
            assert device.infer(inputs[0].tobytes()) == expected[0].tobytes(), f"seed {seed}"
    assert removed > CASES


def test_a_padded_input_without_a_scale_is_left_to_pad(device: Device) -> None:
    """PAD needs no scale of its input; the convolution behind would."""
    b = ModelBuilder("bare")
    x = b.tensor("x", (1, 3, 3, 1))
    padded = b.tensor("p", (1, 5, 5, 1), scale=0.5, zero_point=3)
    pads = b.constant("pads", np.int32([[0, 0], [1, 1], [1, 1], [0, 0]]))
    b.operator("PAD", [x, pads], [padded])
    out = b.tensor("out", (1, 3, 3, 2), scale=4.0)
    weights = randoms.weights(np.random.default_rng(5), (2, 3, 3, 1))
    b.operator(
        "CONV_2D",
        [padded, b.constant("w", weights, scale=0.01)],
        [out],
        padding="VALID",
        stride_h=1,
        stride_w=1,
    )
    data = b.build([x], [out])
    model = compile_model(data, "bare")
    assert model.optimisations == ()
    array = np.arange(-4, 5, dtype=np.int8).reshape(1, 3, 3, 1)
    device.load(model.blob)
    ((expected,),) = expected_outputs(data, [[array]], Tally())
    assert device.infer(array.tobytes()) == expected.tobytes()
