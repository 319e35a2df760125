"""The example model: a small int8 depthwise-separable CNN for keyword spotting, made, not trained.

For a first run without any file at hand, and for tests. Architecture after Zhang et al., "Hello
Edge: Keyword Spotting on Microcontrollers" (arXiv 1711.07128), DS-CNN, with one residual addition;
1.5 M multiply-accumulates. The weights are random but fixed; activation ranges come from a run of
the float network on random inputs, so that no layer is saturated or constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.tflite.writer import ModelBuilder

INPUT_SHAPE = (1, 49, 10, 1)
CLASSES = 12
CHANNELS = 64

_SEED = 49
_CALIBRATION_INPUTS = 16
_INPUT_LIMIT = 4.0
_LOGIT_SPREAD = 2.0

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class _Activation:
    """A tensor of the network with its float values for the calibration inputs."""

    tensor: int
    values: Array
    scale: float


def example_model() -> bytes:
    """Return the example model, a .tflite file of about 20 KB: (1, 49, 10, 1) int8 -> (1, 12) int8.

    Always the same bytes.
    """
    net = _Network()
    x = net.input()
    x = net.conv(x, "stem", kernel=(10, 4), stride=2)
    x = net.separable(x, "block1")
    y = net.separable(x, "block2")
    x = net.add(x, y, "residual")
    x = net.pool(x, "pool")
    logits = net.dense(x, "logits")
    output = net.softmax(logits, "scores")
    return net.builder.build([0], [output])


class _Network:
    """Builds the quantised model and runs its float twin side by side."""

    def __init__(self) -> None:
        self.builder = ModelBuilder("tinyhil example: DS-CNN")
        # RandomState's stream is frozen, and its uniform numbers need no math library, so that the
        # bytes are the same with every NumPy on every machine.
        self._random = np.random.RandomState(_SEED)

    def input(self) -> _Activation:
        scale = _round_scale(2 * _INPUT_LIMIT / 255)
        shape = (_CALIBRATION_INPUTS, *INPUT_SHAPE[1:])
        tensor = self.builder.tensor("input", INPUT_SHAPE, scale=scale, zero_point=0)
        return _Activation(tensor, self._uniform(shape, _INPUT_LIMIT), scale)

    def conv(
        self, x: _Activation, name: str, kernel: tuple[int, int], stride: int = 1
    ) -> _Activation:
        depth = x.values.shape[3]
        shape = (CHANNELS, *kernel, depth)
        weights, scales = self._weights(shape, axis=0, fan_in=kernel[0] * kernel[1] * depth)
        windows = _windows(x.values, kernel, stride)
        values = np.einsum("nhwcij,oijc->nhwo", windows, weights * scales[:, None, None, None])
        return self._convolution(
            "CONV_2D", x, name, weights, scales, values, axis=0, stride_w=stride, stride_h=stride
        )

    def separable(self, x: _Activation, name: str) -> _Activation:
        shape = (1, 3, 3, CHANNELS)
        weights, scales = self._weights(shape, axis=3, fan_in=9)
        windows = _windows(x.values, (3, 3), 1)
        values = np.einsum("nhwcij,ijc->nhwc", windows, weights[0] * scales)
        depthwise = self._convolution(
            "DEPTHWISE_CONV_2D",
            x,
            f"{name}/depthwise",
            weights,
            scales,
            values,
            axis=3,
            stride_w=1,
            stride_h=1,
            depth_multiplier=1,
        )
        return self.conv(depthwise, f"{name}/pointwise", kernel=(1, 1))

    def add(self, x: _Activation, y: _Activation, name: str) -> _Activation:
        output = self._activation(name, x.values + y.values)
        self.builder.operator("ADD", [x.tensor, y.tensor], [output.tensor])
        return output

    def pool(self, x: _Activation, name: str) -> _Activation:
        height, width = x.values.shape[1:3]
        tensor = self.builder.tensor(name, (1, 1, 1, CHANNELS), scale=x.scale, zero_point=-128)
        self.builder.operator(
            "AVERAGE_POOL_2D",
            [x.tensor],
            [tensor],
            padding="VALID",
            stride_w=width,
            stride_h=height,
            filter_width=width,
            filter_height=height,
        )
        flat = self.builder.tensor(f"{name}/flat", (1, CHANNELS), scale=x.scale, zero_point=-128)
        shape = self.builder.constant(f"{name}/shape", np.array([1, CHANNELS], np.int32))
        self.builder.operator("RESHAPE", [tensor, shape], [flat], new_shape=(1, CHANNELS))
        return _Activation(flat, x.values.mean((1, 2)), x.scale)

    def dense(self, x: _Activation, name: str) -> _Activation:
        random = self._uniform((CLASSES, CHANNELS), 1.0)
        spread = float((x.values @ random.T).std(0).mean())
        random *= _round_scale(_LOGIT_SPREAD / spread)
        weight_scale = _round_scale(np.abs(random).max() / 127)
        weights = np.rint(random / weight_scale).clip(-127, 127).astype(np.int8)
        values = x.values @ (weights * weight_scale).T
        # Centred, so that the class depends on the input and not on the random weights alone.
        bias_scale = x.scale * weight_scale
        bias = np.rint(-values.mean(0).round(3) / bias_scale).astype(np.int32)
        values = values + bias * bias_scale
        scale = _round_scale(2 * np.abs(values).max() / 255)
        output = self.builder.tensor(name, (1, CLASSES), scale=scale, zero_point=0)
        inputs = [
            x.tensor,
            self.builder.constant(f"{name}/weights", weights, scale=weight_scale),
            self.builder.constant(f"{name}/bias", bias, scale=bias_scale),
        ]
        self.builder.operator("FULLY_CONNECTED", inputs, [output])
        return _Activation(output, values, scale)

    def softmax(self, x: _Activation, name: str) -> int:
        output = self.builder.tensor(name, (1, CLASSES), scale=1 / 256, zero_point=-128)
        self.builder.operator("SOFTMAX", [x.tensor], [output], beta=1.0)
        return output

    def _convolution(
        self,
        kind: str,
        x: _Activation,
        name: str,
        weights: Array,
        scales: Array,
        values: Array,
        axis: int,
        **options: Any,
    ) -> _Activation:
        """A convolution with ReLU: `values` is its float result without bias."""
        bias_scales = x.scale * scales
        spread = float(values.std())
        bias = np.rint(self._uniform((CHANNELS,), 0.5) * _round_scale(spread) / bias_scales)
        values = np.maximum(values + bias * bias_scales, 0)
        output = self._activation(name, values)
        inputs = [
            x.tensor,
            self.builder.constant(f"{name}/weights", weights, scale=scales, axis=axis),
            self.builder.constant(f"{name}/bias", bias.astype(np.int32), scale=bias_scales),
        ]
        self.builder.operator(
            kind,
            inputs,
            [output.tensor],
            padding="SAME",
            fused_activation_function="RELU",
            **options,
        )
        return output

    def _activation(self, name: str, values: Array) -> _Activation:
        """A tensor of values >= 0 that uses the whole int8 range."""
        scale = _round_scale(values.max() / 255)
        tensor = self.builder.tensor(name, (1, *values.shape[1:]), scale=scale, zero_point=-128)
        return _Activation(tensor, values, scale)

    def _weights(self, shape: tuple[int, ...], axis: int, fan_in: int) -> tuple[Array, Array]:
        """Random int8 weights and their scale for each index of `axis` (He initialisation)."""
        values = self._uniform(shape, (6 / fan_in) ** 0.5)
        others = tuple(i for i in range(len(shape)) if i != axis)
        scales = (np.abs(values).max(others) / 127).astype(np.float32).astype(np.float64)
        along = scales.reshape([-1 if i == axis else 1 for i in range(len(shape))])
        return np.rint(values / along).clip(-127, 127).astype(np.int8), scales

    def _uniform(self, shape: tuple[int, ...], limit: float) -> Array:
        return (self._random.random_sample(shape) * 2 - 1) * limit


def _windows(x: Array, kernel: tuple[int, int], stride: int) -> Array:
    """SAME-padded windows: (n, h, w, c) -> (n, h', w', c, kernel height, kernel width)."""
    pads = []
    for size, extent in zip(x.shape[1:3], kernel, strict=True):
        total = max((-(-size // stride) - 1) * stride + extent - size, 0)
        pads.append((total // 2, total - total // 2))
    padded = np.pad(x, ((0, 0), *pads, (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(1, 2))
    return windows[:, ::stride, ::stride]


def _round_scale(value: float) -> float:
    """Four significant digits, as float32: sums differ in their last bits between machines."""
    return float(np.float32(f"{float(value):.4g}"))
