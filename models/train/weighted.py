"""A layer with weights, with the batch normalisation that follows it in training."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.arch.layers import Conv2D, Dense, DepthwiseConv2D, Shape
from models.train.quantiser import (
    fake_biases,
    fake_weights,
    weight_scales,
    whole_biases,
    whole_weights,
)
from models.train.topology import Weighted
from models.train.windows import border, convolve

_EPSILON = 1e-3
_MOMENTUM = 0.1


@dataclass(frozen=True)
class WholeWeights:
    """Quantised weights, whole numbers in floating point.

    Attributes:
        values: (channels, ...), -127 ... 127.
        scales: (channels,), or (1,) of a Dense.
        bias: (channels,), None where the layer has none.
    """

    values: Tensor
    scales: Tensor
    bias: Tensor | None


class WeightedLayer(nn.Module):
    """Conv2D, DepthwiseConv2D or Dense, without its activation.

    In floating point a batch normalisation follows, in training by the statistics of the batch until these are
    frozen (Krishnamoorthi, arXiv 1806.08342, section 3.2.2). Quantised, the normalisation is folded into weights
    and bias with its running statistics. Its gain and shift go on being trained.
    """

    def __init__(
        self, layer: Weighted, shape: Shape, normalised: bool, random: torch.Generator
    ) -> None:
        """Weights by He et al., arXiv 1502.01852; `shape` is the input's, (1, ...)."""
        super().__init__()
        self.layer = layer
        self._edges = (0, 0, 0, 0)
        if isinstance(layer, Dense):
            dims: tuple[int, ...] = (layer.units, shape[1])
        elif isinstance(layer, Conv2D):
            dims = (layer.channels, shape[3], *layer.kernel)
        else:
            dims = (shape[3], 1, *layer.kernel)
        if not isinstance(layer, Dense):
            self._edges = border(shape, layer.kernel, layer.stride, layer.padding)
        self._groups = shape[3] if isinstance(layer, DepthwiseConv2D) else 1
        deviation = math.sqrt(2.0 / math.prod(dims[1:]))
        self.weight = nn.Parameter(torch.randn(dims, generator=random) * deviation)
        self.norm: nn.BatchNorm1d | nn.BatchNorm2d | None = None
        self.bias: nn.Parameter | None = None
        if normalised:
            kind = nn.BatchNorm1d if isinstance(layer, Dense) else nn.BatchNorm2d
            self.norm = kind(dims[0], eps=_EPSILON, momentum=_MOMENTUM)
        elif not isinstance(layer, Dense) or layer.bias:
            self.bias = nn.Parameter(torch.zeros(dims[0]))

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) or (n, features) -> the same of the output, in floating point."""
        y = self._linear(x, self.weight, self.bias)
        return y if self.norm is None else self.norm(y)

    def quantised(self, x: Tensor, source: Tensor) -> Tensor:
        """The same with quantised weights and bias; `source` is the scale of x, ()."""
        weight, bias = self.folded()
        scales = weight_scales(weight, bias, source, self._per_channel)
        if bias is not None:
            bias = fake_biases(bias, scales, source)
        return self._linear(x, fake_weights(weight, scales), bias)

    @torch.no_grad()
    def whole(self, source: Tensor) -> WholeWeights:
        """Return the numbers that `quantised` computes with."""
        weight, bias = self.folded()
        scales = weight_scales(weight, bias, source, self._per_channel)
        whole = None if bias is None else whole_biases(bias, scales, source)
        return WholeWeights(whole_weights(weight, scales), scales, whole)

    def largest_weight(self) -> Tensor:
        """Return the largest magnitude of the folded weights, ()."""
        return self.folded()[0].abs().amax()

    def folded(self) -> tuple[Tensor, Tensor | None]:
        """Return weights and bias with the normalisation by its running statistics in them."""
        norm = self.norm
        if norm is None:
            return self.weight, self.bias
        assert norm.running_mean is not None and norm.running_var is not None
        gain = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
        column = gain.view(-1, *(1,) * (self.weight.dim() - 1))
        return self.weight * column, norm.bias - norm.running_mean * gain

    @property
    def _per_channel(self) -> bool:
        return not isinstance(self.layer, Dense)

    def _linear(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if isinstance(self.layer, Dense):
            return F.linear(x, weight, bias)
        return convolve(x, weight, bias, self.layer.stride, self._edges, self._groups)
