"""Dead and constant channels are removed from the layers that make them and from all that reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from harness.engines.plan.graph import DType, Graph, Operator, Quantization, Tensor
from harness.engines.plan.lower.context import Context
from harness.engines.plan.optimise.coupling import Channels, Mask, removable_channels
from harness.engines.plan.optimise.edit import edited
from harness.engines.plan.optimise.ranges import biases, effective_filter
from harness.engines.plan.optimise.report import Optimisation

MAX_ROUNDS = 8
"""A round finds nearly everything; what a removal makes possible is found by the next one."""

_LAYERS = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0}
"""Layers with weights, and the dimension of the filter along which their outputs lie."""


def remove_channels(graph: Graph) -> tuple[Graph, tuple[Optimisation, ...]]:
    """Remove what coupling.py finds, until it finds nothing more.

    The new bias fits into 32 bits, and no accumulator can run over that could not before: what joins the bias is at
    most what the removed weights could have added, which lower/weights.py has counted.
    """
    done: dict[int, Optimisation] = {}
    for _ in range(MAX_ROUNDS):
        found = removable_channels(graph)
        if all(kept.all() for kept in found.kept.values()):
            break
        graph, removed = _Removal(graph, found).carried_out()
        for one in removed:
            old = done.get(one.operators[0])
            done[one.operators[0]] = one if old is None else _together(old, one)
    return graph, tuple(done[index] for index in sorted(done))


def _together(old: Optimisation, new: Optimisation) -> Optimisation:
    return replace(
        old,
        channels=old.channels + new.channels,
        macs=old.macs + new.macs,
        bytes=old.bytes + new.bytes,
    )


@dataclass
class _Removal:
    """One round: graph and masks in, new graph out."""

    graph: Graph
    found: Channels

    def __post_init__(self) -> None:
        self._next = max(self.graph.tensors) + 1
        self._new: list[Tensor] = []

    def carried_out(self) -> tuple[Graph, tuple[Optimisation, ...]]:
        """Return the smaller graph and, per layer, what it lost."""
        operators = [self._operator(op) for op in self.graph.operators]
        for index, kept in self.found.kept.items():
            if not kept.all():
                tensor = self.graph.tensors[index]
                shape = (*tensor.shape[:-1], int(kept.sum()))
                self._new.append(replace(tensor, shape=shape))
        smaller = edited(self.graph, operators, self._new)
        return smaller, tuple(_lost(self.graph, smaller))

    def _kept(self, tensor: int) -> Mask | None:
        """The mask of a tensor of which something goes."""
        kept = self.found.kept.get(tensor)
        return None if kept is None or kept.all() else kept

    def _operator(self, op: Operator) -> Operator:
        if op.kind in _LAYERS:
            return self._layer(op)
        output = self._kept(op.outputs[0]) if op.outputs else None
        if output is None:
            return op
        if op.kind == "ADD":
            return replace(op, inputs=tuple(self._operand(i, output) for i in op.inputs))
        if op.kind == "SQUEEZE" and not op.options.get("squeeze_dims"):
            # "All of extent 1" must not come to mean a last dimension that becomes 1.
            shape = self.graph.tensors[op.inputs[0]].shape
            ones = tuple(axis for axis, extent in enumerate(shape) if extent == 1)
            return replace(op, options={**op.options, "squeeze_dims": ones})
        if op.kind == "RESHAPE":
            shape = (*self.graph.tensors[op.outputs[0]].shape[:-1], int(output.sum()))
            return replace(op, options={**op.options, "new_shape": shape})
        return op

    def _operand(self, index: int, kept: Mask) -> int:
        """An input of ADD: constants along the channels become shorter with them."""
        tensor = self.graph.tensors[index]
        if tensor.data is None or tensor.shape[-1:] != (kept.size,):
            return index
        return self._constant(tensor, np.compress(kept, tensor.data, axis=-1), tensor.quant)

    def _layer(self, op: Operator) -> Operator:
        source, output = self._kept(op.inputs[0]), self._kept(op.outputs[0])
        if source is None and output is None:
            return op
        ctx = Context(self.graph, op)
        weights = ctx.input(1)
        axis = _LAYERS[op.kind]
        bias, folded = biases(ctx, weights.shape[axis]), False
        data, quant = np.asarray(weights.data), weights.quant
        if source is not None and op.kind != "DEPTHWISE_CONV_2D":
            share = self._constant_share(ctx, source)
            bias, folded = bias + share, bool(share.any())
            along = source
            if op.kind == "FULLY_CONNECTED":
                along = np.tile(source, weights.shape[1] // source.size)
            data = np.compress(along, data, axis=-1)
        if output is not None:
            data, bias = np.compress(output, data, axis=axis), bias[output]
            quant = _part(quant, output)
        inputs = [op.inputs[0], self._constant(weights, data, quant), *op.inputs[2:]]
        old = ctx.optional_input(2)
        if old is not None:
            part = old.quant if output is None else _part(old.quant, output)
            inputs[2] = self._constant(old, bias.astype(np.int32), part)
        elif folded:
            inputs[2:] = [self._constant(self._no_bias(ctx), bias.astype(np.int32), _product(ctx))]
        return replace(op, inputs=tuple(inputs))

    def _constant_share(self, ctx: Context, kept: Mask) -> np.ndarray:
        """What the removed channels add to the sum of each output, as shape (outputs,).

        Nothing for those whose value is the zero point, and for those with weights of 0: the others are constant, or
        only outputs need them that are removed as well.
        """
        source = ctx.input(0)
        bounds = self.found.bounds[source.index]
        constant = ~kept & bounds.constant
        offsets = np.where(constant, bounds.low - ctx.quantized(source)[1], 0)
        values = effective_filter(ctx)
        sums = values.reshape(values.shape[0], -1, kept.size).sum(axis=1)
        return np.asarray(sums @ offsets)

    def _constant(self, like: Tensor, data: np.ndarray, quant: Quantization | None) -> int:
        """Add a constant and return its index."""
        index = self._next
        self._next += 1
        data = np.ascontiguousarray(data)
        self._new.append(replace(like, index=index, shape=data.shape, data=data, quant=quant))
        return index

    def _no_bias(self, ctx: Context) -> Tensor:
        return Tensor(-1, f"{ctx.output().name}/bias", DType.INT32, ())


def _part(quant: Quantization | None, kept: Mask) -> Quantization | None:
    """The quantisation of a constant of which some channels go."""
    if quant is None or len(quant.scales) != kept.size:
        return quant
    return replace(quant, scales=quant.scales[kept], zero_points=quant.zero_points[kept])


def _product(ctx: Context) -> Quantization:
    """Of a new bias: the product of the scales of input and filter, one scale standing for all."""
    scale, _ = ctx.quantized(ctx.input(0))
    product = np.asarray(ctx.quantization(ctx.input(1)).scales[:1] * scale, np.float32)
    return Quantization(product, np.zeros(1, np.int64))


def _lost(before: Graph, after: Graph) -> Iterator[Optimisation]:
    for old, new in zip(before.operators, after.operators, strict=True):
        if old.kind not in _LAYERS or old.inputs[1] == new.inputs[1]:
            continue
        channels = _channels(before, old) - _channels(after, new)
        macs = _macs(before, old) - _macs(after, new)
        stored = _stored(before, old) - _stored(after, new)
        yield Optimisation("channels", old.kind, (old.index,), channels, macs, stored)


def _channels(graph: Graph, op: Operator) -> int:
    return graph.tensors[op.outputs[0]].shape[-1]


def _macs(graph: Graph, op: Operator) -> int:
    """As the lowering counts them: every output has as many taps as its filter."""
    weights, output = graph.tensors[op.inputs[1]], graph.tensors[op.outputs[0]]
    return output.elements * weights.elements // weights.shape[_LAYERS[op.kind]]


def _stored(graph: Graph, op: Operator) -> int:
    """Bytes of filter, bias, and factor and shift of every channel."""
    constants = (graph.tensors[i].size_bytes for i in op.inputs[1:3] if i >= 0)
    return sum(constants) + 8 * _channels(graph, op)
