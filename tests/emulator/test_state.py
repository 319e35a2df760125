"""State on running firmware: sequences against the oracle, reset by RUN and by LOAD."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.build.images import build_image
from harness.engines.plan.compile import compile_model
from harness.link.messages import Space
from harness.link.session import Session
from harness.link.transcript import Transcript
from models.tflite.writer import ModelBuilder
from targets.catalogue import load_catalogue
from targets.deadline import Deadline
from targets.drivers import driver_for
from targets.drivers.protocol import Capability
from tests.emulator.conftest import Ran

pytestmark = pytest.mark.emulator

INFERENCES = 6


def _svdf_model() -> bytes:
    rng = np.random.default_rng(3)
    b = ModelBuilder("svdf")
    x = b.tensor("x", (1, 16), scale=0.5, zero_point=3)
    w = b.constant("features", rng.integers(-127, 128, (8, 16)).astype(np.int8), scale=0.01)
    t = b.constant("times", rng.integers(-2000, 2000, (8, 5)).astype(np.int16), scale=1e-4)
    bias = b.constant("bias", rng.integers(-9999, 9999, 4).astype(np.int32), scale=1e-6)
    s = b.tensor("state", (1, 40), "INT16", scale=0.01, is_variable=True)
    y = b.tensor("y", (1, 4), scale=0.05, zero_point=-4)
    b.operator("SVDF", [x, w, t, bias, s], [y], rank=2)
    return b.build([x], [y])


@pytest.mark.parametrize("name", ["native", "qemu-cortex-m4"])
def test_state_runs_on_until_it_is_reset(name: str) -> None:
    tflm = pytest.importorskip("tflite_micro.python.tflite_micro").runtime
    data = _svdf_model()
    compiled = compile_model(data, "svdf")
    assert compiled.state_bytes == 80
    inputs = np.random.default_rng(4).integers(-128, 128, (INFERENCES, 1, 16)).astype(np.int8)
    interpreter = tflm.Interpreter.from_bytes(data)
    expected = []
    for array in inputs:
        interpreter.set_input(array, 0)
        interpreter.invoke()
        expected.append(np.array(interpreter.get_output(0)).tobytes())

    target = load_catalogue().target(name)
    deadline = Deadline.after(120.0)
    image = build_image(target, "plan", "reference", Deadline.after(300.0))
    driver = driver_for(target)
    preload = Capability.PRELOAD in driver.capabilities
    with driver.start(image.elf, compiled.blob if preload else None, deadline) as device:
        session = Session(device.stream, Transcript(), target=name)
        session.wait_ready(deadline)
        session.hello(deadline)
        if not preload:
            session.upload(Space.SLOT, compiled.blob, deadline)

        def infer(index: int, *, warmup: int = 0, reset: bool = False) -> bytes:
            session.write(Space.INPUT, 0, inputs[index].tobytes(), deadline)
            session.run(warmup, 1, False, deadline, expected_s=0.1, reset_state=reset)
            return session.read(Space.OUTPUT, 0, compiled.output_bytes, deadline)

        for _ in range(2):
            session.load(len(compiled.blob), deadline)
            assert [infer(i) for i in range(INFERENCES)] == expected
        assert [infer(i, reset=i == 0) for i in range(INFERENCES)] == expected
        # Warm-up counts: two inferences on the first input, like the sequence 0, 0.
        twice = infer(0, warmup=1, reset=True)
        interpreter.reset()
        for _ in range(2):
            interpreter.set_input(inputs[0], 0)
            interpreter.invoke()
        assert twice == np.array(interpreter.get_output(0)).tobytes() != expected[0]


def test_a_measured_sequence_equals_the_oracles(
    tinyhil: Callable[..., Ran], tmp_path: Path
) -> None:
    model = tmp_path / "svdf.tflite"
    model.write_bytes(_svdf_model())
    ran = tinyhil("run", model, "-t", "native", "--check-inputs", "7", "--json")
    assert ran.code == 0, ran.err
    (measurement,) = ran.json()["measurements"]
    assert measurement["check"]["bit_exact"] is True
    assert measurement["check"]["inputs"] == 7
