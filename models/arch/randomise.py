"""Random but sane parameters for an ArchSpec, by seed: for measuring time, and for tests.

Weights are uniform; every layer's scales and biases come from the integer accumulators of random
inputs, in the manner of a folded batch normalisation: each channel centred and spread alike, each
activation over the whole int8 range. So no layer saturates, and outputs depend on inputs. The same
seed gives the same parameters on every machine: RandomState's stream is frozen, sums are exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.arch import arithmetic
from models.arch.layers import (
    Activation,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Elementwise,
    Lstm,
    Nonlinearity,
    PadChannels,
    Pool2D,
    Reshape,
)
from models.arch.lstm import random_lstm
from models.arch.parameters import Array, LstmWeights, Parameters, Quant, Weights
from models.arch.spec import INPUT, ArchSpec, Node

Distribution = Literal["uniform", "normal"]
_INPUTS = 8
_INPUT_QUANT = Quant(1 / 64, 0)
_SOFTMAX_QUANT = Quant(1 / 256, -128)
_TANH_QUANT = Quant(1 / 128, 0)
_CLIPPING_GAIN = 2.0
"""Of layers with RELU6, so that some values pass 6."""
_DEVIATION = 36.0
"""Of normal weights: the largest of some hundred lies at 127 or so, as after quantisation by channel."""
_DEAD_BIAS = 1 << 30
"""What TensorFlow's converter leaves of the bias of a channel whose weights have all become zero."""


@dataclass(frozen=True)
class _Value:
    """Activations of the calibration inputs.

    Attributes:
        centred: q - zero point, whole numbers, (inputs, ...).
        quant: the tensor's.
        dead: channels that do not depend on the input, (channels,); None for none.
    """

    centred: Array
    quant: Quant
    dead: Array | None = None

    @property
    def real(self) -> Array:
        return self.centred.astype(np.float64) * self.quant.scale


def random_parameters(
    arch: ArchSpec,
    seed: int = 0,
    dead_channels: Mapping[str, int] | None = None,
    weights: Distribution = "uniform",
) -> Parameters:
    """Return parameters for every layer.

    Args:
        arch: the network.
        seed: 0 ... 2^32 - 1.
        dead_channels: how many channels of which Conv2D do not depend on the input. As in networks
            whose training drove them out: all weights 0, a bias of +-2^30 with a tiny scale (so the
            output is constant, mostly 0), and zeros where the next Conv2D reads such a channel.
        weights: of convolutions. "normal" is nearer to trained ones, whose sums are smaller: kernels that
            pack two sums into a word must leave large uniform layers to slower ones.

    Raises:
        ValueError: dead channels where there is no Conv2D of more channels, or no such seed.
    """
    return _Randomiser(arch, seed, dead_channels or {}, weights).run()


