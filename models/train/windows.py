"""Convolution and pooling windows with TensorFlow's padding, on (n, channels, height, width)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from models.arch.layers import Padding, Pool2D, window_extents

Pair = tuple[int, int]
Border = tuple[int, int, int, int]


def border(shape: tuple[int, ...], kernel: Pair, stride: Pair, padding: Padding) -> Border:
    """Return what "SAME" adds left, right, above and below a map (1, h, w, c): less before than behind."""
    if padding == "VALID":
        return (0, 0, 0, 0)
    extents = window_extents(shape, kernel, stride, padding)
    high, wide = (
        max((out - 1) * step + size - extent, 0)
        for out, step, size, extent in zip(extents, stride, kernel, shape[1:3], strict=True)
    )
    return (wide // 2, wide - wide // 2, high // 2, high - high // 2)


def convolve(
    x: Tensor, weight: Tensor, bias: Tensor | None, stride: Pair, edges: Border, groups: int
) -> Tensor:
    """Convolution; the padding goes along where it is the same on both sides."""
    if x.shape[1] == 1 and stride[0] != stride[1]:
        # oneDNN in PyTorch 2.13 reads past the end of such maps; not so with a channel of zeros.
        x, weight = (F.pad(t, (0, 0, 0, 0, 0, 1)) for t in (x, weight))
    left, right, top, bottom = edges
    if left == right and top == bottom:
        return F.conv2d(x, weight, bias, stride, (top, left), groups=groups)
    return F.conv2d(F.pad(x, edges), weight, bias, stride, groups=groups)


def pool(x: Tensor, layer: Pool2D, shape: tuple[int, ...]) -> Tensor:
    """Pool maps whose shape in the network is (1, h, w, c); averages are of what lies inside."""
    size, stride = layer.window(shape)
    edges = border(shape, size, stride, layer.padding)
    if layer.kind == "MAX":
        padded = F.pad(x, edges, value=float("-inf")) if any(edges) else x
        return F.max_pool2d(padded, size, stride)
    if size == shape[1:3] and not any(edges):
        return x.mean((2, 3), keepdim=True)
    if not any(edges):
        return F.avg_pool2d(x, size, stride)
    ones = torch.ones((1, 1, *shape[1:3]), dtype=x.dtype, device=x.device)
    inside = F.avg_pool2d(F.pad(ones, edges), size, stride)
    return F.avg_pool2d(F.pad(x, edges), size, stride) / inside
