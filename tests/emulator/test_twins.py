"""The emulated twin of a part runs what the part could hold, and refuses what it could not, before anything starts."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.tflite.writer import ModelBuilder
from targets.catalogue import load_catalogue
from tests.emulator.conftest import Ran

pytestmark = pytest.mark.emulator

TWINS = (
    "qemu-nrf52840",
    "qemu-nucleo-l4r5zi",
    "qemu-rp2040",
    "qemu-stm32f446re",
    "qemu-stm32f746zg",
    "qemu-stm32f767zi",
)


def dense(weight_bytes: int) -> bytes:
    """One dense layer with about that many bytes of weights."""
    inputs, outputs = 1024, weight_bytes // 1024
    rng = np.random.default_rng(1)
    b = ModelBuilder("dense")
    x = b.tensor("x", (1, inputs), scale=0.02, zero_point=-3)
    y = b.tensor("y", (1, outputs), scale=0.5, zero_point=3)
    weights = b.constant(
        "w", rng.integers(-127, 128, (outputs, inputs)).astype(np.int8), scale=0.01
    )
    bias = b.constant("b", np.zeros(outputs, np.int32), scale=0.02 * 0.01)
    b.operator("FULLY_CONNECTED", [x, weights, bias], [y])
    return b.build([x], [y])


def wide(activation_bytes: int) -> bytes:
    """Two pointwise convolutions between tensors of that many bytes each."""
    side = int((activation_bytes / 8) ** 0.5)
    rng = np.random.default_rng(2)
    b = ModelBuilder("wide")
    tensors = [
        b.tensor(name, (1, side, side, 8), scale=0.05, zero_point=0) for name in ("x", "y", "z")
    ]
    for i, (source, result) in enumerate(itertools.pairwise(tensors)):
        w = b.constant(f"w{i}", rng.integers(-127, 128, (8, 1, 1, 8)).astype(np.int8), scale=0.01)
        bias = b.constant(f"b{i}", np.zeros(8, np.int32), scale=0.05 * 0.01)
        one = {"padding": "SAME", "stride_w": 1, "stride_h": 1}
        b.operator("CONV_2D", [source, w, bias], [result], options=one)
    return b.build([tensors[0]], [tensors[-1]])


@pytest.mark.parametrize("name", TWINS)
def test_what_the_part_could_not_hold_is_refused(
    tinyhil: Callable[..., Ran], tmp_path: Path, name: str
) -> None:
    memory = load_catalogue().target(name).memory
    for content, limit, place in (
        (dense(memory.slot.length + 1024), memory.slot.length, "model slot"),
        (wide(memory.ram.length), memory.ram.length, "RAM"),
    ):
        model = tmp_path / "model.tflite"
        model.write_bytes(content)
        ran = tinyhil("run", model, "--target", name, "--timing", "none")
        assert ran.code == 5
        assert f"{place} of {name} holds {limit:,}" in ran.err


@pytest.mark.parametrize("name", TWINS)
def test_what_just_fits_runs(tinyhil: Callable[..., Ran], tmp_path: Path, name: str) -> None:
    """Weights that fill four fifths of the slot: the emulator has the memory that the part has."""
    model = tmp_path / "model.tflite"
    model.write_bytes(dense(load_catalogue().target(name).memory.slot.length * 4 // 5))
    words = ("--timing", "none", "--repeat", "1", "--check-inputs", "1", "--json")
    ran = tinyhil("run", model, "--target", name, *words)
    assert ran.code == 0, ran.err
    (measured,) = ran.json()["measurements"]
    assert measured["check"]["bit_exact"]
