"""Kernel set `fast` for cores with MVE (firmware/kernels/fast/mve): which steps it takes, and its weights.

Left to the reference kernels: grouped convolutions, factors of 2 and more (left shifts), filters with
a zero point, depth multipliers other than 1, and everything that is not int8.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from harness.engines.plan.graph import Graph
from harness.engines.plan.kernels.packing import constant, folded_bias
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import Conv2DParams, FullyConnectedParams
from harness.engines.plan.program import ConstOperand, ScratchOperand, Step

LANES = 16
"""Weights of a vector."""
PAST = 16
"""Bytes loaded behind the last filter."""


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
    packed = ConstOperand(pack_filters(filters, 2))
    one = (1, 1)
    pointwise = (
        (params.filter_height, params.filter_width) == one
        and (params.stride_height, params.stride_width) == one
        and (params.pad_top, params.pad_left) == (0, 0)
    )
    if pointwise:
        return dataclasses.replace(
            step,
            opcode=Opcode.MVE_CONV_1X1_S8,
            operands=(output, source, packed, constants),
        )
    scratch = ScratchOperand(2 * filters.shape[1])
    return dataclasses.replace(
        step,
        opcode=Opcode.MVE_CONV_2D_S8,
        operands=(output, scratch, source, packed, constants),
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
    multipliers, shifts = (constant(step.operands[i], graph).reshape(-1) for i in (4, 5))
    if shifts.max() > 0:
        return None
    bias = folded_bias(step.operands[3], graph, filters, input_offset)
    table = np.zeros((3, -(-channels // 4) * 4), "<i4")
    table[:, :channels] = bias, multipliers, shifts
    return ConstOperand(table)
