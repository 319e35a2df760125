"""ArchSpec from .tflite files: there and back, real files, and refusals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.errors import ModelFileError, UnsupportedModelError
from models.arch.counters import count
from models.arch.from_tflite import from_tflite
from models.arch.layers import Conv2D, Dense, PadChannels, Pool2D, Reshape, Slice
from models.arch.parameters import Parameters, Quant, Weights
from models.arch.randomise import random_parameters
from models.arch.spec import ArchBuilder, ArchSpec, Node
from models.arch.to_tflite import to_tflite
from models.example import example_model
from models.spaces import SPACES
from models.tflite.writer import ModelBuilder
from models.zoo import ZOO


def arch_of(name: str) -> ArchSpec:
    return ZOO[name].build() if name in ZOO else SPACES[name].member(1)


@pytest.mark.parametrize("name", ["ic01", "sww01", "micronet-vww-2", *SPACES])
def test_there_and_back(name: str) -> None:
    arch = arch_of(name)
    data = to_tflite(arch, random_parameters(arch, 5))
    again, parameters = from_tflite(data, arch.name)
    # A flattening Reshape comes back with the shape that it had meant.
    assert [replace(n, layer=_explicit(arch, n)) for n in arch.nodes] == list(again.nodes)
    assert to_tflite(again, parameters) == data
    assert count(again) == count(arch)


def _explicit(arch: ArchSpec, node: Node) -> object:
    return Reshape(arch.shapes[node.name]) if isinstance(node.layer, Reshape) else node.layer


def test_the_example() -> None:
    arch, parameters = from_tflite(example_model(), "example")
    assert count(arch).macs == 1_488_768
    assert from_tflite(to_tflite(arch, parameters), "again")[0].nodes == arch.nodes


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "name"), [("kws_ref_model.tflite", "kws01"), ("ad01_int8.tflite", "ad01")]
)
def test_the_originals_are_the_zoo_s(shared_models: Path, file: str, name: str) -> None:
    original, _ = from_tflite((shared_models / file).read_bytes(), name)
    arch = ZOO[name].build()
    assert original.input_shape == arch.input_shape
    assert [n.layer for n in original.nodes] == [_explicit(arch, n) for n in arch.nodes]
    assert count(original) == count(arch)


def refused(build: ModelBuilder, x: int, y: int, text: str) -> None:
    with pytest.raises(UnsupportedModelError, match=text):
        from_tflite(build.build([x], [y]), "strange")


def test_refusals() -> None:
    b = ModelBuilder("strange")
    x, y = (b.tensor(n, (1, 4, 4, 2), scale=0.5) for n in "xy")
    b.operator("LEAKY_RELU", [x], [y], alpha=0.1)
    refused(b, x, y, "no such layer")

    b = ModelBuilder("strange")
    x, y = (b.tensor(n, s, scale=0.5) for n, s in (("x", (1, 4, 4, 2)), ("y", (1, 5, 4, 2))))
    pads = b.constant("p", np.array([[0, 0], [1, 0], [0, 0], [0, 0]], np.int32))
    b.operator("PAD", [x, pads], [y])
    refused(b, x, y, "padding other than")

    b = ModelBuilder("strange")
    x, y = (b.tensor(n, (1, 4), scale=0.5) for n in "xy")
    c = b.constant("c", np.ones((1, 4), np.int8), scale=0.5)
    b.operator("ADD", [x, c], [y])
    refused(b, x, y, "a constant where activations belong")

    with pytest.raises(ModelFileError):
        from_tflite(b"not a model", "strange")


def test_specs_that_make_no_sense() -> None:
    def spec(*nodes: Node) -> ArchSpec:
        return ArchSpec("bad", (1, 4, 4, 2), nodes)

    with pytest.raises(ValueError, match="at least one layer"):
        spec()
    with pytest.raises(ValueError, match="layer 'a': no layer 'b' before it"):
        spec(Node("a", Conv2D(4), ("b",)))
    with pytest.raises(ValueError, match="layer 'a': the name is taken"):
        spec(Node("a", Conv2D(4), ("input",)), Node("a", Conv2D(4), ("a",)))
    for layer, text in (
        (Dense(3), "put a Reshape before it"),
        (Pool2D("MAX", (5, 5), (1, 1)), "does not fit"),
        (Reshape((3, 3)), "cannot make"),
        (PadChannels(1), "PadChannels to 1, of 2"),
        (Slice((0, 0, 0, 1), (1, 1, 1, 2)), "does not lie in"),
    ):
        with pytest.raises(ValueError, match=text):
            spec(Node("a", layer, ("input",)))


def test_weights_of_another_shape() -> None:
    b = ArchBuilder("bad", (1, 4))
    b.add(Dense(2), name="d")
    weights = Weights(np.zeros((4, 2), np.int8), np.ones(1, np.float32), np.zeros(2, np.int32))
    quants = {"input": Quant(1.0, 0), "d": Quant(1.0, 0)}
    with pytest.raises(ValueError, match=r"layer 'd' needs weights of shape \(2, 4\)"):
        to_tflite(b.build(), Parameters(quants, {"d": weights}))
