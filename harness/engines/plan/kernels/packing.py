"""What kernel sets share when they lay weights out anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from harness.engines.plan.graph import Graph
from harness.engines.plan.program import ConstOperand, Operand, TensorOperand


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
