"""RELU and RELU6 as operators of their own become the activation of the layer before them."""

from __future__ import annotations

from dataclasses import replace

from harness.engines.plan.graph import Graph, Operator
from harness.engines.plan.lower.context import Context
from harness.engines.plan.optimise.edit import edited, readers, sole_reader
from harness.engines.plan.optimise.report import Optimisation
from harness.engines.plan.quantize import MultiplierRangeError, activation_range

_PRODUCERS = frozenset(
    [
        "ADD",
        "AVERAGE_POOL_2D",
        "CONV_2D",
        "DEPTHWISE_CONV_2D",
        "FULLY_CONNECTED",
        "MAX_POOL_2D",
        "MUL",
        "SUB",
    ]
)
_ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")


def fuse_activations(graph: Graph) -> tuple[Graph, tuple[Optimisation, ...]]:
    """Fuse where both are quantised alike, nobody else reads the layer's output, and the bounds of one activation
    are exactly what both together leave.
    """
    read_by = readers(graph)
    operators = {op.index: op for op in graph.operators}
    written_by = {op.outputs[0]: op.index for op in graph.operators if op.kind in _PRODUCERS}
    done: list[Optimisation] = []
    for op in graph.operators:
        producer_index = written_by.get(op.inputs[0]) if op.kind in ("RELU", "RELU6") else None
        if producer_index is None or sole_reader(graph, read_by, op.inputs[0]) is None:
            continue
        producer = operators[producer_index]
        activation = _combined(graph, producer, op)
        if activation is None:
            continue
        operators[producer_index] = replace(
            producer,
            outputs=op.outputs,
            options={**producer.options, "fused_activation_function": activation},
        )
        del operators[op.index]
        # A further activation behind this one meets the same layer.
        written_by[op.outputs[0]] = producer_index
        written = graph.tensors[op.outputs[0]].size_bytes
        done.append(Optimisation("activation", op.kind, (op.index, producer_index), bytes=written))
    if not done:
        return graph, ()
    return edited(graph, operators.values()), tuple(done)


def _combined(graph: Graph, producer: Operator, op: Operator) -> str | None:
    """The activation that bounds as the producer's own and `op` do one after the other."""
    ctx = Context(graph, producer)
    source, output = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    if source.dtype is not output.dtype or source.dtype.value not in ("INT8", "INT16"):
        return None
    scale, zero_point = ctx.quantized(source)
    if ctx.quantized(output) != (scale, zero_point) or source.shape != output.shape:
        return None
    dtype = source.dtype.value
    try:
        own_low, own_high = ctx.fused_activation(source)
        low, high = activation_range(op.kind, dtype, scale, zero_point)
        for name in _ACTIVATIONS:
            bounds = activation_range(name, dtype, scale, zero_point)
            if bounds == (max(own_low, low), min(own_high, high)):
                return name
    except MultiplierRangeError:
        return None
    return None
