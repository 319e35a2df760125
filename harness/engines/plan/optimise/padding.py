"""A PAD before a convolution or a maximum pooling becomes padding of that operator's own.

Convolutions take what lies outside of their input for real 0, so padding with the zero point is theirs already. A
maximum ignores it, so padding below every possible output is theirs too. A mean counts what is padded: it stays.
"""

from __future__ import annotations

from dataclasses import replace

from harness.engines.plan.graph import DType, Graph, Operator, Tensor
from harness.engines.plan.lower.context import MAX_OPTION, Context
from harness.engines.plan.lower.window import Window, window
from harness.engines.plan.optimise.edit import edited, readers, sole_reader, touches_state
from harness.engines.plan.optimise.report import Optimisation
from harness.errors import UnsupportedModelError

_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")


def fold_padding(graph: Graph) -> tuple[Graph, tuple[Optimisation, ...]]:
    """Fold where height and width alone are padded, nobody else reads the padded tensor, both are quantised alike, and
    every window still covers something of the input (kernels other than the reference's may count on that).
    """
    done: list[Optimisation] = []
    read_by = readers(graph)
    operators = {op.index: op for op in graph.operators}
    for op in graph.operators:
        if op.kind not in ("PAD", "PADV2") or touches_state(graph, op):
            continue
        reader = sole_reader(graph, read_by, op.outputs[0])
        if reader is None or reader.inputs[0] != op.outputs[0]:
            continue
        folded = _folded(graph, op, operators[reader.index])
        if folded is None:
            continue
        operators[reader.index] = folded
        del operators[op.index]
        written = graph.tensors[op.outputs[0]].size_bytes
        done.append(Optimisation("pad", op.kind, (op.index, reader.index), bytes=written))
    if not done:
        return graph, ()
    return edited(graph, operators.values()), tuple(done)


def _folded(graph: Graph, pad: Operator, reader: Operator) -> Operator | None:
    source, padded = graph.tensors[pad.inputs[0]], graph.tensors[pad.outputs[0]]
    ctx = Context(graph, reader)
    if reader.kind not in (*_CONVOLUTIONS, "MAX_POOL_2D") or len(source.shape) != 4:
        return None
    if source.data is not None or not _alike(ctx, source, padded):
        return None
    amounts = ctx.constant(graph.tensors[pad.inputs[1]]).reshape(4, 2).tolist()
    if any(amounts[0]) or any(amounts[3]):
        return None
    output = graph.tensors[reader.outputs[0]]
    value = _value(graph, pad, padded, ctx)
    if reader.kind in _CONVOLUTIONS:
        neutral = value == ctx.quantized(padded)[1]
        taps = graph.tensors[reader.inputs[1]].shape[1:3]
    else:
        neutral = value <= ctx.fused_activation(output)[0]
        taps = (ctx.option_int("filter_height"), ctx.option_int("filter_width"))
    if not neutral:
        return None
    options = dict(reader.options)
    for axis, position in (("h", 1), ("w", 2)):
        found = window(
            ctx,
            axis,
            padded.shape[position],
            taps[position - 1],
            output.shape[position],
            dilated=reader.kind in _CONVOLUTIONS,
        )
        both = _both(amounts[position], found, padded.shape[position], output.shape[position])
        if both is None:
            return None
        options[f"explicit_{axis}"] = both
    return replace(reader, inputs=(pad.inputs[0], *reader.inputs[1:]), options=options)


def _alike(ctx: Context, source: Tensor, padded: Tensor) -> bool:
    """Quantised alike, and as the reader needs it: of its own input, PAD asks for nothing."""
    try:
        return ctx.quantized(source) == ctx.quantized(padded)
    except UnsupportedModelError:
        return False


def _value(graph: Graph, pad: Operator, padded: Tensor, ctx: Context) -> int:
    if len(pad.inputs) > 2 and pad.inputs[2] >= 0:
        return int(ctx.constant(graph.tensors[pad.inputs[2]]).reshape(-1).tolist()[0])
    return 0 if padded.dtype is DType.INT16 else ctx.quantized(padded)[1]


def _both(amounts: list[int], found: Window, padded: int, outputs: int) -> tuple[int, int] | None:
    """Padding before and after of PAD and reader together.

    What the last window leaves over at the end is no part of it: it must not make room for another output.
    """
    before = amounts[0] + found.before
    source = padded - sum(amounts)
    reach = (outputs - 1) * found.stride + found.extent - before
    after = reach - source
    if not 0 <= before < found.extent or not after < found.extent or before > MAX_OPTION:
        return None
    return int(before), int(after)
