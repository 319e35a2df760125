"""What kernel sets share when they lay weights out anew."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.engines.plan.graph import Graph
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import Conv2DParams
from harness.engines.plan.program import (
    ConstOperand,
    Operand,
    ScratchOperand,
    Step,
    TensorOperand,
)

Weights = npt.NDArray[np.int8]
Integers = npt.NDArray[np.int64]


def constant(operand: Operand, graph: Graph) -> npt.NDArray[Any]:
    """The data of a constant operand."""
    if isinstance(operand, ConstOperand):
        return operand.data
    data = graph.tensors[operand.tensor].data if isinstance(operand, TensorOperand) else None
    if data is None:
        raise TypeError(f"no constant: {operand}")
    return data


def folded_bias(
    bias: Operand, graph: Graph, filters: npt.NDArray[np.int8], input_offset: int
) -> npt.NDArray[np.int32]:
    """Biases for inputs as they are stored: bias + input_offset * sum of the filter's weights.

    Args:
        bias: int32 constant (channels,), or None for zeros.
        filters: (channels, depth).
        input_offset: the input's zero point, negated.
    """
    sums = filters.astype(np.int64).sum(axis=1) * input_offset
    if bias is not None:
        sums += constant(bias, graph).reshape(-1)
    folded: npt.NDArray[np.int32] = sums.astype(np.int32)
    return folded


def factors(step: Step, graph: Graph) -> tuple[Integers, Integers]:
    """Multipliers and shifts, per channel, of a convolution or fully connected layer as it is lowered."""
    multipliers, shifts = (
        constant(step.operands[i], graph).reshape(-1).astype(np.int64) for i in (4, 5)
    )
    return multipliers, shifts


def wrapped(values: Integers) -> npt.NDArray[np.int32]:
    """The low 32 bits, little endian."""
    return (values & 0xFFFFFFFF).astype("<u4").view("<i4")


def is_pointwise(params: Conv2DParams) -> bool:
    """Whether pixels are the windows as they lie: 1x1, no stride, no padding."""
    return (
        (params.filter_height, params.filter_width) == (1, 1)
        and (params.stride_height, params.stride_width) == (1, 1)
        and (params.pad_top, params.pad_left) == (0, 0)
    )


def with_scratch(
    step: Step, opcode: Opcode, scratch_bytes: int, packed: ConstOperand, *, in_place: bool = False
) -> Step:
    """The step as a kernel of operands output, scratch memory, input, packed weights.

    Args:
        in_place: whether the output may take the place of the input.
    """
    output, source, *_ = step.operands
    return dataclasses.replace(
        step,
        opcode=opcode,
        operands=(output, ScratchOperand(scratch_bytes), source, packed),
        output_count=2,
        in_place=((0, 2),) if in_place else (),
    )
