"""Bounds of every channel of every int8 activation, whatever the input: intervals of the kernels' own integers.

A channel is one index of the last dimension. Bounds are of the quantised values, both included; a channel whose bounds
meet is constant. Rescaling by a positive factor keeps the order (harness/engines/plan/fixed_point.py), so bounds of an
accumulator become bounds of the output; where a sum could run over 31 bits on its way, the type's bounds are taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.engines.plan.fixed_point import Ints, doubling_high_mul, rounding_shift_right
from harness.engines.plan.graph import DType, Graph, Operator, Tensor
from harness.engines.plan.lower import lower_operator
from harness.engines.plan.lower.add import addition_factors
from harness.engines.plan.lower.context import Context
from harness.engines.plan.lower.mean import reduced_axes
from harness.engines.plan.lower.weights import channel_multipliers, read_weights
from harness.engines.plan.lower.window import Window, window
from harness.engines.plan.program import ConstOperand
from harness.engines.plan.quantize import Multiplier, mean_multiplier, quantize_real

MAX_CHANNELS = 1 << 16
"""Tensors of more channels are not looked at: their bounds are those of the type."""

INT8_MIN, INT8_MAX = -128, 127
_LIMIT = 2**31


@dataclass(frozen=True)
class Bounds:
    """Lowest and highest value of each channel, int64 of shape (channels,)."""

    low: Ints
    high: Ints

    @property
    def constant(self) -> npt.NDArray[np.bool_]:
        """Which channels have one value only."""
        return np.asarray(self.low == self.high)


def analysed(tensor: Tensor) -> bool:
    """Whether there are bounds of this tensor: int8, with a last dimension of at most MAX_CHANNELS."""
    return tensor.dtype is DType.INT8 and len(tensor.shape) > 0 and tensor.shape[-1] <= MAX_CHANNELS


def channel_bounds(graph: Graph) -> dict[int, Bounds]:
    """Return bounds for every analysed tensor that an operator writes, and for graph inputs."""
    found: dict[int, Bounds] = {}
    for index in graph.inputs:
        if analysed(graph.tensors[index]):
            found[index] = _anything(graph.tensors[index])
    for op in graph.operators:
        transfer = _TRANSFERS.get(op.kind)
        for index in op.outputs:
            tensor = graph.tensors[index]
            if not analysed(tensor) or tensor.state is not None:
                continue
            known = transfer(Context(graph, op), found) if transfer is not None else None
            found[index] = _anything(tensor) if known is None else known
    return found


def windows(graph: Graph, op: Operator) -> tuple[Window, Window]:
    """Return the windows of a convolution or pooling along height and width."""
    ctx = Context(graph, op)
    source, output = ctx.input(0), ctx.output()
    convolution = op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D")
    taps = (
        ctx.input(1).shape[1:3]
        if convolution
        else (ctx.option_int("filter_height"), ctx.option_int("filter_width"))
    )
    vertical, horizontal = (
        window(ctx, axis, source.shape[at], taps[at - 1], output.shape[at], dilated=convolution)
        for axis, at in (("h", 1), ("w", 2))
    )
    return vertical, horizontal


def is_padded(graph: Graph, op: Operator) -> bool:
    """Whether some window of a convolution reaches beyond its input."""
    return any(one.before > 0 or one.after > 0 for one in windows(graph, op))


def effective_filter(ctx: Context, *, depthwise: bool = False) -> Ints:
    """The filter without its zero point, int64: shape (outputs, taps, inputs), of a depthwise one (taps, outputs)."""
    weights = ctx.input(1)
    quant = ctx.quantization(weights)
    values: Ints = ctx.constant(weights).astype(np.int64)
    if not quant.per_channel:
        values = values - int(quant.zero_points[0])
    if depthwise:
        return values.reshape(-1, values.shape[-1])
    return values.reshape(values.shape[0], -1, values.shape[-1])


def biases(ctx: Context, channels: int) -> Ints:
    """The bias of each channel, int64; zeros where there is none."""
    bias = ctx.optional_input(2)
    if bias is None:
        return np.zeros(channels, np.int64)
    return ctx.constant(bias).reshape(-1).astype(np.int64)


def _anything(tensor: Tensor) -> Bounds:
    channels = tensor.shape[-1]
    return Bounds(np.full(channels, INT8_MIN, np.int64), np.full(channels, INT8_MAX, np.int64))


def _rescaled(
    sums: Bounds, significands: Ints, shifts: Ints, offset: int, low: int, high: int
) -> Bounds:
    """`th_scale_offset_clamp` of both bounds; [low, high] where it could run over on the way."""
    safe = np.ones(sums.low.shape, bool)
    ends: list[Ints] = []
    for acc in (sums.low, sums.high):
        shifted = acc * (np.int64(1) << np.maximum(shifts, 0))
        inside = (shifted >= -_LIMIT) & (shifted < _LIMIT)
        product = doubling_high_mul(np.where(inside, shifted, 0), significands)
        total = rounding_shift_right(product, np.maximum(-shifts, 0)) + offset
        safe &= inside & (total >= -_LIMIT) & (total < _LIMIT)
        ends.append(np.clip(total, low, high))
    return Bounds(np.where(safe, ends[0], low), np.where(safe, ends[1], high))


def _rescaled_by(sums: Bounds, factor: Multiplier, offset: int, low: int, high: int) -> Bounds:
    one = np.ones(sums.low.shape, np.int64)
    return _rescaled(sums, one * factor.significand, one * factor.shift, offset, low, high)


def _source(ctx: Context, found: Mapping[int, Bounds], position: int = 0) -> Bounds | None:
    """Bounds of an input; of a constant those of its data."""
    tensor = ctx.input(position)
    if tensor.data is not None and analysed(tensor):
        data = tensor.data.astype(np.int64).reshape(-1, tensor.shape[-1])
        return Bounds(data.min(axis=0), data.max(axis=0))
    return found.get(tensor.index)


def _weighted(ctx: Context, sums: Bounds, channel_axis: int, rank: int) -> Bounds:
    output = ctx.output()
    weights = read_weights(ctx, rank=rank, channel_axis=channel_axis)
    channels = weights.filter.shape[channel_axis]
    significands, shifts = (
        operand.data.astype(np.int64)
        for operand in channel_multipliers(ctx, weights, channels, ctx.input(0), output)
    )
    low, high = ctx.fused_activation(output)
    return _rescaled(sums, significands, shifts, ctx.quantized(output)[1], low, high)


def _offsets(ctx: Context, source: Bounds, *, padded: bool) -> Bounds:
    """Bounds of input minus zero point; a padded input may be the zero point everywhere."""
    zero_point = ctx.quantized(ctx.input(0))[1]
    low, high = source.low - zero_point, source.high - zero_point
    if not padded:
        return Bounds(low, high)
    return Bounds(np.minimum(low, 0), np.maximum(high, 0))


def _conv(ctx: Context, found: Mapping[int, Bounds]) -> Bounds | None:
    source = _source(ctx, found)
    values = effective_filter(ctx)
    if source is None or values.shape[-1] != source.low.size:
        return None
    inside = _offsets(ctx, source, padded=is_padded(ctx.graph, ctx.op))
    return _weighted(ctx, _sums(ctx, values, inside), 0, 4)


def _dense(ctx: Context, found: Mapping[int, Bounds]) -> Bounds | None:
    source = _source(ctx, found)
    values = effective_filter(ctx)
    if source is None or values.shape[-1] % source.low.size:
        return None
    # Rows of several pixels: the channels come again and again.
    values = values.reshape(values.shape[0], -1, source.low.size)
    return _weighted(ctx, _sums(ctx, values, _offsets(ctx, source, padded=False)), 0, 2)


def _sums(ctx: Context, values: Ints, inputs: Bounds) -> Bounds:
    positive = np.maximum(values, 0).sum(axis=1)
    negative = np.minimum(values, 0).sum(axis=1)
    bias = biases(ctx, values.shape[0])
    return Bounds(
        bias + positive @ inputs.low + negative @ inputs.high,
        bias + positive @ inputs.high + negative @ inputs.low,
    )


def _depthwise(ctx: Context, found: Mapping[int, Bounds]) -> Bounds | None:
    source = _source(ctx, found)
    if source is None:
        return None
    values = effective_filter(ctx, depthwise=True)
    inputs = _offsets(ctx, source, padded=is_padded(ctx.graph, ctx.op))
    times = values.shape[1] // source.low.size
    low, high = np.repeat(inputs.low, times), np.repeat(inputs.high, times)
    positive, negative = np.maximum(values, 0).sum(axis=0), np.minimum(values, 0).sum(axis=0)
    bias = biases(ctx, values.shape[1])
    sums = Bounds(bias + positive * low + negative * high, bias + positive * high + negative * low)
    return _weighted(ctx, sums, 3, 4)


def _pool(ctx: Context, found: Mapping[int, Bounds]) -> Bounds | None:
    """Mean and maximum lie between the bounds of what they are taken of."""
    source = _source(ctx, found)
    if source is None:
        return None
    low, high = ctx.fused_activation(ctx.output())
    return Bounds(np.clip(source.low, low, high), np.clip(source.high, low, high))


def _requantized(ctx: Context, found: Mapping[int, Bounds]) -> Bounds | None:
    source = _source(ctx, found)
    if source is None:
        return None
    input_scale, input_zero_point = ctx.quantized(ctx.input(0))
    output_scale, output_zero_point = ctx.quantized(ctx.output())
    factor = ctx.multiplier(float(input_scale) / float(output_scale))
    least = output_zero_point if ctx.op.kind == "RELU" else INT8_MIN
    sums = Bounds(source.low - input_zero_point, source.high - input_zero_point)
    return _rescaled_by(sums, factor, output_zero_point, least, INT8_MAX)


def _relu6(ctx: Context, found: Mapping[int, Bounds]) -> Bounds | None:
    source = _source(ctx, found)
    if source is None:
        return None
    scale, zero_point = ctx.quantized(ctx.input(0))
    six = min(quantize_real(6.0, scale, zero_point), INT8_MAX)
    return Bounds(np.clip(source.low, zero_point, six), np.clip(source.high, zero_point, six))


def _mean(ctx: Context, found: Mapping[int, Bounds]) -> Bounds | None:
    source, tensor, output = _source(ctx, found), ctx.input(0), ctx.output()
    if source is None or len(tensor.shape) - 1 in reduced_axes(ctx, tensor):
        return None
    input_scale, input_zero_point = ctx.quantized(tensor)
    output_scale, output_zero_point = ctx.quantized(output)
    elements = tensor.elements // output.elements
    factor = ctx.multiplier(float(input_scale) / float(output_scale))
    if ctx.op.kind == "MEAN":
        factor = mean_multiplier(factor, elements)
    sums = Bounds(
        (source.low - input_zero_point) * elements, (source.high - input_zero_point) * elements
    )
    return _rescaled_by(sums, factor, output_zero_point, INT8_MIN, INT8_MAX)


def _add(ctx: Context, found: Mapping[int, Bounds]) -> Bounds | None:
    first, second, output = ctx.input(0), ctx.input(1), ctx.output()
    sources = _source(ctx, found, 0), _source(ctx, found, 1)
    factors = addition_factors(ctx, first, second, output)
    sums = Bounds(*np.zeros((2, output.shape[-1]), np.int64))
    for tensor, source, factor in zip(
        (first, second), sources, (factors.input1, factors.input2), strict=True
    ):
        if source is None or source.low.size not in (1, output.shape[-1]):
            return None
        zero_point = ctx.quantized(tensor)[1]
        up = Bounds(
            (source.low - zero_point) << factors.left_shift,
            (source.high - zero_point) << factors.left_shift,
        )
        scaled = _rescaled_by(up, factor, 0, -_LIMIT, _LIMIT - 1)
        sums = Bounds(sums.low + scaled.low, sums.high + scaled.high)
    low, high = ctx.fused_activation(output)
    return _rescaled_by(sums, factors.output, ctx.quantized(output)[1], low, high)


def _lookup(ctx: Context, found: Mapping[int, Bounds]) -> Bounds | None:
    """Any function of one value: its least and largest entry between the bounds."""
    source = _source(ctx, found)
    (step,) = lower_operator(ctx.graph, ctx.op)
    table = step.operands[-1]
    if source is None or not isinstance(table, ConstOperand):
        return None
    entries = table.data.astype(np.int64)
    parts = [
        entries[low - INT8_MIN : high - INT8_MIN + 1]
        for low, high in zip(source.low.tolist(), source.high.tolist(), strict=True)
    ]
    return Bounds(np.array([p.min() for p in parts]), np.array([p.max() for p in parts]))


def _reshape(ctx: Context, found: Mapping[int, Bounds]) -> Bounds | None:
    """Rows of several pixels: the channels come again and again."""
    source, output = _source(ctx, found), ctx.output()
    if source is None or output.shape[-1] % source.low.size:
        return None
    times = output.shape[-1] // source.low.size
    return Bounds(np.tile(source.low, times), np.tile(source.high, times))


def _pad(ctx: Context, found: Mapping[int, Bounds]) -> Bounds | None:
    source, output = _source(ctx, found), ctx.output()
    if source is None or source.low.size != output.shape[-1]:
        return None
    value = ctx.quantized(output)[1]
    given = ctx.optional_input(2)
    if given is not None:
        value = int(ctx.constant(given).reshape(-1).tolist()[0])
    return Bounds(np.minimum(source.low, value), np.maximum(source.high, value))


def _same(ctx: Context, found: Mapping[int, Bounds]) -> Bounds | None:
    return _source(ctx, found)


def _concatenation(ctx: Context, found: Mapping[int, Bounds]) -> Bounds | None:
    parts = [_source(ctx, found, position) for position in range(len(ctx.op.inputs))]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    rank = len(ctx.output().shape)
    if ctx.axis(ctx.option_int("axis", -rank, rank - 1), rank) == rank - 1:
        return Bounds(
            np.concatenate([p.low for p in known]), np.concatenate([p.high for p in known])
        )
    return Bounds(np.min([p.low for p in known], axis=0), np.max([p.high for p in known], axis=0))


_TRANSFERS: Mapping[str, Callable[[Context, Mapping[int, Bounds]], Bounds | None]] = {
    "ADD": _add,
    "AVERAGE_POOL_2D": _pool,
    "CONCATENATION": _concatenation,
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _depthwise,
    "ELU": _lookup,
    "EXPAND_DIMS": _reshape,
    "FULLY_CONNECTED": _dense,
    "HARD_SWISH": _lookup,
    "LEAKY_RELU": _lookup,
    "LOGISTIC": _lookup,
    "MAX_POOL_2D": _pool,
    "MEAN": _mean,
    "PAD": _pad,
    "PADV2": _pad,
    "QUANTIZE": _requantized,
    "RELU": _requantized,
    "RELU6": _relu6,
    "RESHAPE": _reshape,
    "RESIZE_NEAREST_NEIGHBOR": _same,
    "SQUEEZE": _reshape,
    "SUM": _mean,
    "TANH": _lookup,
}
