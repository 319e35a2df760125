"""Kernel set `fast` for cores without SIMD (firmware/kernels/fast/scalar): its steps and its weights.

Left to the reference kernels: grouped convolutions, filters with a zero point, filters with two weights
of -128 side by side, and everything that is not int8.
"""

from __future__ import annotations

import enum

import numpy as np
import numpy.typing as npt

from harness.engines.plan.graph import Graph
from harness.engines.plan.kernels.packing import (
    Integers,
    Weights,
    constant,
    factors,
    folded_bias,
    is_pointwise,
    with_scratch,
    wrapped,
)
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import (
    Conv2DParams,
    DepthwiseConv2DParams,
    FullyConnectedParams,
)
from harness.engines.plan.program import ConstOperand, Step

GROUP = 4
"""Filters of a group, and weights of a quad (firmware/kernels/fast/scalar/filters.h)."""
ROWS = 4
"""Pixels that are computed together."""
ROWS_QUAD_BYTES = 32
"""Four activations of each of them, laid out (firmware/kernels/fast/scalar/tile.h)."""
MASKED_QUAD_BYTES = 24
"""Four activations of a fully connected layer, laid out."""
POINTER_BYTES = 8
"""Of any target: plans know only the kind of core."""
PART = 255
"""Magnitudes of weights whose products with any activations add up to 16 bits."""
MAX_SHIFT = 22
"""Right shifts up to which zero point and half fit 30 bits."""
SUM_LIMIT = 2**29


class Finish(enum.IntEnum):
    """`th_scalar_finish`."""

    QUICK = 0
    ANY = 1


def conv_2d(step: Step, graph: Graph) -> Step | None:
    """CONV_2D_S8, not grouped."""
    params = step.params
    assert isinstance(params, Conv2DParams)
    if params.filter_depth != params.input_depth:
        return None
    filters = constant(step.operands[2], graph).reshape(params.output_depth, -1)
    packed = _pack(step, graph, filters)
    if packed is None:
        return None
    rows_bytes = ROWS_QUAD_BYTES * _quads(filters.shape[1])
    if is_pointwise(params):
        in_place = params.output_depth <= params.input_depth
        return with_scratch(step, Opcode.SCALAR_CONV_1X1_S8, rows_bytes, packed, in_place=in_place)
    line_bytes = params.filter_width * params.input_depth
    return with_scratch(step, Opcode.SCALAR_CONV_2D_S8, rows_bytes + ROWS * line_bytes, packed)


def fully_connected(step: Step, graph: Graph) -> Step | None:
    """FULLY_CONNECTED_S8 whose filter has no zero point."""
    params = step.params
    assert isinstance(params, FullyConnectedParams)
    if params.filter_offset != 0:
        return None
    filters = constant(step.operands[2], graph).reshape(params.output_depth, params.input_depth)
    packed = _pack(step, graph, filters, masked=True)
    if packed is None:
        return None
    scratch = MASKED_QUAD_BYTES * _quads(params.input_depth)
    return with_scratch(step, Opcode.SCALAR_FULLY_CONNECTED_S8, scratch, packed)


def depthwise_conv_2d(step: Step, graph: Graph) -> Step | None:
    """DEPTHWISE_CONV_2D_S8 with a depth multiplier of 1."""
    params = step.params
    assert isinstance(params, DepthwiseConv2DParams)
    if params.depth_multiplier != 1:
        return None
    taps, depth = params.filter_height * params.filter_width, params.input_depth
    weights = constant(step.operands[2], graph).reshape(taps, depth)
    bias = folded_bias(step.operands[3], graph, weights.T, params.input_offset).astype(np.int64)
    finish, constants = _finish(step, graph, bias, weights.T)
    packed = ConstOperand(pack_depthwise(weights, bias, finish, constants))
    scratch = taps * POINTER_BYTES + depth
    return with_scratch(step, Opcode.SCALAR_DEPTHWISE_CONV_2D_S8, scratch, packed)


