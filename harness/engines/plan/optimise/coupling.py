"""Which channels can go: operators that hand a channel on tie it to their output's, layers with weights end it.

A channel (one index of a tensor's last dimension) can be removed where
- the layer that makes it can be made without it: CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED;
- every layer that ends it does not need it: all weights of it that remaining outputs have are 0, or it is constant and
  its part of every sum is one number, which joins the bias;
- every operator that hands it on can do the same with the channels it is tied to.
All channels are taken for removable at first; what turns out not to be is kept, until nothing changes. At the end every
channel that is kept has the value that it had, since all that it depends on is kept or constant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from harness.engines.plan.graph import Graph, Operator
from harness.engines.plan.lower.context import Context
from harness.engines.plan.lower.fully_connected import MAX_BIAS_SCALE_ERROR
from harness.engines.plan.lower.mean import reduced_axes
from harness.engines.plan.optimise.edit import touches_state
from harness.engines.plan.optimise.ranges import (
    Bounds,
    analysed,
    channel_bounds,
    effective_filter,
    is_padded,
)

Mask = npt.NDArray[np.bool_]

_DENSE = ("CONV_2D", "FULLY_CONNECTED")


@dataclass(frozen=True)
class Tie:
    """Channels of two tensors that stay or go together: output channel first + j is the input's inputs[j]."""

    source: int
    output: int
    inputs: npt.NDArray[np.int64]
    first: int = 0


@dataclass(frozen=True)
class Sink:
    """A layer that ends its input's channels.

    Attributes:
        op: the layer.
        needed: bool of shape (outputs, channels): which outputs have weights other than 0 for which channel.
        foldable: bool of shape (channels,): constant, and the same part of every output's sum at every position.
    """

    op: Operator
    needed: Mask
    foldable: Mask


@dataclass
class Channels:
    """The graph's channels and what holds them together.

    Attributes:
        kept: per tensor which channels stay; tensors that are not here are not touched.
        bounds: of all channels.
        ties, sinks: see there.
        least: how many channels a tensor must keep, where that is not 1.
    """

    kept: dict[int, Mask]
    bounds: Mapping[int, Bounds]
    ties: list[Tie] = field(default_factory=list)
    sinks: list[Sink] = field(default_factory=list)
    least: dict[int, int] = field(default_factory=dict)


def removable_channels(graph: Graph) -> Channels:
    """Return what can go from `graph`: where `kept` is False."""
    found = _collect(graph)
    while _spread(found) or _fill(found):
        pass
    return found


def _spread(found: Channels) -> bool:
    """Keep what kept channels need; whether anything was new."""
    before = _count(found)
    for sink in reversed(found.sinks):
        outputs = found.kept[sink.op.outputs[0]]
        needed = sink.needed[outputs].any(axis=0) & ~sink.foldable
        source = found.kept[sink.op.inputs[0]]
        source |= needed.reshape(-1, source.size).any(axis=0)
    for tie in (*reversed(found.ties), *found.ties):
        source = found.kept[tie.source]
        output = found.kept[tie.output][tie.first : tie.first + tie.inputs.size]
        source[tie.inputs[output]] = True
        output |= source[tie.inputs]
    return _count(found) != before


def _fill(found: Channels) -> bool:
    """Keep a first channel where a tensor would have none; whether there was such a tensor."""
    for tensor, kept in found.kept.items():
        if kept.sum() < min(found.least.get(tensor, 1), kept.size):
            kept[np.flatnonzero(~kept)[0]] = True
            return True
    return False


def _count(found: Channels) -> int:
    return sum(int(kept.sum()) for kept in found.kept.values())


def _collect(graph: Graph) -> Channels:
    bounds = channel_bounds(graph)
    kept = {
        index: np.zeros(graph.tensors[index].shape[-1], bool)
        for index in bounds
        if analysed(graph.tensors[index])
    }
    found = Channels(kept, bounds)
    for index in (*graph.inputs, *graph.outputs):
        if index in kept:
            kept[index][:] = True
    for op in graph.operators:
        if touches_state(graph, op) or not _understood(graph, op, found):
            for index in (*op.inputs, *op.outputs):
                if index in kept:
                    kept[index][:] = True
    return found


def _understood(graph: Graph, op: Operator, found: Channels) -> bool:
    """Enter an operator's ties or its sink; whether channels can pass it at all."""
    output = op.outputs[0] if op.outputs else -1
    if output not in found.kept:
        return False
    ctx = Context(graph, op)
    if op.kind in _DENSE:
        sink = _sink(ctx, found)
        if sink is None:
            return False
        found.sinks.append(sink)
        if op.kind == "FULLY_CONNECTED" and ctx.quantization(ctx.input(1)).per_channel:
            # With one scale left it would count as quantised per tensor, to which other rules apply.
            found.least[output] = 2
        return True
    maker = _TIES.get(op.kind)
    ties = maker(ctx) if maker is not None else None
    if ties is None or any(t.source not in found.kept or t.output not in found.kept for t in ties):
        return False
    found.ties += ties
    return True


