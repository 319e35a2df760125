"""Kernel set `fast` for cores with the DSP extension (firmware/kernels/fast/dsp): its steps and its weights.

Left to the reference kernels: grouped convolutions, filters with a zero point, depth multipliers other
than 1, pairs of filters that cannot be packed (rows.h), and everything that is not int8.
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
"""Filters that are computed together."""
POINTER_BYTES = 4
MAX_SHIFT = 22
"""Right shifts up to which zero point and half fit below an accumulator of 24 bits."""
BLOCKS_BYTES = 1024
"""Of firmware/kernels/fast/dsp/rows.h."""
PLANES_BYTES, PLANE_PAIR_BYTES, PLANES_PAST = 4096, 16, 64
"""Of firmware/kernels/fast/dsp/planes.h and strip.h."""
SUM_LIMIT = 2**23
"""Sums of the even filter of a pair are below it."""


class Finish(enum.IntEnum):
    """`th_dsp_finish`."""

    RELU = 0
    LINEAR = 1
    ANY = 2


def conv_2d(step: Step, graph: Graph) -> Step | None:
    """CONV_2D_S8, not grouped."""
    params = step.params
    assert isinstance(params, Conv2DParams)
    if params.filter_depth != params.input_depth:
        return None
    depth, lines, taps = params.input_depth, params.filter_height, params.filter_width
    runs = [taps * depth] * lines if params.dilation_width == 1 else [depth] * (lines * taps)
    filters = constant(step.operands[2], graph).reshape(params.output_depth, -1)
    packed = _pack(step, graph, filters, runs)
    if packed is None:
        return None
    pixels = params.batches * params.output_height * params.output_width
    blocks = blocks_bytes(sum(_pairs(run) for run in runs), pixels)
    if is_pointwise(params):
        return with_scratch(
            step, Opcode.DSP_CONV_1X1_S8, blocks, packed, in_place=params.output_depth <= depth
        )
    kept = _kept_lines(params)
    scratch = POINTER_BYTES * lines + blocks + taps * depth + kept * params.input_width * depth
    return with_scratch(step, Opcode.DSP_CONV_2D_S8, scratch, packed, in_place=kept > 0)


def fully_connected(step: Step, graph: Graph) -> Step | None:
    """FULLY_CONNECTED_S8 whose filter has no zero point."""
    params = step.params
    assert isinstance(params, FullyConnectedParams)
    if params.filter_offset != 0:
        return None
    filters = constant(step.operands[2], graph).reshape(params.output_depth, params.input_depth)
    packed = _pack(step, graph, filters, [params.input_depth], multiple=2)
    if packed is None:
        return None
    rows = 2 if params.batches > 1 else 1
    scratch = 4 * rows * _evened(_pairs(params.input_depth))
    return with_scratch(step, Opcode.DSP_FULLY_CONNECTED_S8, scratch, packed)


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
    if finish != Finish.ANY:
        weights, bias = 2 * weights.astype(np.int16), 2 * bias
    if finish != Finish.ANY and _is_3x3(params):
        lines = pack_3x3(weights, bias, finish, constants, turned=_turned(params))
        return with_scratch(
            step,
            Opcode.DSP_DEPTHWISE_3X3_S8,
            planes_bytes(params),
            ConstOperand(lines),
            in_place=_same_shape(params),
        )
    packed = ConstOperand(pack_depthwise(weights, bias, finish, constants))
    scratch = taps * POINTER_BYTES + depth
    return with_scratch(step, Opcode.DSP_DEPTHWISE_CONV_2D_S8, scratch, packed)


def pack_groups(
    filters: Weights, bias: Integers, finish: Finish, constants: Integers
) -> npt.NDArray[np.int32] | None:
    """Filters as firmware/kernels/fast/dsp/rows.h describes, or None where two do not fit one word.

    Args:
        filters: (channels, 2 * pairs), in the order of the pairs.
        bias: (channels,), the input's zero point folded in.
        constants: (channels, 3), what the finish takes.
    """
    channels, weights = filters.shape
    groups = -(-channels // GROUP)
    filled = np.zeros((groups * GROUP, weights), np.int64)
    filled[:channels] = filters
    biases = np.zeros(groups * GROUP, np.int64)
    biases[:channels] = bias
    ends = np.zeros((groups * GROUP, 3), np.int64)
    ends[:channels] = constants

    even, odd = filled[0::2], filled[1::2]
    halves = 256 * even + odd
    low, high = _range(even, biases[0::2])
    if halves.min() < -(2**15) or low.min() < -SUM_LIMIT or high.max() >= SUM_LIMIT:
        return None
    # (group, two, pair, half) -> (group, pair, two, half)
    words = halves.astype("<i2").reshape(groups, 2, -1, 2).transpose(0, 2, 1, 3)
    blob = np.empty((groups, 16 + weights), "<i4")
    starts = np.stack([256 * biases[0::2] + biases[1::2], biases[1::2]], axis=1)
    blob[:, :4] = wrapped(starts).reshape(groups, 4)
    blob[:, 4:-12] = np.ascontiguousarray(words).view("<i4").reshape(groups, weights)
    blob[:, -12:] = wrapped(ends).reshape(groups, 12)
    return np.concatenate([np.array([finish], "<i4"), blob.reshape(-1)])


def pack_depthwise(
    weights: npt.NDArray[np.int8 | np.int16], bias: Integers, finish: Finish, constants: Integers
) -> npt.NDArray[np.int32]:
    """Weights as firmware/kernels/fast/dsp/depthwise.h describes.

    Args:
        weights: (taps, channels).
        bias: (channels,), the input's zero point folded in; doubled, as the weights, if the finish wants it.
        constants: (channels, 3), what the finish takes.
    """
    taps, channels = weights.shape
    groups = -(-channels // GROUP)
    filled = np.zeros((taps, groups * GROUP), "<i2")
    filled[:, :channels] = weights
    ends = np.zeros((groups * GROUP, 4), np.int64)
    ends[:channels, 0] = bias
    ends[:channels, 1:] = constants
    # (tap, group, half, parity) -> (group, tap, parity, half)
    halves = np.ascontiguousarray(filled.reshape(taps, groups, 2, 2).transpose(1, 0, 3, 2))
    words = halves.view("<i4").reshape(groups, 2 * taps)
    blob = np.concatenate([words, wrapped(ends).reshape(groups, 16)], axis=1)
    return np.concatenate([np.array([finish], "<i4"), blob.reshape(-1)])


def pack_3x3(
    weights: npt.NDArray[np.int8 | np.int16],
    bias: Integers,
    finish: Finish,
    constants: Integers,
    *,
    turned: bool,
) -> npt.NDArray[np.int32]:
    """Weights of 3x3 windows as firmware/kernels/fast/dsp/strip.h describes; arguments as for `pack_depthwise`."""
    channels = weights.shape[1]
    windows = weights.reshape(3, 3, channels).transpose((2, 1, 0) if turned else (2, 0, 1))
    neighbours = (
        np.ascontiguousarray(windows[:, :, [0, 1, 1, 2]], "<i2").view("<i4").reshape(channels, 6)
    )
    blob = np.concatenate([neighbours, wrapped(np.column_stack([bias, constants]))], axis=1)
    return np.concatenate([np.array([finish], "<i4"), blob.reshape(-1)])


def blocks_bytes(pairs: int, pixels: int) -> int:
    """Bytes of `th_dsp_blocks` blocks (firmware/kernels/fast/dsp/rows.h)."""
    return 8 * pairs * max(1, min(BLOCKS_BYTES // 8 // pairs, (pixels + 1) // 2))


def planes_bytes(params: DepthwiseConv2DParams) -> int:
    """`th_dsp_planes_bytes` of `th_dsp_planes_of` (firmware/kernels/fast/dsp/planes.h)."""
    stride = params.stride_height
    columns = max(params.output_height, params.output_width)
    lines = min(params.output_height, params.output_width)
    line_bytes = _pairs((columns - 1) * stride + 3) * PLANE_PAIR_BYTES
    band = min(lines, max(1, (PLANES_BYTES // line_bytes - 3) // stride + 1))
    return ((band - 1) * stride + 3) * line_bytes + PLANES_PAST


def _turned(params: DepthwiseConv2DParams) -> bool:
    """Whether the lines of the planes are the image's columns."""
    return params.output_height > params.output_width


