"""What a quantised network computes, in integers, as TensorFlow Lite's kernels round."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.engines.plan.fixed_point import Ints, requantize, requantize_once, softmax
from harness.engines.plan.quantize import (
    Multiplier,
    activation_range,
    quantize_multiplier,
    quantize_multiplier_below_one,
    softmax_multiplier,
)
from models.arch import arithmetic
from models.arch.layers import (
    Activation,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Elementwise,
    Nonlinearity,
    PadChannels,
    Pool2D,
    Reshape,
)
from models.arch.parameters import Array, Parameters, Quant, Weights
from models.arch.spec import INPUT, ArchSpec, Node
from models.train.topology import topology
from models.train.windows import Pair, border

_ADD_LEFT_SHIFT = 20
_CHUNK_BYTES = 1 << 22
"""Of int64 in the largest tensor: how many inputs are computed at once, so that they stay in the processor's cache."""
Rescale = Callable[[Ints, Ints, Ints], Ints]


def quantise(x: Array, quant: Quant) -> Array:
    """Real numbers as int8 of the same shape."""
    q = np.rint(np.asarray(x, np.float64) / quant.scale) + quant.zero_point
    return np.asarray(np.clip(q, -128, 127).astype(np.int8))


def run_integer(
    arch: ArchSpec, parameters: Parameters, x: Array, *, litert_dense: bool = False
) -> Array:
    """Return the outputs of TFLM, of the plan engine and of LiteRT's reference kernels, bit for bit.

    Args:
        arch: the network.
        parameters: its integers.
        x: int8 inputs (n, *input shape without its first).
        litert_dense: round Dense layers once, as LiteRT does; TFLM rounds twice, and the two
            differ by one where a value lies on the edge between two outputs.

    Returns:
        int8 (n, *output shape without its first).

    Raises:
        UnsupportedModelError: the network has a layer that cannot be trained here.
        ValueError: inputs of another type or shape.
    """
    topology(arch)
    if x.dtype != np.int8 or x.shape[1:] != arch.input_shape[1:]:
        raise ValueError(
            f"{arch.name} takes int8 (n, {arch.input_shape[1:]}), not {x.dtype} {x.shape}"
        )
    largest = max(int(np.prod(shape)) for shape in arch.shapes.values())
    chunk = max(1, _CHUNK_BYTES // (8 * largest))
    network = _Network(arch, parameters, requantize_once if litert_dense else requantize)
    parts = [network.run(x[i : i + chunk]) for i in range(0, len(x), chunk)]
    return np.concatenate(parts) if parts else np.zeros((0, *arch.shapes[arch.output][1:]), np.int8)


class _Network:
    def __init__(self, arch: ArchSpec, parameters: Parameters, dense_rescale: Rescale) -> None:
        self._arch = arch
        self._parameters = parameters
        self._dense_rescale = dense_rescale

    def run(self, x: Array) -> Array:
        values = {INPUT: x}
        for node in self._arch.nodes:
            values[node.name] = self._node(node, values).astype(np.int8)
        return values[self._arch.output]

    def _node(self, node: Node, values: dict[str, Array]) -> Array:
        layer = node.layer
        x = values[node.inputs[0]]
        if isinstance(layer, Conv2D | DepthwiseConv2D | Dense):
            return self._weighted(node, x)
        if isinstance(layer, Elementwise):
            return self._add(node, x, values[node.inputs[1]])
        if isinstance(layer, Pool2D):
            return _pool(layer, x)
        if isinstance(layer, PadChannels):
            zero = self._parameters.quants[node.name].zero_point
            more = layer.channels - x.shape[3]
            return np.pad(x, [(0, 0)] * 3 + [(0, more)], constant_values=zero)
        if isinstance(layer, Reshape):
            return x.reshape(len(x), *self._arch.shapes[node.name][1:])
        assert isinstance(layer, Nonlinearity)
        multiplier, diff_min = softmax_multiplier(
            1.0, self._parameters.quants[node.inputs[0]].scale
        )
        return softmax(x.astype(np.int64), multiplier.significand, multiplier.shift, diff_min)

    def _weighted(self, node: Node, x: Array) -> Array:
        layer = node.layer
        weights = self._parameters.weights[node.name]
        assert isinstance(weights, Weights)
        source, output = (self._parameters.quants[n] for n in (node.inputs[0], node.name))
        centred = x.astype(np.float32) - source.zero_point
        rescale: Rescale = requantize
        if isinstance(layer, Dense):
            sums = arithmetic.dense(centred, weights.values)
            rescale = self._dense_rescale
        elif isinstance(layer, Conv2D):
            sums = arithmetic.convolution(centred, weights.values, layer.stride, layer.padding)
        else:
            assert isinstance(layer, DepthwiseConv2D)
            sums = arithmetic.depthwise(centred, weights.values, layer.stride, layer.padding)
        acc = sums.astype(np.int64)
        if weights.bias is not None:
            acc += weights.bias
        factors = [
            quantize_multiplier(source.scale * float(s) / output.scale) for s in weights.scales
        ]
        scaled = rescale(acc, *_columns(factors))
        return _within(scaled, output, layer.activation)

    def _add(self, node: Node, x: Array, y: Array) -> Array:
        assert isinstance(node.layer, Elementwise)
        output = self._parameters.quants[node.name]
        quants = [self._parameters.quants[name] for name in node.inputs]
        common = 2 * max(quant.scale for quant in quants)
        total: Ints = np.zeros(x.shape, np.int64)
        for values, quant in zip((x, y), quants, strict=True):
            factor = quantize_multiplier_below_one(quant.scale / common)
            raised = (values.astype(np.int64) - quant.zero_point) << _ADD_LEFT_SHIFT
            total += requantize(raised, factor.significand, factor.shift)
        factor = quantize_multiplier_below_one(common / ((1 << _ADD_LEFT_SHIFT) * output.scale))
        scaled = requantize(total, factor.significand, factor.shift)
        return _within(scaled, output, node.layer.activation)


def _columns(factors: list[Multiplier]) -> tuple[Ints, Ints]:
    return (
        np.array([f.significand for f in factors], np.int64),
        np.array([f.shift for f in factors], np.int64),
    )


def _within(scaled: Ints, output: Quant, activation: Activation) -> Array:
    low, high = activation_range(activation, "INT8", np.float32(output.scale), output.zero_point)
    return np.asarray(np.clip(scaled + output.zero_point, low, high))


def _pool(layer: Pool2D, x: Array) -> Array:
    """Maxima, or means of what lies inside, halves away from zero."""
    shape = (1, *x.shape[1:])
    size, stride = layer.window(shape)
    left, right, top, bottom = border(shape, size, stride, layer.padding)
    edges = [(0, 0), (top, bottom), (left, right), (0, 0)]
    if layer.kind == "MAX":
        return np.asarray(
            _windows(np.pad(x, edges, constant_values=-128), size, stride).max((4, 5))
        )
    sums = _windows(np.pad(x.astype(np.int64), edges), size, stride).sum((4, 5))
    inside = np.pad(np.ones((1, *x.shape[1:3], 1), np.int64), edges)
    count = _windows(inside, size, stride).sum((4, 5))
    return np.asarray(np.sign(sums) * ((np.abs(sums) + count // 2) // count))


def _windows(x: Array, size: Pair, stride: Pair) -> Array:
    views = np.lib.stride_tricks.sliding_window_view(x, size, axis=(1, 2))
    return np.asarray(views[:, :: stride[0], :: stride[1]])
