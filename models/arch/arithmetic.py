"""Accumulators of the layers with weights, for a batch of inputs, exact.

Values are integers, held in floating point so that the matrix library does the work: in float32
where no sum can pass 2^24, else in float64. Exact sums do not depend on their order, so that
results are the same on every machine.
"""

from __future__ import annotations

import math

import numpy as np

from models.arch.layers import Padding, window_extents
from models.arch.parameters import Array

_LARGEST_PRODUCT = 255 * 127


def dense(x: Array, weights: Array) -> Array:
    """(n, rows, features) centred activations, (units, features) -> (n, rows, units)."""
    dtype = _exact_type(weights.shape[1])
    return np.asarray(x.astype(dtype, copy=False) @ weights.astype(dtype).T)


def convolution(x: Array, weights: Array, stride: tuple[int, int], padding: Padding) -> Array:
    """(n, h, w, c) centred activations, (channels, kh, kw, c) -> (n, h', w', channels)."""
    channels, kernel = weights.shape[0], (weights.shape[1], weights.shape[2])
    matrix = weights.reshape(channels, -1)
    if kernel == (1, 1):
        return dense(np.ascontiguousarray(x[:, :: stride[0], :: stride[1]]), matrix)
    padded, extents = _padded(x, kernel, stride, padding)
    views = [
        padded[:, i : i + (extents[0] - 1) * stride[0] + 1 : stride[0]][
            :, :, j : j + (extents[1] - 1) * stride[1] + 1 : stride[1]
        ]
        for i in range(kernel[0])
        for j in range(kernel[1])
    ]
    return dense(np.stack(views, axis=3).reshape(*views[0].shape[:3], -1), matrix)


def depthwise(x: Array, weights: Array, stride: tuple[int, int], padding: Padding) -> Array:
    """(n, h, w, c) centred activations, (1, kh, kw, c) -> (n, h', w', c)."""
    kernel = (weights.shape[1], weights.shape[2])
    dtype = _exact_type(math.prod(kernel))
    padded, extents = _padded(x.astype(dtype, copy=False), kernel, stride, padding)
    taps = weights[0].astype(dtype)
    total = np.zeros((x.shape[0], *extents, x.shape[3]), dtype)
    for i in range(kernel[0]):
        rows = padded[:, i : i + (extents[0] - 1) * stride[0] + 1 : stride[0]]
        for j in range(kernel[1]):
            total += rows[:, :, j : j + (extents[1] - 1) * stride[1] + 1 : stride[1]] * taps[i, j]
    return total


def _exact_type(terms: int) -> type[np.float32] | type[np.float64]:
    return np.float32 if terms * _LARGEST_PRODUCT < 1 << 24 else np.float64


def _padded(
    x: Array, kernel: tuple[int, int], stride: tuple[int, int], padding: Padding
) -> tuple[Array, tuple[int, int]]:
    """The map with its border of zeros, and the extents of the output."""
    extents = window_extents(x.shape, kernel, stride, padding)
    pads = [
        max((out - 1) * step + size - extent, 0)
        for out, step, size, extent in zip(extents, stride, kernel, x.shape[1:3], strict=True)
    ]
    if padding == "VALID" or not any(pads):
        return x, extents
    border = [(0, 0), *((total // 2, total - total // 2) for total in pads), (0, 0)]
    return np.pad(x, border), extents