def _sink(ctx: Context, found: Channels) -> Sink | None:
    source = ctx.input(0)
    if source.index not in found.kept:
        return None
    channels = source.shape[-1]
    values = effective_filter(ctx)
    if ctx.op.kind == "CONV_2D":
        if values.shape[-1] != channels:
            return None  # grouped
        padded = is_padded(ctx.graph, ctx.op)
    else:
        if values.shape[-1] % channels:
            return None
        values = values.reshape(values.shape[0], -1, channels)
        padded = False
    bounds = found.bounds[source.index]
    foldable = bounds.constant & (bounds.low == ctx.quantized(source)[1])
    if not padded and _has_room_for_bias(ctx):
        foldable = bounds.constant
    return Sink(ctx.op, (values != 0).any(axis=1), foldable)


def _has_room_for_bias(ctx: Context) -> bool:
    """Whether there is a bias or could be one, to which TensorFlow Lite's rule on its scale applies."""
    if ctx.op.kind == "CONV_2D" or ctx.optional_input(2) is not None:
        return True
    filter_quant = ctx.quantization(ctx.input(1))
    if filter_quant.per_channel:
        return True
    product = float(ctx.quantized(ctx.input(0))[0]) * float(filter_quant.scales[0])
    error = abs(product - float(np.float32(product))) / float(ctx.quantized(ctx.output())[0])
    return bool(np.float32(product) > 0) and error <= MAX_BIAS_SCALE_ERROR


def _identity(ctx: Context) -> list[Tie] | None:
    source, output = ctx.input(0), ctx.output()
    if source.shape[-1:] != output.shape[-1:]:
        return None
    return [Tie(source.index, output.index, np.arange(output.shape[-1]))]


def _repeated(ctx: Context) -> list[Tie] | None:
    """Each channel makes several outputs in a row (DEPTHWISE_CONV_2D)."""
    source, output = ctx.input(0), ctx.output()
    times = output.shape[-1] // source.shape[-1]
    return [Tie(source.index, output.index, np.arange(output.shape[-1]) // times)]


def _tiled(ctx: Context) -> list[Tie] | None:
    """The last dimension becomes that of several pixels, or stays."""
    source, output = ctx.input(0), ctx.output()
    if not source.shape or not output.shape or output.shape[-1] % source.shape[-1]:
        return None
    return [Tie(source.index, output.index, np.arange(output.shape[-1]) % source.shape[-1])]


def _reduced(ctx: Context) -> list[Tie] | None:
    source = ctx.input(0)
    if len(source.shape) - 1 in reduced_axes(ctx, source):
        return None
    return _identity(ctx)


def _added(ctx: Context) -> list[Tie] | None:
    """Constants follow; what is broadcast along the channels has none of its own to remove."""
    output = ctx.output()
    ties: list[Tie] = []
    for position in (0, 1):
        source = ctx.input(position)
        if source.data is not None and source.shape[-1:] in ((), (1,), output.shape[-1:]):
            continue
        if source.shape[-1:] != output.shape[-1:]:
            return None
        ties.append(Tie(source.index, output.index, np.arange(output.shape[-1])))
    return ties


def _joined(ctx: Context) -> list[Tie] | None:
    output = ctx.output()
    parts = [ctx.input(position) for position in range(len(ctx.op.inputs))]
    if any(part.data is not None for part in parts):
        return None
    rank = len(output.shape)
    if ctx.axis(ctx.option_int("axis", -rank, rank - 1), rank) != rank - 1:
        return [Tie(part.index, output.index, np.arange(output.shape[-1])) for part in parts]
    ties: list[Tie] = []
    first = 0
    for part in parts:
        ties.append(Tie(part.index, output.index, np.arange(part.shape[-1]), first))
        first += part.shape[-1]
    return ties


_TIES: Mapping[str, Callable[[Context], list[Tie] | None]] = {
    "ADD": _added,
    "AVERAGE_POOL_2D": _identity,
    "CONCATENATION": _joined,
    "DEPTHWISE_CONV_2D": _repeated,
    "ELU": _identity,
    "EXPAND_DIMS": _tiled,
    "HARD_SWISH": _identity,
    "LEAKY_RELU": _identity,
    "LOGISTIC": _identity,
    "MAX_POOL_2D": _identity,
    "MEAN": _reduced,
    "PAD": _identity,
    "PADV2": _identity,
    "QUANTIZE": _identity,
    "RELU": _identity,
    "RELU6": _identity,
    "RESHAPE": _tiled,
    "RESIZE_NEAREST_NEIGHBOR": _identity,
    "SQUEEZE": _tiled,
    "SUM": _reduced,
    "TANH": _identity,
}
