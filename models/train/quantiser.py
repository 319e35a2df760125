"""Fake quantisation: what int8 leaves of a tensor, in floating point, with gradients.

Activations have learned ranges. Within a range the gradient passes straight through the rounding
(Bengio et al., arXiv 1308.3432); the gradient of the scale is that of LSQ (Esser et al., arXiv
1902.08153), which outside of the range becomes that of a learned clip (PACT: Choi et al., arXiv
1805.06085). The ends are learned as logarithms, so that a step is a share of the range (TQT: Jain
et al., arXiv 1903.08066). Weights have a scale per output channel from their largest magnitude.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

LOWEST, HIGHEST = -128, 127
LARGEST_WEIGHT = 127
"""Weights lie in -127 ... 127, as TensorFlow Lite's 8-bit specification says."""
_LARGEST_BIAS = 2.0**30
"""Leaves a sum of products below 2^30 within 32 bits."""
_SMALLEST_SCALE = 1e-12
_TIE = 1e-4
"""More than floating point is off, less than what lies between means of 5,000 values."""


class _FakeQuantise(torch.autograd.Function):
    """int8 with a scale and a zero point, back to floating point."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, zero_point: Tensor) -> Tensor:
        """Any shape, (), () -> the shape of x."""
        with torch.no_grad():
            y = torch.fake_quantize_per_tensor_affine(
                x, scale, zero_point.to(torch.int32), LOWEST, HIGHEST
            )
        ctx.save_for_backward(x, y, scale, zero_point)
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Clipped: y = (q - zero point) * scale with q fixed. Else y = x + rounding error."""
        (gradient,) = gradients
        x, y, scale, zero_point = ctx.saved_tensors
        low = (LOWEST - 0.5 - zero_point) * scale
        high = (HIGHEST + 0.5 - zero_point) * scale
        inner = gradient * ((x >= low) & (x <= high))
        to_scale = ((gradient * y).sum() - (inner * x).sum()) / scale
        to_zero_point = (inner.sum() - gradient.sum()) * scale
        return inner, to_scale, to_zero_point


def fake_quantise(x: Tensor, scale: Tensor, zero_point: Tensor) -> Tensor:
    """int8 with a scale, (), and a whole zero point, (), and back; of any shape, with gradients to all three."""
    y = _FakeQuantise.apply(x, scale, zero_point)  # type: ignore[no-untyped-call]
    assert isinstance(y, Tensor)
    return y


def round_through(x: Tensor) -> Tensor:
    """Round; the gradient passes."""
    return x + (x.round() - x).detach()


def round_average(x: Tensor, scale: Tensor, zero_point: Tensor) -> Tensor:
    """Round means of int8 to int8, halves away from zero as AVERAGE_POOL_2D does; the gradient passes.

    Means of few values lie half-way often, so that this is not the quantiser's rounding.
    """
    with torch.no_grad():
        q = x / scale + zero_point
        whole = q.sign() * (q.abs() + (0.5 + _TIE)).floor()
        error = (whole - zero_point) * scale - x
    return x + error


def scales_and_zero_points(low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    """Of the ranges low <= 0 <= high: float32 scales and whole zero points, each of their shape."""
    scale = (high - low) / (HIGHEST - LOWEST)
    return scale, round_through(LOWEST - low / scale).clamp(LOWEST, HIGHEST)


def weight_scales(weight: Tensor, bias: Tensor | None, source: Tensor, per_channel: bool) -> Tensor:
    """Scales of weights (channels, ...): (channels,), or (1,).

    Where weights are so small that the bias in units of (source scale x weight scale) would leave
    31 bits, the scale grows, as TensorFlow's converter lets it.
    """
    with torch.no_grad():
        largest = weight.abs().flatten(1).amax(1)
        scales = (largest / LARGEST_WEIGHT).clamp(min=_SMALLEST_SCALE)
        if bias is not None:
            scales = torch.maximum(scales, bias.abs() / (source * _LARGEST_BIAS))
        return scales if per_channel else scales.amax(0, keepdim=True)


def whole_weights(weight: Tensor, scales: Tensor) -> Tensor:
    """Weights (channels, ...) in units of their scales, whole numbers in -127 ... 127."""
    column = scales.view(-1, *(1,) * (weight.dim() - 1))
    return (weight / column).round().clamp(-LARGEST_WEIGHT, LARGEST_WEIGHT)


def fake_weights(weight: Tensor, scales: Tensor) -> Tensor:
    """What quantisation leaves of weights; the gradient passes."""
    with torch.no_grad():
        column = scales.view(-1, *(1,) * (weight.dim() - 1))
        error = whole_weights(weight, scales) * column - weight
    return weight + error


def whole_biases(bias: Tensor, scales: Tensor, source: Tensor) -> Tensor:
    """Biases (channels,) in units of (source scale x weight scale), whole numbers."""
    return (bias / (source * scales)).round().clamp(-_LARGEST_BIAS, _LARGEST_BIAS)


def fake_biases(bias: Tensor, scales: Tensor, source: Tensor) -> Tensor:
    """What quantisation leaves of biases; the gradient passes."""
    with torch.no_grad():
        error = whole_biases(bias, scales, source) * (source * scales) - bias
    return bias + error
