"""A generated file on TensorFlow Lite Micro and on the plan engine: the same outputs, and useful ones."""

from __future__ import annotations

import numpy as np
import pytest

from harness.engines.plan.compile import compile_model
from harness.engines.tflm_oracle import TflmOracle
from models.arch.spec import ArchSpec
from tests.operators.device import Device

INPUTS = 6


def random_inputs(arch: ArchSpec, count: int = INPUTS) -> list[np.ndarray]:  # type: ignore[type-arg]
    generator = np.random.default_rng(7)
    return [generator.integers(-128, 128, arch.input_shape).astype(np.int8) for _ in range(count)]


def check_exact(device: Device, arch: ArchSpec, data: bytes) -> None:
    """Bit for bit over several inferences; outputs depend on the input and do not all saturate."""
    try:
        oracle = TflmOracle(data)
    except ImportError:
        pytest.skip("tflite-micro is not installed")
    device.load(compile_model(data, arch.name).blob)
    outputs = []
    for x in random_inputs(arch):
        expected = oracle.run([x])[0]
        assert device.infer(x.tobytes()) == expected.tobytes(), arch.name
        assert expected.shape == arch.shapes[arch.output]
        outputs.append(expected)
    assert len({y.tobytes() for y in outputs}) >= INPUTS - 2, arch.name
    assert np.mean(np.abs(np.stack(outputs).astype(int) + 0.5) < 127) > 0.2, arch.name
