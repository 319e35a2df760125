"""A final SOFTMAX, dropped on request: the outputs are its inputs, and nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest

from harness.engines.plan.compile import compile_model
from harness.engines.plan.optimise import summary
from harness.tflite.outputs import with_outputs
from harness.tflite.reader import read_model
from models.example import example_model
from models.tflite.writer import ModelBuilder
from tests.operators import randoms
from tests.operators.device import Device
from tests.operators.oracle import Tally, expected_outputs

CLASSES = 5


def classifier(
    *, beta: float = 1.0, first: bool = False, twice: bool = False, read: bool = False
) -> bytes:
    """FULLY_CONNECTED -> SOFTMAX; its input or output also an output; its output also read."""
    b = ModelBuilder("classifier")
    x = b.tensor("x", (3, 7), scale=0.1, zero_point=-5)
    weights = randoms.weights(np.random.default_rng(4), (CLASSES, 7))
    logits = b.tensor("logits", (3, CLASSES), scale=0.5, zero_point=9)
    b.operator("FULLY_CONNECTED", [x, b.constant("w", weights, scale=0.02)], [logits])
    scores = b.tensor("scores", (3, CLASSES), scale=2.0**-8, zero_point=-128)
    b.operator("SOFTMAX", [logits], [scores], options={"beta": beta})
    outputs = [logits, scores] if first else [scores, scores] if twice else [scores]
    if read:
        more = b.tensor("more", (3, CLASSES), scale=2.0**-8, zero_point=-128)
        b.operator("RELU", [scores], [more])
        outputs.append(more)
    return b.build([x], outputs)


def test_the_outputs_are_what_softmax_would_have_been_given(device: Device) -> None:
    data = classifier()
    whole, bare = compile_model(data, "c"), compile_model(data, "c", without_softmax=True)
    assert (whole.sha256, whole.inputs) == (bare.sha256, bare.inputs)
    assert [step.kind for step in bare.steps] == ["FULLY_CONNECTED"]
    assert (bare.outputs[0].name, bare.outputs[0].scale, bare.outputs[0].zero_point) == (
        "logits",
        0.5,
        9,
    )
    assert "1 SOFTMAX dropped on request" in summary(bare.optimisations)
    other = with_outputs(data, bare.output_tensors)
    assert read_model(other).subgraphs[0].outputs == bare.output_tensors != whole.output_tensors
    batch = [[array] for array in randoms.batch(np.random.default_rng(2), (3, 7))]
    expected = expected_outputs(other, batch, Tally())
    scores = expected_outputs(data, batch, Tally())
    device.load(bare.blob)
    for inputs, (logits,), (score,) in zip(batch, expected, scores, strict=True):
        found = device.infer(inputs[0].tobytes())
        assert found == logits.tobytes()
        best = np.argmax(np.frombuffer(found, np.int8).reshape(3, CLASSES), axis=1)
        assert (score[np.arange(3), best] == score.max(axis=1)).all()


@pytest.mark.parametrize(
    "options", [{"beta": 2.0}, {"first": True}, {"twice": True}, {"read": True}], ids=str
)
def test_it_stays_where_more_than_the_last_word_would_go(options: dict[str, bool]) -> None:
    data = classifier(**options)
    found = compile_model(data, "c", without_softmax=True)
    assert "SOFTMAX" in [step.kind for step in found.steps]
    assert found == compile_model(data, "c")


def test_nothing_is_dropped_unasked() -> None:
    model = compile_model(example_model(), "example")
    assert model.steps[-1].kind == "SOFTMAX"
    assert "softmax" not in {one.name for one in model.optimisations}


def test_several_outputs_keep_their_order(device: Device) -> None:
    b = ModelBuilder("two")
    x = b.tensor("x", (1, 4), scale=0.5)
    y = b.tensor("y", (1, 4), scale=0.5)
    z = b.tensor("z", (1, 4), scale=2.0**-8, zero_point=-128)
    b.operator("RELU", [x], [y])
    b.operator("SOFTMAX", [y], [z], options={"beta": 1.0})
    u = b.tensor("u", (1, 4), scale=0.5)
    b.operator("RELU6", [x], [u])
    data = b.build([x], [u, z])
    model = compile_model(data, "two", without_softmax=True)
    assert model.output_tensors == (u, y)
    array = np.array([[-3, 5, 100, 0]], np.int8)
    (expected,) = expected_outputs(with_outputs(data, (u, y)), [[array]], Tally(), 2)
    device.load(model.blob)
    assert device.infer(array.tobytes()) == b"".join(one.tobytes() for one in expected)