class _Randomiser:
    def __init__(
        self, arch: ArchSpec, seed: int, dead_channels: Mapping[str, int], weights: Distribution
    ) -> None:
        if not 0 <= seed < 1 << 32:
            raise ValueError(f"seed {seed}: 0 to {(1 << 32) - 1}")
        wide = {n.name: n.layer.channels for n in arch.nodes if isinstance(n.layer, Conv2D)}
        for name, count in dead_channels.items():
            if not 0 <= count < wide.get(name, 0):
                raise ValueError(f"{arch.name}: no convolution '{name}' of over {count} channels")
        self._arch = arch
        self._dead_channels = dead_channels
        self._distribution = weights
        self._random = np.random.RandomState(seed)
        self._values: dict[str, _Value] = {}
        self._weights: dict[str, Weights | LstmWeights] = {}
        # A bias has the scale of the input: layers that share one need inputs of equal scale. They are
        # the states of recurrent cells, within -1 ... 1.
        sharing = {n.shares for n in arch.nodes if n.shares}
        self._unit_range = {n.inputs[0] for n in arch.nodes if n.shares or n.name in sharing}

    def run(self) -> Parameters:
        shape = (_INPUTS, *self._arch.input_shape)
        pixels = self._integers(-128, 128, shape)
        self._values[INPUT] = _Value(pixels.astype(np.float32), _INPUT_QUANT)
        for node in self._arch.nodes:
            self._values[node.name] = self._node(node)
        return Parameters({k: v.quant for k, v in self._values.items()}, self._weights)

    def _node(self, node: Node) -> _Value:
        layer = node.layer
        x = self._values[node.inputs[0]]
        if isinstance(layer, Conv2D | DepthwiseConv2D):
            return self._convolution(node, x)
        if isinstance(layer, Dense):
            return self._dense(node, layer, x)
        if isinstance(layer, Lstm):
            weights, hidden = random_lstm(layer.units, x.real[:, 0], x.quant, self._random)
            self._weights[node.name] = weights
            return _quantised(hidden[:, None], _TANH_QUANT)
        if isinstance(layer, Elementwise):
            fixed = _TANH_QUANT if node.name in self._unit_range else None
            return _elementwise(layer, x, self._values[node.inputs[1]], fixed)
        if isinstance(layer, Nonlinearity):
            return _nonlinearity(layer, x)
        if isinstance(layer, Pool2D):
            return _pool(layer, x)
        if isinstance(layer, Reshape):
            shape = self._arch.shapes[node.name]
            return _Value(x.centred.reshape(_INPUTS, *shape), x.quant)
        if isinstance(layer, PadChannels):
            more = layer.channels - x.centred.shape[-1]
            return _Value(np.pad(x.centred, [(0, 0)] * 4 + [(0, more)]), x.quant)
        box = [slice(b, b + n) for b, n in zip(layer.begin, layer.size, strict=True)]
        where = (slice(None), *box)
        return _Value(x.centred[where], x.quant)

    def _convolution(self, node: Node, x: _Value) -> _Value:
        layer = node.layer
        assert isinstance(layer, Conv2D | DepthwiseConv2D)
        maps = x.centred[:, 0]
        if isinstance(layer, Conv2D):
            values = self._filters((layer.channels, *layer.kernel, maps.shape[3]))
            dead = self._choose_dead(node.name, layer.channels)
            if x.dead is not None:
                values[:, :, :, x.dead] = 0
            if dead is not None:
                values[dead] = 0
            sums = arithmetic.convolution(maps, values, layer.stride, layer.padding)
            frozen = dead
        else:
            values = self._filters((1, *layer.kernel, maps.shape[3]))
            sums = arithmetic.depthwise(maps, values, layer.stride, layer.padding)
            dead, frozen = x.dead, None
        gain = _CLIPPING_GAIN if layer.activation == "RELU6" else 1.0
        bias, scales = self._normalise(sums, x.quant, gain, dead)
        real = (sums + bias) * (x.quant.scale * scales)
        live = real if frozen is None else real[..., ~frozen]
        quant = _quant_of(live, layer.activation)
        if frozen is not None:
            self._freeze(frozen, bias, scales, x.quant, quant)
            real[..., frozen] = bias[frozen] * (x.quant.scale * scales[frozen].astype(np.float64))
        self._weights[node.name] = Weights(values, scales, bias.astype(np.int32))
        return _quantised(real[:, None], quant, dead)

    def _dense(self, node: Node, layer: Dense, x: _Value) -> _Value:
        rows = x.centred[:, :, :]
        if node.shares:
            weights = self._weights[node.shares]
            assert isinstance(weights, Weights)
            sums = arithmetic.dense(rows, weights.values)
            bias = np.zeros(1) if weights.bias is None else weights.bias
            real = (sums + bias) * (x.quant.scale * weights.scales.astype(np.float64))
            return _quantised(real, _quant_of(real, layer.activation))
        values = self._integers(-127, 128, (layer.units, rows.shape[2]))
        sums = arithmetic.dense(rows, values)
        bias, per_unit = self._normalise(sums, x.quant, 2.0, None)
        # One scale for all units: the middle one.
        scales = np.sort(per_unit)[[len(per_unit) // 2]]
        if not layer.bias:
            bias = np.zeros(layer.units)
        real = (sums + bias) * (x.quant.scale * scales.astype(np.float64))
        kept = bias.astype(np.int32) if layer.bias else None
        self._weights[node.name] = Weights(values, scales, kept)
        return _quantised(real, _quant_of(real, layer.activation))

    def _normalise(
        self, sums: Array, source: Quant, gain: float, dead: Array | None
    ) -> tuple[Array, Array]:
        """Return biases (whole, float64) and weight scales (float32), one per channel of `sums`.

        The mean of a channel's absolute deviation becomes about `gain`.
        """
        flat = sums.reshape(-1, sums.shape[-1])
        means = np.rint(flat.sum(0, dtype=np.float64) / len(flat))
        spread = np.abs(flat - means.astype(flat.dtype)).sum(0, dtype=np.float64) / len(flat)
        spread = np.maximum(spread, 1.0)
        if dead is not None and not dead.all():
            spread[dead] = np.sort(spread[~dead])[int((~dead).sum()) // 2]
        count = len(spread)
        gains = gain * (0.5 + self._random.random_sample(count))
        shifts = self._random.random_sample(count) - 0.5
        scales = (gains / (spread * source.scale)).astype(np.float32)
        return np.rint(shifts * spread - means), scales

    def _choose_dead(self, name: str, channels: int) -> Array | None:
        count = self._dead_channels.get(name, 0)
        if not count:
            return None
        mask = np.zeros(channels, bool)
        mask[self._random.permutation(channels)[:count]] = True
        return mask

    def _freeze(
        self, dead: Array, bias: Array, scales: Array, source: Quant, output: Quant
    ) -> None:
        """Give dead channels their constant: one in four up to 16 quanta, the others negative."""
        count = int(dead.sum())
        quanta = 0.01 + 16 * self._random.random_sample(count) ** 2
        sign = np.where(self._random.random_sample(count) < 0.25, 1, -1)
        bias[dead] = sign * _DEAD_BIAS
        scales[dead] = quanta * output.scale / (source.scale * _DEAD_BIAS)

    def _filters(self, shape: tuple[int, ...]) -> Array:
        if self._distribution == "uniform":
            return self._integers(-127, 128, shape)
        drawn = np.rint(_DEVIATION * self._random.standard_normal(shape))
        return np.clip(drawn, -127, 127).astype(np.int8)

    def _integers(self, low: int, high: int, shape: tuple[int, ...]) -> Array:
        return self._random.randint(low, high, shape, dtype=np.int8)


def _quant_of(real: Array, activation: Activation) -> Quant:
    """The quantisation that spends the int8 range on these values; zero is exact."""
    high = max(float(real.max()), 0.0)
    if activation == "NONE":
        low = min(float(real.min()), 0.0)
        scale = float(np.float32(max(high - low, 1e-6) / 255))
        return Quant(scale, int(np.clip(np.rint(-128 - low / scale), -128, 127)))
    return Quant(max(min(high, 6.0) if activation == "RELU6" else high, 1e-6) / 255, -128)


def _quantised(real: Array, quant: Quant, dead: Array | None = None) -> _Value:
    q = np.rint(real / quant.scale)
    centred = np.clip(q, -128 - quant.zero_point, 127 - quant.zero_point).astype(np.float32)
    return _Value(centred, quant, dead)


def _elementwise(layer: Elementwise, x: _Value, y: _Value, fixed: Quant | None) -> _Value:
    joined = {"ADD": np.add, "SUB": np.subtract, "MUL": np.multiply}[layer.kind]
    real = joined(x.real, y.real)
    return _quantised(real, fixed or _quant_of(real, layer.activation))


def _nonlinearity(layer: Nonlinearity, x: _Value) -> _Value:
    if layer.kind == "TANH":
        return _quantised(np.tanh(x.real), _TANH_QUANT)
    if layer.kind == "LOGISTIC":
        return _quantised(1 / (1 + np.exp(-x.real)), _SOFTMAX_QUANT)
    powers = np.exp(x.real - x.real.max(-1, keepdims=True))
    return _quantised(powers / powers.sum(-1, keepdims=True), _SOFTMAX_QUANT)


def _pool(layer: Pool2D, x: _Value) -> _Value:
    maps = x.centred[:, 0]
    size, stride = layer.window(x.centred.shape[1:])
    if layer.kind == "AVERAGE" and size == maps.shape[1:3]:
        return _Value(np.rint(maps.mean((1, 2), dtype=np.float64, keepdims=True))[:, None], x.quant)
    if layer.padding == "SAME":
        extents = tuple(-(-n // s) for n, s in zip(maps.shape[1:3], stride, strict=True))
        need = [
            max((e - 1) * s + k - n, 0)
            for e, s, k, n in zip(extents, stride, size, maps.shape[1:3], strict=True)
        ]
        maps = np.pad(maps, [(0, 0), *((t // 2, t - t // 2) for t in need), (0, 0)], mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(maps, size, axis=(1, 2))
    windows = windows[:, :: stride[0], :: stride[1]]
    pooled = windows.max((4, 5)) if layer.kind == "MAX" else np.rint(windows.mean((4, 5)))
    return _Value(pooled[:, None], x.quant)
