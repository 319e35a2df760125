"""SVDF and LSTM, which keep state, over sequences of inferences."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from harness.engines.plan.arena import plan_arena
from harness.engines.plan.blob import pack
from harness.engines.plan.importer import import_model
from harness.engines.plan.lower import lower
from models.tflite.writer import ModelBuilder
from tests.operators import randoms
from tests.operators.compare import check
from tests.operators.device import Device
from tests.operators.oracle import Arrays, Tally, expected_outputs
from tests.operators.registry import Case, Comparison

INFERENCES = 6


def _sequence(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> list[Arrays]:
    """Inputs of one sequence, in random order."""
    arrays = randoms.batch(rng, shape, dtype)
    return [[arrays[i]] for i in rng.integers(0, len(arrays), INFERENCES)]


def svdf_case(rng: np.random.Generator, state: str = "INT16") -> Case:
    batches, depth, units, rank, memory = (int(n) for n in rng.integers(1, (3, 12, 5, 4, 9)))
    filters = units * rank
    source, features, times = (float(randoms.scale(rng, -12, -5)) for _ in range(3))
    state_bits = 8 if state == "INT8" else 16
    bound = 2 ** int(rng.integers(3, state_bits))
    # TFLM compares the bias's scale with an absolute tolerance, which large ones would miss.
    to_state = 2.0 ** (state_bits - 8) * max(randoms.fitting_ratio(rng, depth), 2.0**-12)
    to_output = 2.0 ** (7 - state_bits) / bound * 2.0 ** rng.uniform(0, 4)
    state_scale = float(np.float32(source * features / to_state))
    output = float(np.float32(state_scale * times / to_output))
    low = -128 if state == "INT8" else -32768
    state_zero_point = randoms.zero_point(rng) if state == "INT8" else 0

    b = ModelBuilder("svdf")
    x = b.tensor("x", (batches, depth), scale=source, zero_point=randoms.zero_point(rng))
    w = b.constant("features", randoms.weights(rng, (filters, depth)), scale=features)
    values = rng.integers(max(-bound, low), bound, (filters, memory)).astype(state.lower())
    t = b.constant("times", values, scale=times)
    # TFLM reads the bias's scale whether there is a bias or not.
    bias = b.constant(
        "bias",
        randoms.bias(rng, units) >> 8,
        scale=float(np.float32(state_scale) * np.float32(times)),
    )
    s = b.tensor(
        "state",
        (batches, filters * memory),
        state,
        scale=state_scale,
        zero_point=state_zero_point,
        is_variable=True,
    )
    y = b.tensor("y", (batches, units), scale=output, zero_point=randoms.zero_point(rng))
    activation = str(rng.choice(["NONE", "RELU"]))
    b.operator("SVDF", [x, w, t, bias, s], [y], rank=rank, fused_activation_function=activation)
    return b.build([x], [y]), _sequence(rng, (batches, depth), "int8")


def lstm_case(rng: np.random.Generator, dtype: str = "INT8") -> Case:
    batches, times, depth, units = (int(n) for n in rng.integers(1, (3, 5, 10, 8)))
    time_major = bool(rng.integers(2))
    outer = (times, batches) if time_major else (batches, times)
    wide = dtype == "INT16"
    source, hidden = (
        2.0 ** rng.uniform(-16, -11) if wide else 2.0 ** rng.uniform(-9, -4) for _ in range(2)
    )
    if rng.integers(3):
        hidden = 2.0**-15 if wide else 2.0**-7
    zero_points = [
        0 if wide and rng.integers(4) else randoms.zero_point(rng, dtype.lower()) for _ in range(2)
    ]
    # Usually a power of two; TFLM rounds its logarithm, and ignores the zero point.
    cell_scale = 2.0 ** (int(rng.integers(-15, -8)) + rng.choice([0, 0, rng.uniform(-0.45, 0.45)]))
    cell_zero_point = int(rng.choice([0, 0, 0, 5]))

    b = ModelBuilder("lstm")
    x = b.tensor("x", (*outer, depth), dtype, scale=source, zero_point=zero_points[0])
    scales = [float(randoms.scale(rng, -10, -5)) for _ in range(8)]
    weights = [
        b.constant(
            f"w{i}", randoms.weights(rng, (units, depth if i < 4 else units)), scale=scales[i]
        )
        for i in range(8)
    ]
    bound = 2 ** int(rng.integers(1, 30 if wide else 16))
    biases = [
        b.constant(
            f"b{i}",
            rng.integers(-bound, bound, units).astype(np.int64 if wide else np.int32),
            scale=source * scales[i],
        )
        for i in range(4)
    ]
    quant = {"scale": hidden, "zero_point": zero_points[1]}
    h = b.tensor("hidden", (batches, units), dtype, is_variable=True, **quant)
    c = b.tensor(
        "cell",
        (batches, units),
        "INT16",
        scale=cell_scale,
        zero_point=cell_zero_point,
        is_variable=True,
    )
    if not rng.integers(4):  # the output has the hidden state's bytes, whatever its own scale says
        quant = {"scale": 2.0**-5, "zero_point": 0 if wide else 3}
    y = b.tensor("y", (*outer, units), dtype, **quant)
    inputs = [x, *weights, -1, -1, -1, *biases, -1, -1, h, c, -1, -1, -1, -1]
    b.operator(
        "UNIDIRECTIONAL_SEQUENCE_LSTM",
        inputs,
        [y],
        fused_activation_function="TANH",
        time_major=time_major,
        cell_clip=float(rng.choice([0.0, 0.0, rng.uniform(0, 8), 10.0])),
    )
    return b.build([x], [y]), _sequence(rng, (*outer, depth), dtype.lower())


COMPARISONS = (
    Comparison("SVDF", "int8", partial(svdf_case, state="INT8"), 230),
    Comparison("SVDF", "int8", partial(svdf_case, state="INT16"), 231),
    Comparison("UNIDIRECTIONAL_SEQUENCE_LSTM", "int8", lstm_case, 232),
    Comparison("UNIDIRECTIONAL_SEQUENCE_LSTM", "int16", partial(lstm_case, dtype="INT16"), 233),
)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=str)
def test_stateful(device: Device, comparison: Comparison) -> None:
    check(device, comparison)


@pytest.mark.parametrize("make_case", [svdf_case, lstm_case], ids=["SVDF", "LSTM"])
def test_reset_starts_the_sequence_anew(device: Device, make_case: partial[Case]) -> None:
    data, batch = make_case(np.random.default_rng(5))
    program = lower(import_model(data, "stateful"))
    device.load(pack(program, plan_arena(program)))
    expected = [outputs[0].tobytes() for outputs in expected_outputs(data, batch, Tally())]
    assert len(set(expected)) > 1
    for _ in range(2):
        assert [device.infer(arrays[0].tobytes()) for arrays in batch] == expected
        device.reset_state()
