"""Fake quantisation against the integers, layer by layer; gradients against closed forms; refusals."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from harness.errors import UnsupportedModelError
from models.arch.layers import (
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Elementwise,
    Layer,
    Nonlinearity,
    Pool2D,
)
from models.arch.parameters import Weights
from models.arch.spec import ArchBuilder, ArchSpec, Node
from models.spaces import SPACES
from models.train.integer import quantise, run_integer
from models.train.network import QuantisedNetwork, export
from models.train.quantiser import fake_quantise, scales_and_zero_points
from models.zoo import ZOO
from tests.train.nets import quantised_network, random_inputs

LAYERS: tuple[Layer, ...] = (
    Conv2D(6, (3, 3), (2, 2), "SAME", "RELU"),
    Conv2D(6, (4, 3), (2, 1), "SAME", "NONE"),
    Conv2D(6, (3, 2), (1, 2), "VALID", "RELU6"),
    DepthwiseConv2D((3, 3), (2, 2), "SAME", "RELU6"),
    DepthwiseConv2D((2, 5), (1, 2), "SAME", "NONE"),
    Pool2D("AVERAGE", (3, 3), (2, 2), "SAME"),
    Pool2D("AVERAGE"),
    Pool2D("MAX", (2, 3), (2, 2), "SAME"),
)


@pytest.mark.parametrize("layer", LAYERS, ids=repr)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_layer_is_off_by_a_rounding_at_most(layer: Layer, channels: int) -> None:
    """Odd maps, so that SAME pads unequally; only values near the middle of two outputs may differ."""
    b = ArchBuilder("one", (1, 7, 5, channels))
    b.add(layer)
    check_close(b.build(), 0.02)


def test_dense_and_addition() -> None:
    b = ArchBuilder("dense", (1, 50))
    b.add(Dense(30, "RELU"))
    check_close(b.build(), 0.02)
    b = ArchBuilder("sum", (1, 5, 4, 3))
    b.residual(b.last, b.last, "RELU")
    check_close(b.build(), 0.02)


def check_close(arch: ArchSpec, share: float) -> None:
    x = random_inputs(arch, 64, 3)
    net = quantised_network(arch, x, 5)
    parameters = export(net)
    quant = parameters.quants[arch.output]
    integers = run_integer(arch, parameters, quantise(x.numpy(), parameters.quants["input"]))
    with torch.no_grad():
        real = net(x).numpy() / quant.scale + quant.zero_point
    difference = np.abs(np.rint(real) - integers.reshape(len(x), -1))
    assert difference.max() <= 1
    assert np.mean(difference != 0) <= share


def test_weights_are_in_range_and_zero_is_exact() -> None:
    arch = ZOO["ic01"].build()
    net = quantised_network(arch, random_inputs(arch, 4, 1), 2)
    parameters = export(net)
    for node in arch.nodes:
        weights = parameters.weights.get(node.name)
        if isinstance(weights, Weights):
            assert weights.values.min() >= -127
            assert len(weights.scales) == (
                1 if isinstance(node.layer, Dense) else node.layer.channels
            )  # type: ignore[union-attr]
        if getattr(node.layer, "activation", "NONE") != "NONE":
            assert parameters.quants[node.name].zero_point == -128
        if isinstance(node.layer, Pool2D):
            assert parameters.quants[node.name] == parameters.quants[node.inputs[0]]


def test_gradients_of_a_learned_range() -> None:
    """Above: 1 to the upper end. Below: 1 to the lower. Between: 1 to the value, rounding error to the scale."""
    low, high = (torch.tensor(v, requires_grad=True) for v in (-1.0, 1.55))
    x = torch.tensor([-3.0, 0.1234, 7.0], requires_grad=True)
    y = fake_quantise(x, *scales_and_zero_points(low, high))
    np.testing.assert_allclose(y.detach().numpy(), [-1.0, 0.12, 1.55], atol=1e-6)
    error = (0.12 - 0.1234) / 2.55
    for index, expected in enumerate([(0.0, 1.0, 0.0), (1.0, -error, error), (0.0, 0.0, 1.0)]):
        found = torch.autograd.grad(y[index], (x, low, high), retain_graph=True)
        values = (found[0][index], found[1], found[2])
        np.testing.assert_allclose([float(v) for v in values], expected, atol=1e-5)


def test_relu6_leaves_nothing_to_cut_off() -> None:
    """However wide a range was learned, 6 is the largest output: the kernels need no bound of their own."""
    arch = ZOO["micronet-kws-s"].build()
    net = quantised_network(arch, 5 * random_inputs(arch, 4, 1), 2)
    with torch.no_grad():
        net.ranges.logarithms += 1.0
    for name, quant in export(net).quants.items():
        activation = next((n.layer for n in arch.nodes if n.name == name), None)
        if getattr(activation, "activation", "") == "RELU6":
            assert 254.5 < 6 / quant.scale < 255.5


@pytest.mark.parametrize(
    ("arch", "text"),
    [
        (SPACES["lstm"].member(1), "Lstm cannot be trained here"),
        (SPACES["gru"].member(1), "cannot be trained here"),
        (ArchSpec("m", (1, 4), (Node("a", Elementwise("MUL"), ("input", "input")),)), "'a': MUL"),
        (ArchSpec("t", (1, 4), (Node("a", Nonlinearity("TANH"), ("input",)),)), "'a': TANH"),
    ],
)
def test_refusals(arch: ArchSpec, text: str) -> None:
    with pytest.raises(UnsupportedModelError, match=text):
        QuantisedNetwork(arch)


def test_wrong_inputs() -> None:
    arch = ZOO["kws01"].build()
    net = quantised_network(arch, random_inputs(arch, 2, 1), 2)
    with pytest.raises(ValueError, match="takes int8"):
        run_integer(arch, export(net), np.zeros((2, 49, 10, 2), np.int8))
    with pytest.raises(RuntimeError, match="calibrate_ranges"):
        QuantisedNetwork(arch).set_quantisation(True)
    with pytest.raises(RuntimeError, match="calibrate_ranges"):
        export(QuantisedNetwork(arch))
    with pytest.raises(ValueError, match="at least one batch"):
        QuantisedNetwork(arch).calibrate_ranges([])
