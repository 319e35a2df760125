"""The conventional road to int8: a Keras network, quantised by TensorFlow Lite's converter after training.

TensorFlow is imported only when something is converted. The converter observes the ranges of the
activations on a representative data set (Jacob et al., arXiv 1712.05877; smallest and largest
value) and rounds the weights; nothing is trained after that.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from typing import Any

import numpy as np

from harness.errors import MissingToolError
from models.arch.layers import (
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Elementwise,
    Nonlinearity,
    PadChannels,
    Pool2D,
)
from models.arch.parameters import Array
from models.arch.spec import INPUT, ArchSpec, Node
from models.train.export import float_weights
from models.train.network import QuantisedNetwork

_ACTIVATIONS = {"NONE": None, "RELU": "relu", "RELU6": "relu6"}


def convert(net: QuantisedNetwork, examples: Array) -> bytes:
    """Return the int8 .tflite file that TensorFlow's converter makes of a network trained in floating point.

    Args:
        net: its weights, batch normalisations folded, are copied into the Keras network.
        examples: the representative data set, float32 (n, *input shape without its first).

    Raises:
        MissingToolError: TensorFlow is not installed.
    """
    tensorflow = _tensorflow()
    model = keras_model(net)

    def representative() -> Iterator[list[Array]]:
        for x in examples:
            yield [x[None].astype(np.float32)]

    converter = tensorflow.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tensorflow.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tensorflow.int8
    with redirect_stdout(sys.stderr):  # Keras describes what it saves
        return bytes(converter.convert())


def keras_model(net: QuantisedNetwork) -> Any:
    """Return the Keras network, batch 1, with this network's weights.

    Raises:
        MissingToolError: TensorFlow is not installed.
    """
    keras = _tensorflow().keras
    arch = net.arch
    source = keras.Input(batch_shape=arch.input_shape)
    values = {INPUT: source}
    weighted = {}
    for node in arch.nodes:
        layer = _layer(keras, arch, node)
        inputs = [values[name] for name in node.inputs]
        values[node.name] = layer(inputs if len(inputs) > 1 else inputs[0])
        if isinstance(node.layer, Elementwise) and node.layer.activation != "NONE":
            values[node.name] = keras.layers.Activation(_ACTIVATIONS[node.layer.activation])(
                values[node.name]
            )
        if isinstance(node.layer, Conv2D | DepthwiseConv2D | Dense):
            weighted[node.name] = layer
    for name, weights in float_weights(net).items():
        weighted[name].set_weights(_keras_order(arch, name, weights))
    return keras.Model(source, values[arch.output])


def _layer(keras: Any, arch: ArchSpec, node: Node) -> Any:
    layer = node.layer
    layers = keras.layers
    if isinstance(layer, Conv2D | DepthwiseConv2D):
        options = {
            "kernel_size": layer.kernel,
            "padding": layer.padding.lower(),
            "activation": _ACTIVATIONS[layer.activation],
        }
        if isinstance(layer, Conv2D):
            return layers.Conv2D(layer.channels, strides=layer.stride, **options)
        if layer.stride[0] != layer.stride[1]:
            raise ValueError(f"layer '{node.name}': Keras has no depthwise stride {layer.stride}")
        return layers.DepthwiseConv2D(strides=layer.stride, **options)
    if isinstance(layer, Dense):
        return layers.Dense(
            layer.units, activation=_ACTIVATIONS[layer.activation], use_bias=layer.bias
        )
    if isinstance(layer, Pool2D):
        size, stride = layer.window(arch.input_shapes(node)[0])
        kind = layers.AveragePooling2D if layer.kind == "AVERAGE" else layers.MaxPooling2D
        return kind(size, stride, layer.padding.lower())
    if isinstance(layer, PadChannels):
        more = layer.channels - arch.input_shapes(node)[0][3]
        return lambda x: keras.ops.pad(x, ((0, 0), (0, 0), (0, 0), (0, more)))
    if isinstance(layer, Elementwise):
        return layers.Add()
    if isinstance(layer, Nonlinearity):
        return layers.Softmax()
    return layers.Reshape(arch.shapes[node.name][1:])


def _keras_order(arch: ArchSpec, name: str, weights: Sequence[Array]) -> list[Array]:
    """From PyTorch's order of axes to Keras'."""
    values, *bias = weights
    layer = next(node.layer for node in arch.nodes if node.name == name)
    axes = (1, 0) if isinstance(layer, Dense) else (2, 3, 1, 0)
    if isinstance(layer, DepthwiseConv2D):
        axes = (2, 3, 0, 1)
    return [values.transpose(axes), *bias]


def _tensorflow() -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # its log would bury the table
    try:
        import tensorflow
    except ImportError:
        raise MissingToolError(
            "tensorflow", "the conventional road", "pip install 'tinyhil[keras]'"
        ) from None
    return tensorflow