def _is_3x3(params: DepthwiseConv2DParams) -> bool:
    strides = (params.stride_height, params.stride_width)
    return (
        (params.filter_height, params.filter_width) == (3, 3)
        and (params.dilation_height, params.dilation_width) == (1, 1)
        and strides in ((1, 1), (2, 2))
    )


def _same_shape(params: Conv2DParams | DepthwiseConv2DParams) -> bool:
    """Whether output and input have the same shape."""
    return (params.output_height, params.output_width) == (params.input_height, params.input_width)


def pair_order(runs: list[int]) -> npt.NDArray[np.intp]:
    """Which weight of a filter each half of its pairs has; -1: none.

    Of each four weights of a run (0, 2) and (1, 3), of the rest (0, 1) and (2, none): SXTB16 gives them so.
    """
    order: list[int] = []
    first = 0
    for run in runs:
        for at in range(first, first + run - 3, 4):
            order += [at, at + 2, at + 1, at + 3]
        rest = list(range(first + run // 4 * 4, first + run))
        order += rest + [-1] * (len(rest) % 2)
        first += run
    return np.array(order, np.intp)


def _pack(
    step: Step, graph: Graph, filters: Weights, runs: list[int], multiple: int = 1
) -> ConstOperand | None:
    """The packed filters of a convolution or fully connected layer, as many pairs as a multiple of `multiple`."""
    params = step.params
    assert isinstance(params, Conv2DParams | FullyConnectedParams)
    bias = folded_bias(step.operands[3], graph, filters, params.input_offset).astype(np.int64)
    finish, constants = _finish(step, graph, bias, filters)
    order = pair_order(runs)
    order = np.pad(order, (0, -len(order) % (2 * multiple)), constant_values=-1)
    ordered = np.where(order >= 0, filters[:, order], np.int8(0)).astype(np.int8)
    packed = pack_groups(ordered, bias, finish, constants)
    return None if packed is None else ConstOperand(packed)


def _finish(step: Step, graph: Graph, bias: Integers, filters: Weights) -> tuple[Finish, Integers]:
    """How the sums of `filters` (channels, weights) become outputs, and each channel's constants for it."""
    params = step.params
    assert isinstance(params, Conv2DParams | DepthwiseConv2DParams | FullyConnectedParams)
    multipliers, shifts = factors(step, graph)
    bounds = (params.activation_min, params.activation_max)
    low, high = _range(filters.astype(np.int64), bias)
    right = -shifts
    simple = (
        bounds == (-128, 127)
        and right.min() >= 0
        and right.max() <= MAX_SHIFT
        and low.min() >= -SUM_LIMIT
        and high.max() < SUM_LIMIT
    )
    relu = params.output_offset == -128
    if not simple or (not relu and right.min() == 0):
        return Finish.ANY, np.stack([multipliers, shifts, np.zeros_like(shifts)], axis=1)
    half = np.where(right > 0, 1 << np.maximum(right - 1, 0), 0)
    moved = half + params.output_offset * (1 << right)
    constants = np.stack([multipliers, right, moved], axis=1)
    return (Finish.RELU if relu else Finish.LINEAR), constants


def _range(filters: Integers, bias: Integers) -> tuple[Integers, Integers]:
    """Lowest and highest sum of each of `filters` (channels, weights) with any int8 inputs."""
    positive, negative = np.maximum(filters, 0).sum(axis=1), np.minimum(filters, 0).sum(axis=1)
    return bias - 128 * positive + 127 * negative, bias + 127 * positive - 128 * negative


def _kept_lines(params: Conv2DParams) -> int:
    """Lines of the input kept when the output takes its place (`th_dsp_conv_scratch`); 0: it may not."""
    strides = (params.stride_height, params.stride_width)
    fits = params.batches == 1 and params.output_depth <= params.input_depth
    return params.pad_top + 1 if _same_shape(params) and strides == (1, 1) and fits else 0


def _pairs(run: int) -> int:
    """`th_dsp_pairs`."""
    return (run + 1) // 2


def _evened(pairs: int) -> int:
    return pairs + pairs % 2