def pack_depthwise(
    weights: Weights, bias: Integers, finish: Finish, constants: Integers
) -> npt.NDArray[np.int32]:
    """Weights as firmware/kernels/fast/scalar/depthwise.h describes.

    Args:
        weights: (taps, channels).
        bias: (channels,), input zero point folded in.
        constants: (channels, 3), what the finish takes.
    """
    taps, channels = weights.shape
    groups = -(-channels // GROUP)
    filled = np.zeros((taps, groups * GROUP), np.int8)
    filled[:, :channels] = weights
    ends = np.zeros((groups * GROUP, 4), np.int64)
    ends[:channels, 0] = bias
    ends[:channels, 1:] = constants
    turned = np.ascontiguousarray(filled.reshape(taps, groups, GROUP).transpose(1, 0, 2))
    words = turned.view("<i4").reshape(groups, taps)
    blob = np.concatenate([wrapped(ends).reshape(groups, 16), words], axis=1)
    return np.concatenate([np.array([finish], "<i4"), blob.reshape(-1)])


def pack_filters(
    filters: Weights, bias: Integers, finish: Finish, constants: Integers, *, masked: bool
) -> npt.NDArray[np.uint8] | None:
    """Filters as firmware/kernels/fast/scalar/filters.h describes, or None where a half quad is too large.

    Args:
        filters: (channels, taps).
        bias: (channels,), input zero point folded in.
        constants: (channels, 3), what the finish takes.
        masked: in the order of fully connected layers.
    """
    channels, taps = filters.shape
    groups, quads = -(-channels // GROUP), _quads(taps)
    filled = np.zeros((groups * GROUP, quads * 4), np.int8)
    filled[:channels, :taps] = filters
    magnitudes = np.abs(filled.astype(np.int64)).reshape(groups, GROUP, quads, 2, 2).sum(axis=4)
    if magnitudes.max() > PART:
        return None
    tight = magnitudes.sum(axis=3).max(axis=(1, 2)) <= PART
    ends = np.zeros((groups * GROUP, 4), np.int64)
    ends[:channels, 0] = bias
    ends[:channels, 1:] = constants
    heads = np.concatenate(
        [wrapped(ends).reshape(groups, 16), tight.astype("<i4")[:, None]], axis=1
    )
    # (group, filter, quad, tap) -> (group, quad, filter, tap) or (group, quad, tap, filter)
    turned = filled.reshape(groups, GROUP, quads, 4).transpose(0, 2, 1, 3)
    if masked:
        turned = turned[:, :, [0, 2, 1, 3]].transpose(0, 1, 3, 2) ^ np.int8(-128)
    weights = np.ascontiguousarray(turned).view(np.uint8).reshape(groups, -1)
    blob = np.concatenate([np.ascontiguousarray(heads).view(np.uint8), weights], axis=1)
    return np.concatenate([np.array([finish], "<i4").view(np.uint8), blob.reshape(-1)])


def _pack(
    step: Step, graph: Graph, filters: Weights, *, masked: bool = False
) -> ConstOperand | None:
    """The packed filters (channels, taps) of a convolution or fully connected layer."""
    params = step.params
    assert isinstance(params, Conv2DParams | FullyConnectedParams)
    bias = folded_bias(step.operands[3], graph, filters, params.input_offset).astype(np.int64)
    finish, constants = _finish(step, graph, bias, filters)
    packed = pack_filters(filters, bias, finish, constants, masked=masked)
    return None if packed is None else ConstOperand(packed.view("<i4"))


def _finish(step: Step, graph: Graph, bias: Integers, filters: Weights) -> tuple[Finish, Integers]:
    """How the sums of `filters` (channels, weights) become outputs, and each channel's constants for it."""
    params = step.params
    assert isinstance(params, Conv2DParams | DepthwiseConv2DParams | FullyConnectedParams)
    multipliers, shifts = factors(step, graph)
    right = -shifts
    worst = 128 * np.abs(filters.astype(np.int64)).sum(axis=1) + np.abs(bias)
    quick = (
        multipliers.min() >= 2**30
        and right.min() >= 1
        and right.max() <= MAX_SHIFT
        and worst.max() < SUM_LIMIT
    )
    if not quick:
        return Finish.ANY, np.stack([multipliers, shifts, np.zeros_like(shifts)], axis=1)
    moved = (1 << (right - 1)) + params.output_offset * (1 << right)
    return Finish.QUICK, np.stack([2 * multipliers - 2**32, right, moved], axis=1)


def _quads(taps: int) -> int:
    """`th_scalar_quads`."""
    return -(-taps // 4)
