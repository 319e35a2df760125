"""An ArchSpec with its parameters to a fully int8 .tflite file, without TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.arch.layers import (
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Elementwise,
    Lstm,
    Nonlinearity,
    PadChannels,
    Pool2D,
    Reshape,
    Slice,
)
from models.arch.parameters import LstmWeights, Parameters, Quant, Weights
from models.arch.spec import INPUT, ArchSpec, Node
from models.tflite.writer import ModelBuilder

_GATE_SCALE = 2.0**-12
"""Of a gate's sum, int16 (TensorFlow Lite's quantised LSTM)."""


def to_tflite(arch: ArchSpec, parameters: Parameters) -> bytes:
    """Return the .tflite file; equal arguments give equal bytes.

    Raises:
        KeyError: a node without its quantisation or weights.
        ValueError: weights of another shape than the layer's.
    """
    return _Writer(arch, parameters).write()


class _Writer:
    def __init__(self, arch: ArchSpec, parameters: Parameters) -> None:
        self._arch = arch
        self._parameters = parameters
        self._builder = ModelBuilder(arch.name)
        self._tensors: dict[str, int] = {}
        self._constants: dict[str, tuple[int, int]] = {}

    def write(self) -> bytes:
        self._tensor(INPUT)
        for node in self._arch.nodes:
            self._node(node)
        return self._builder.build([self._tensors[INPUT]], [self._tensors[self._arch.output]])

    def _tensor(self, name: str) -> int:
        quant = self._parameters.quants[name]
        index = self._builder.tensor(
            name, self._arch.shapes[name], scale=quant.scale, zero_point=quant.zero_point
        )
        self._tensors[name] = index
        return index

    def _node(self, node: Node) -> None:
        inputs = [self._tensors[name] for name in node.inputs]
        kind, constants, options = self._operator(node)
        if kind == "UNIDIRECTIONAL_SEQUENCE_LSTM":
            constants += self._lstm_state(node)
            options["intermediates"] = self._lstm_intermediates(node)
        output = self._tensor(node.name)
        self._builder.operator(kind, [*inputs, *constants], [output], **options)

    def _operator(self, node: Node) -> tuple[str, list[int], dict[str, Any]]:
        """Return operator kind, constant operands and options."""
        layer = node.layer
        shapes = self._arch.input_shapes(node)
        shape: tuple[int, ...]
        if isinstance(layer, Conv2D):
            shape = (layer.channels, *layer.kernel, shapes[0][3])
            return "CONV_2D", self._weights(node, shape, axis=0), _window(layer)
        if isinstance(layer, DepthwiseConv2D):
            shape = (1, *layer.kernel, shapes[0][3])
            options = {**_window(layer), "depth_multiplier": 1}
            return "DEPTHWISE_CONV_2D", self._weights(node, shape, axis=3), options
        if isinstance(layer, Dense):
            shape = (layer.units, shapes[0][1])
            options = {"fused_activation_function": layer.activation}
            return "FULLY_CONNECTED", self._weights(node, shape, axis=0), options
        if isinstance(layer, Pool2D):
            return f"{layer.kind}_POOL_2D", [], _pool(layer, shapes[0])
        if isinstance(layer, Reshape):
            new_shape = self._arch.shapes[node.name]
            return "RESHAPE", [self._integers(node, "shape", new_shape)], {"new_shape": new_shape}
        if isinstance(layer, PadChannels):
            pads = np.zeros((4, 2), np.int32)
            pads[3, 1] = layer.channels - shapes[0][3]
            return "PAD", [self._integers(node, "paddings", pads)], {}
        if isinstance(layer, Elementwise):
            return layer.kind, [], {"fused_activation_function": layer.activation}
        if isinstance(layer, Nonlinearity):
            return layer.kind, [], {"beta": 1.0} if layer.kind == "SOFTMAX" else {}
        if isinstance(layer, Slice):
            box = [
                self._integers(node, "begin", layer.begin),
                self._integers(node, "size", layer.size),
            ]
            return "SLICE", box, {}
        return (
            "UNIDIRECTIONAL_SEQUENCE_LSTM",
            self._lstm(node),
            {"fused_activation_function": "TANH"},
        )

    def _integers(self, node: Node, what: str, values: Any) -> int:
        return self._builder.constant(f"{node.name}/{what}", np.asarray(values, np.int32))

    def _weights(self, node: Node, shape: tuple[int, ...], axis: int) -> list[int]:
        owner = node.shares or node.name
        weights = self._parameters.weights[owner]
        if not isinstance(weights, Weights) or weights.values.shape != shape:
            raise ValueError(f"layer '{node.name}' needs weights of shape {shape}")
        if owner not in self._constants:
            source = self._parameters.quants[node.inputs[0]].scale
            values = self._builder.constant(
                f"{owner}/weights", weights.values, scale=weights.scales, axis=axis
            )
            bias = -1
            if weights.bias is not None:
                scales = np.float32(source) * weights.scales
                bias = self._builder.constant(f"{owner}/bias", weights.bias, scale=scales)
            self._constants[owner] = (values, bias)
        return list(self._constants[owner])

    def _lstm(self, node: Node) -> list[int]:
        weights = self._parameters.weights[node.name]
        if not isinstance(weights, LstmWeights):
            raise ValueError(f"layer '{node.name}' needs LSTM weights")
        source = self._parameters.quants[node.inputs[0]].scale
        constant = self._builder.constant
        matrices = [
            constant(f"{node.name}/{kind}{gate}", values, scale=scale)
            for kind, arrays, scales in (
                ("input", weights.input, weights.input_scales),
                ("recurrent", weights.recurrent, weights.recurrent_scales),
            )
            for gate, (values, scale) in enumerate(zip(arrays, scales, strict=True))
        ]
        biases = [
            constant(f"{node.name}/bias{gate}", values, scale=source * scale)
            for gate, (values, scale) in enumerate(
                zip(weights.bias, weights.input_scales, strict=True)
            )
        ]
        return [*matrices, -1, -1, -1, *biases, -1, -1]

    def _lstm_state(self, node: Node) -> list[int]:
        """Hidden and cell state; normalisation is absent."""
        weights = self._parameters.weights[node.name]
        assert isinstance(weights, LstmWeights) and isinstance(node.layer, Lstm)
        quant: Quant = self._parameters.quants[node.name]
        shape = (1, node.layer.units)
        hidden = self._builder.tensor(
            f"{node.name}/hidden",
            shape,
            scale=quant.scale,
            zero_point=quant.zero_point,
            is_variable=True,
        )
        cell = self._builder.tensor(
            f"{node.name}/cell", shape, "INT16", scale=weights.cell_scale, is_variable=True
        )
        return [hidden, cell, -1, -1, -1, -1]

    def _lstm_intermediates(self, node: Node) -> list[int]:
        """Four for layer normalisation, unused, and the hidden state before projection: LiteRT asks for all."""
        quant = self._parameters.quants[node.name]
        tensor = self._builder.tensor
        gates = [
            tensor(f"{node.name}/intermediate{i}", (0,), "INT16", scale=_GATE_SCALE)
            for i in range(4)
        ]
        scale, zero_point = quant.scale, quant.zero_point
        name = f"{node.name}/intermediate4"
        return [*gates, tensor(name, (0,), scale=scale, zero_point=zero_point)]


def _window(layer: Conv2D | DepthwiseConv2D) -> dict[str, Any]:
    return {
        "padding": layer.padding,
        "stride_h": layer.stride[0],
        "stride_w": layer.stride[1],
        "fused_activation_function": layer.activation,
    }


def _pool(layer: Pool2D, shape: tuple[int, ...]) -> dict[str, Any]:
    (height, width), (down, right) = layer.window(shape)
    return {
        "padding": layer.padding,
        "filter_height": height,
        "filter_width": width,
        "stride_h": down,
        "stride_w": right,
    }
