"""From operators to kernel calls: checks each operator, precomputes what does not depend on data.

One function per operator, one module per family. Everything a kernel assumes is checked here,
because models may be hostile and kernels check nothing. The arithmetic is that of TensorFlow Lite
Micro's reference kernels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.engines.plan.graph import Graph
from harness.engines.plan.lower import (
    activation,
    add,
    conv,
    mean,
    pool,
    quantization,
    shape,
    softmax,
)
from harness.engines.plan.lower import fully_connected as dense
from harness.engines.plan.lower.context import Context
from harness.engines.plan.program import Program, Step
from harness.errors import UnsupportedModelError

__all__ = ["SUPPORTED", "lower"]

_LOWERINGS: Mapping[str, Callable[[Context], Step]] = {
    "ADD": add.lower_add,
    "AVERAGE_POOL_2D": pool.lower_average_pool_2d,
    "CONV_2D": conv.lower_conv_2d,
    "DEPTHWISE_CONV_2D": conv.lower_depthwise_conv_2d,
    "DEQUANTIZE": quantization.lower_dequantize,
    "FULLY_CONNECTED": dense.lower_fully_connected,
    "MAX_POOL_2D": pool.lower_max_pool_2d,
    "MEAN": mean.lower_mean,
    "PAD": shape.lower_pad,
    "PADV2": shape.lower_pad,
    "QUANTIZE": quantization.lower_quantize,
    "RELU": activation.lower_relu,
    "RELU6": activation.lower_relu6,
    "RESHAPE": shape.lower_reshape,
    "SOFTMAX": softmax.lower_softmax,
}

SUPPORTED: frozenset[str] = frozenset(_LOWERINGS)


def lower(graph: Graph) -> Program:
    """Lower every operator of `graph`.

    Raises:
        UnsupportedModelError: an operator, or one of its types, shapes or options, is not
            supported; `where` names the operator, the message the tensor.
    """
    unknown = [op for op in graph.operators if op.kind not in _LOWERINGS]
    if unknown:
        kinds = ", ".join(sorted({op.kind for op in unknown}))
        raise UnsupportedModelError(
            f"the plan engine lacks {kinds}; it has {', '.join(sorted(SUPPORTED))}",
            model=graph.name,
            where=unknown[0].label,
        )
    return Program(graph, tuple(_LOWERINGS[op.kind](Context(graph, op)) for op in graph.operators))
