"""From operators to kernel calls: checks each operator, precomputes what does not depend on data.

One function per operator, one module per family; an operator may become several steps. Everything
that a kernel assumes is checked here, because models may be hostile and kernels check nothing. The
arithmetic is that of TensorFlow Lite Micro's reference kernels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from harness.engines.plan.graph import Graph, Operator
from harness.engines.plan.lower import (
    activation,
    add,
    arg_max,
    arithmetic,
    batch_matmul,
    conv,
    joining,
    lstm,
    mean,
    pointwise,
    pool,
    quantization,
    resize,
    shape,
    slicing,
    softmax,
    svdf,
    transpose,
    transpose_conv,
    variables,
)
from harness.engines.plan.lower import fully_connected as dense
from harness.engines.plan.lower.context import Context
from harness.engines.plan.program import Operand, Program, Step, TensorOperand
from harness.errors import UnsupportedModelError

__all__ = ["SUPPORTED", "lower", "lower_operator"]

_LOWERINGS: Mapping[str, Callable[[Context], Step | tuple[Step, ...]]] = {
    "ADD": add.lower_add,
    "ARG_MAX": arg_max.lower_arg_max,
    "ARG_MIN": arg_max.lower_arg_min,
    "ASSIGN_VARIABLE": variables.lower_assign_variable,
    "AVERAGE_POOL_2D": pool.lower_average_pool_2d,
    "BATCH_MATMUL": batch_matmul.lower_batch_matmul,
    "CONCATENATION": joining.lower_concatenation,
    "CONV_2D": conv.lower_conv_2d,
    "DEPTHWISE_CONV_2D": conv.lower_depthwise_conv_2d,
    "DEPTH_TO_SPACE": transpose.lower_depth_to_space,
    "DEQUANTIZE": quantization.lower_dequantize,
    "ELU": pointwise.lower_elu,
    "EXPAND_DIMS": shape.lower_expand_dims,
    "FULLY_CONNECTED": dense.lower_fully_connected,
    "HARD_SWISH": pointwise.lower_hard_swish,
    "LEAKY_RELU": pointwise.lower_leaky_relu,
    "LOGISTIC": pointwise.lower_logistic,
    "MAXIMUM": arithmetic.lower_maximum,
    "MAX_POOL_2D": pool.lower_max_pool_2d,
    "MEAN": mean.lower_mean,
    "MINIMUM": arithmetic.lower_minimum,
    "MUL": arithmetic.lower_mul,
    "PACK": joining.lower_pack,
    "PAD": shape.lower_pad,
    "PADV2": shape.lower_pad,
    "PRELU": pointwise.lower_prelu,
    "QUANTIZE": quantization.lower_quantize,
    "READ_VARIABLE": variables.lower_read_variable,
    "REDUCE_MAX": mean.lower_reduce_max,
    "REDUCE_MIN": mean.lower_reduce_min,
    "RELU": activation.lower_relu,
    "RELU6": activation.lower_relu6,
    "RESHAPE": shape.lower_reshape,
    "RESIZE_BILINEAR": resize.lower_resize_bilinear,
    "RESIZE_NEAREST_NEIGHBOR": resize.lower_resize_nearest_neighbor,
    "SLICE": slicing.lower_slice,
    "SOFTMAX": softmax.lower_softmax,
    "SPACE_TO_DEPTH": transpose.lower_space_to_depth,
    "SPLIT": joining.lower_split,
    "SPLIT_V": joining.lower_split_v,
    "SQUEEZE": shape.lower_squeeze,
    "STRIDED_SLICE": slicing.lower_strided_slice,
    "SUB": add.lower_sub,
    "SUM": mean.lower_sum,
    "SVDF": svdf.lower_svdf,
    "TANH": pointwise.lower_tanh,
    "TRANSPOSE": transpose.lower_transpose,
    "TRANSPOSE_CONV": transpose_conv.lower_transpose_conv,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": lstm.lower_unidirectional_sequence_lstm,
    "UNPACK": joining.lower_unpack,
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
    return Program(
        graph, tuple(step for op in graph.operators for step in lower_operator(graph, op))
    )


def lower_operator(graph: Graph, op: Operator) -> tuple[Step, ...]:
    """Lower one operator of a known kind; views are replaced by what they are views of.

    Raises:
        UnsupportedModelError: as lower().
    """
    lowered = _LOWERINGS[op.kind](Context(graph, op))
    steps = lowered if isinstance(lowered, tuple) else (lowered,)
    if not graph.views:
        return steps
    return tuple(
        replace(step, operands=tuple(_seen_through(graph, operand) for operand in step.operands))
        for step in steps
    )


def _seen_through(graph: Graph, operand: Operand) -> Operand:
    if isinstance(operand, TensorOperand):
        return TensorOperand(graph.views.get(operand.tensor, operand.tensor))
    return operand
