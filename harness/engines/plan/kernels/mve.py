"""Kernel set `fast` for cores with MVE (firmware/kernels/fast/mve): which steps it takes, and its weights.

Left to the reference kernels: grouped convolutions, factors of 2 and more (left shifts), filters with
a zero point, depth multipliers other than 1, and everything that is not int8.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.engines.plan.graph import Graph
from harness.engines.plan.kernels.packing import (
    constant,
    factors,
    folded_bias,
    is_pointwise,
    with_scratch,
)
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import (
    AddParams,
    Conv2DParams,
    DepthwiseConv2DParams,
    FullyConnectedParams,
    Pool2DParams,
)
from harness.engines.plan.program import ConstOperand, ScratchOperand, Step

LANES = 16
"""Weights of a vector."""
PAST = 16
"""Bytes loaded behind the last filter."""
ROW_BYTES = 2304
MOST_ROWS = 16
"""How many windows are laid out at a time: th_mve_gemm_rows."""
POOL_MOST = 255
"""Elements of a window whose sum fits 16 bits."""
BLOCK = 16
"""Channels of a block of depthwise weights."""
POINTER_BYTES = 4
PAST_3X3 = 4
"""Bytes loaded behind the last weights of windows of up to 3x3."""
MOST_GROUPS = 8
GROUP_BYTES = 64
"""Of depthwise_3x3.h: groups of columns worked on at a time, and their size."""
SAFE_ACCUMULATOR = 2**30
"""Below it no rescaled sum plus zero point leaves 32 bits."""


def add(step: Step, graph: Graph) -> Step | None:
    """ADD_S8 of inputs of the same shape."""
    params = step.params
    assert isinstance(params, AddParams)
    flat = all(extent == 1 for extent in params.dims[:-1])
    same = params.dims[-1] == 1 or (params.input1_strides[-1], params.input2_strides[-1]) == (1, 1)
    shifts = (params.input1_shift, params.input2_shift, params.output_shift)
    if not flat or not same or max(shifts) > 0:
        return None
    return dataclasses.replace(step, opcode=Opcode.MVE_ADD_S8)


def average_pool_2d(step: Step, graph: Graph) -> Step | None:
    """AVERAGE_POOL_2D_S8 of windows whose sums fit 16 bits."""
    params = step.params
    assert isinstance(params, Pool2DParams)
    if params.filter_height * params.filter_width > POOL_MOST:
        return None
    return dataclasses.replace(step, opcode=Opcode.MVE_AVERAGE_POOL_2D_S8)


def max_pool_2d(step: Step, graph: Graph) -> Step | None:
    """MAX_POOL_2D_S8, always."""
    return dataclasses.replace(step, opcode=Opcode.MVE_MAX_POOL_2D_S8)


def conv_2d(step: Step, graph: Graph) -> Step | None:
    """CONV_2D_S8, not grouped."""
    params = step.params
    assert isinstance(params, Conv2DParams)
    output, source, *_ = step.operands
    if params.filter_depth != params.input_depth:
        return None
    weights = constant(step.operands[2], graph)
    filters = weights.reshape(params.output_depth, -1)
    constants = _constants(step, graph, filters, params.input_offset)
    if constants is None:
        return None
    depth = filters.shape[1]
    packed = ConstOperand(pack_filters(filters, 4 if depth <= LANES else 2))
    if is_pointwise(params):
        return dataclasses.replace(
            step,
            opcode=Opcode.MVE_CONV_1X1_S8,
            operands=(output, source, packed, constants),
        )
    return dataclasses.replace(
        step,
        opcode=Opcode.MVE_CONV_2D_S8,
        operands=(output, _rows(depth), source, packed, constants),
        output_count=2,
    )


def fully_connected(step: Step, graph: Graph) -> Step | None:
    """FULLY_CONNECTED_S8 whose filter has no zero point."""
    params = step.params
    assert isinstance(params, FullyConnectedParams)
    output, source, *_ = step.operands
    if params.filter_offset != 0:
        return None
    filters = constant(step.operands[2], graph).reshape(params.output_depth, params.input_depth)
    constants = _constants(step, graph, filters, params.input_offset)
    if constants is None:
        return None
    return dataclasses.replace(
        step,
        opcode=Opcode.MVE_FULLY_CONNECTED_S8,
        operands=(output, source, ConstOperand(pack_filters(filters, 4)), constants),
    )


def depthwise_conv_2d(step: Step, graph: Graph) -> Step | None:
    """DEPTHWISE_CONV_2D_S8 with a depth multiplier of 1."""
    params = step.params
    assert isinstance(params, DepthwiseConv2DParams)
    if params.depth_multiplier != 1:
        return None
    taps = params.filter_height * params.filter_width
    dilations = (params.dilation_height, params.dilation_width)
    weights = constant(step.operands[2], graph).reshape(taps, params.input_depth)
    multipliers, shifts = factors(step, graph)
    bias = folded_bias(step.operands[3], graph, weights.T, params.input_offset)
    worst = np.abs(weights.astype(np.int64)).sum(axis=0) * 128 + np.abs(bias.astype(np.int64))
    if shifts.max() > 0 or worst.max() >= SAFE_ACCUMULATOR:
        return None
    table = np.stack([bias, multipliers, shifts])
    in_place = False
    if max(params.filter_height, params.filter_width) <= 3 and dilations == (1, 1):
        opcode = Opcode.MVE_DEPTHWISE_CONV_3X3_S8
        windows = weights.reshape(params.filter_height, params.filter_width, -1)
        packed = ConstOperand(pack_depthwise_3x3(windows, table))
        groups, outputs = _groups_3x3(params)
        scratch = groups * (4 + outputs**2) * GROUP_BYTES + BLOCK
        lines_held = groups * outputs >= params.output_width <= params.input_width
        in_place = lines_held and params.pad_top <= 2
    else:
        opcode = Opcode.MVE_DEPTHWISE_CONV_2D_S8
        packed = ConstOperand(pack_depthwise(weights, table))
        scratch = taps * POINTER_BYTES + params.input_depth
    return with_scratch(step, opcode, scratch, packed, in_place=in_place)


def conv_in_place(step: Step, graph: Graph) -> Step | None:
    """MVE_CONV_1X1_S8 as a kernel that may write over its input, from which it copies a few pixels at a time."""
    params = step.params
    assert isinstance(params, Conv2DParams)
    if params.output_depth > params.input_depth:
        return None
    output, *inputs = step.operands
    return dataclasses.replace(
        step,
        opcode=Opcode.MVE_CONV_2D_S8,
        operands=(output, _rows(params.input_depth), *inputs),
        output_count=2,
        in_place=((0, 2),),
    )


def pack_depthwise(
    weights: npt.NDArray[np.int8], constants: npt.NDArray[np.int32]
) -> npt.NDArray[np.uint8]:
    """Blocks of channels as firmware/kernels/fast/mve/depthwise.h describes.

    Args:
        weights: (taps, channels).
        constants: (3, channels): biases, multipliers, shifts.
    """
    filled, table = _blocks(weights, 1), _blocks(constants.astype("<i4"), 1)
    parts = []
    for first in range(0, filled.shape[1], BLOCK):
        block = filled[:, first : first + BLOCK]
        # (constant, half, channel of the half, parity) -> (half, constant, parity, channel)
        halves = table[:, first : first + BLOCK].reshape(3, 2, BLOCK // 4, 2).transpose(1, 0, 3, 2)
        parts += [block.tobytes(), halves.tobytes()]
    return np.frombuffer(b"".join(parts), np.uint8)


def pack_depthwise_3x3(
    windows: npt.NDArray[np.int8], constants: npt.NDArray[np.int32]
) -> npt.NDArray[np.uint8]:
    """Blocks of channels as firmware/kernels/fast/mve/depthwise_3x3.h describes.

    Args:
        windows: (height, width, channels), at most 3 high and wide.
        constants: (3, channels): biases, multipliers, shifts.
    """
    height, width, _ = windows.shape
    filled = np.pad(windows, ((0, 3 - height), (0, 4 - width), (0, 0)))
    weights, table = _blocks(filled, 2), _blocks(constants.astype("<i4"), 1)
    parts = []
    for first in range(0, table.shape[1], BLOCK):
        block = weights[:, :, first : first + BLOCK].transpose(2, 0, 1)
        parts += [table[:, first : first + BLOCK].tobytes(), block.tobytes()]
    return np.frombuffer(b"".join([*parts, bytes(PAST_3X3)]), np.uint8)


def _blocks(array: npt.NDArray[Any], axis: int) -> npt.NDArray[Any]:
    """The array with channels of zeros behind it, up to whole blocks."""
    missing = -array.shape[axis] % BLOCK
    return np.pad(array, [(0, missing if i == axis else 0) for i in range(array.ndim)])


def _groups_3x3(params: DepthwiseConv2DParams) -> tuple[int, int]:
    """th_mve_3x3_groups and th_mve_3x3_outputs."""
    outputs = 2 if (params.stride_height, params.stride_width) == (1, 1) else 1
    groups = -(-params.output_width // outputs)
    return -(-groups // -(-groups // MOST_GROUPS)), outputs


def _rows(depth: int) -> ScratchOperand:
    """Memory for th_mve_gemm_rows windows."""
    return ScratchOperand(min(max(ROW_BYTES // depth // 2 * 2, 2), MOST_ROWS) * depth)


def pack_filters(filters: npt.NDArray[np.int8], group: int) -> npt.NDArray[np.int8]:
    """Filters (channels, depth) in groups: LANES weights of each filter of a group in turn.

    Filled up with zeros to whole groups and vectors, then PAST bytes.
    """
    channels, depth = filters.shape
    groups, chunks = -(-channels // group), -(-depth // LANES)
    padded = np.zeros((groups * group, chunks * LANES), np.int8)
    padded[:channels, :depth] = filters
    turned = padded.reshape(groups, group, chunks, LANES).transpose(0, 2, 1, 3)
    return np.concatenate([turned.reshape(-1), np.zeros(PAST, np.int8)])


def _constants(
    step: Step, graph: Graph, filters: npt.NDArray[np.int8], input_offset: int
) -> ConstOperand | None:
    """Biases, multipliers and shifts, each filled up to whole vectors; None with a left shift."""
    channels = filters.shape[0]
    multipliers, shifts = factors(step, graph)
    if shifts.max() > 0:
        return None
    bias = folded_bias(step.operands[3], graph, filters, input_offset)
    table = np.zeros((3, -(-channels // 4) * 4), "<i4")
    table[:, :channels] = bias, multipliers, shifts
    return ConstOperand(table)
