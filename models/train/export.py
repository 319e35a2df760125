"""A trained network's parameters, as the .tflite writer takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from models.arch.layers import Conv2D, DepthwiseConv2D
from models.arch.parameters import Array, LstmWeights, Parameters, Quant, Weights
from models.train.quantiser import scales_and_zero_points
from models.train.topology import Weighted
from models.train.weighted import WholeWeights

if TYPE_CHECKING:
    from models.train.network import QuantisedNetwork

SOFTMAX_QUANT = Quant(1 / 256, -128)
"""The only one that TensorFlow Lite allows."""


@torch.no_grad()
def export(net: QuantisedNetwork) -> Parameters:
    """Return the integers with which the fake-quantised network computes.

    Raises:
        RuntimeError: the ranges have not been initialised (calibrate_ranges).
    """
    if not net.ranges.initialised:
        raise RuntimeError("calibrate_ranges comes before export")
    scales, zero_points = scales_and_zero_points(*net.ranges.ends())
    own = dict(zip(net.topology.quantised, scales.unbind(), strict=True))
    zeros = dict(zip(net.topology.quantised, zero_points.tolist(), strict=True))
    quants = {
        name: Quant(float(own[owner]), int(zeros[owner]))
        for name, owner in net.topology.owners.items()
    }
    if net.topology.logits != net.arch.output:
        quants[net.arch.output] = SOFTMAX_QUANT
    weights: dict[str, Weights | LstmWeights] = {}
    for node in net.topology.nodes:
        if isinstance(node.layer, Weighted):
            source = own[net.topology.owners[node.inputs[0]]]
            weights[node.name] = _weights(node.layer, net.layer(node.name).whole(source))
    return Parameters(quants, weights)


@torch.no_grad()
def float_weights(net: QuantisedNetwork) -> dict[str, list[Array]]:
    """Return weights and, where there is one, bias of every layer that has some, batch normalisations folded.

    Weights are in PyTorch's order: (channels, input channels, height, width), (units, features).
    """
    return {
        node.name: [
            _array(values) for values in net.layer(node.name).folded() if values is not None
        ]
        for node in net.topology.nodes
        if isinstance(node.layer, Weighted)
    }


def _weights(layer: Weighted, whole: WholeWeights) -> Weights:
    values = whole.values
    if isinstance(layer, Conv2D):
        values = values.permute(0, 2, 3, 1)
    elif isinstance(layer, DepthwiseConv2D):
        values = values.permute(1, 2, 3, 0)
    bias = None if whole.bias is None else _array(whole.bias).astype(np.int32)
    return Weights(
        np.ascontiguousarray(_array(values).astype(np.int8)),
        _array(whole.scales).astype(np.float32),
        bias,
    )


def _array(values: Tensor) -> Array:
    return np.asarray(values.cpu().numpy())
