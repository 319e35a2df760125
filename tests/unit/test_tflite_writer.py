"""The writer against the interpreters that have to take its files."""

from __future__ import annotations

import numpy as np
import pytest

from harness.engines.tflm_oracle import LitertOracle, TflmOracle
from harness.tflite.reader import read_model
from models.tflite.encoder import encode_model
from models.tflite.writer import ModelBuilder


def pointwise() -> bytes:
    """1x1 convolution with real factor 1: output = input @ weights + bias, saturated."""
    b = ModelBuilder("pointwise")
    x = b.tensor("x", (1, 2, 2, 2), scale=1.0, zero_point=-1)
    w = b.constant("w", np.array([[[[1, 2]]], [[[-1, 0]]]], np.int8), scale=[1.0, 1.0])
    c = b.constant("c", np.array([3, 4], np.int32), scale=[1.0, 1.0])
    y = b.tensor("y", (1, 2, 2, 2), scale=1.0, zero_point=2)
    b.operator("CONV_2D", [x, w, c], [y], padding="VALID", stride_w=1, stride_h=1)
    return b.build([x], [y])


@pytest.mark.parametrize("oracle", [TflmOracle, LitertOracle])
def test_interpreters_compute_what_was_written(
    oracle: type[TflmOracle] | type[LitertOracle],
) -> None:
    try:
        interpreter = oracle(pointwise())
    except ImportError:
        pytest.skip("interpreter not installed")
    x = np.array([[1, 2], [-3, 4], [100, 60], [-128, 127]], np.int8)
    centred = x.astype(int) + 1
    expected = centred @ np.array([[1, -1], [2, 0]]) + [3, 4] + 2
    [y] = interpreter.run([x.reshape(1, 2, 2, 2)])
    assert y.reshape(4, 2).tolist() == expected.clip(-128, 127).tolist()


def test_bytes_are_deterministic() -> None:
    assert pointwise() == pointwise()


def test_versions_follow_the_type() -> None:
    assert read_model(pointwise()).subgraphs[0].operators[0].version == 3
    b = ModelBuilder("float")
    x, y = b.tensor("x", (1, 4), "FLOAT32"), b.tensor("y", (1, 4), "FLOAT32")
    b.operator("SOFTMAX", [x], [y], beta=1.0)
    b.operator("SOFTMAX", [x], [b.tensor("z", (1, 4), "FLOAT32")], beta=1.0, version=7)
    operators = read_model(b.build([x], [y])).subgraphs[0].operators
    assert [op.version for op in operators] == [1, 7]


def test_buffers_are_aligned() -> None:
    """TFLM uses constants in place, so data must start on a multiple of 16 of the file."""
    marks = [np.full(n, n, np.int8) for n in (1, 3, 17, 33)]
    b = ModelBuilder("aligned")
    for mark in marks:
        b.constant(f"c{len(mark)}", mark)
    data = b.build([0], [1])
    for mark in marks[1:]:
        assert data.index(mark.tobytes()) % 16 == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda b, t: b.operator("CONV_3", [t], [t]), "no such operator"),
        (lambda b, t: b.operator("RELU", [t + 1], [t]), "no tensor"),
        (lambda b, t: b.operator("RELU", [t], [t], beta=1.0), "no builtin options"),
        (lambda b, t: (b.operator("SOFTMAX", [t], [t], gamma=1), b.build([t], [t])), "gamma"),
        (
            lambda b, t: (
                b.operator("CONV_2D", [t], [t], padding="FULL"),
                b.build([t], [t]),
            ),
            "FULL",
        ),
        (
            lambda b, t: (b.operator("SOFTMAX", [t], [t], beta="x"), b.build([t], [t])),
            "not a float",
        ),
        (lambda b, t: b.build([t], [1 << 40]), "outputs"),
    ],
)
def test_mistakes_are_named(call, message: str) -> None:  # type: ignore[no-untyped-def]
    b = ModelBuilder("mistake")
    tensor = b.tensor("x", (1, 4))
    with pytest.raises(ValueError, match=message):
        call(b, tensor)


def test_unknown_fields_of_a_table() -> None:
    with pytest.raises(ValueError, match="colour"):
        encode_model({"colour": 1})
