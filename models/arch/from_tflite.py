"""A fully int8 .tflite file to an ArchSpec and its parameters: the way back of to_tflite.

Only what an ArchSpec can say is read: one input, one output, both int8, a batch of one, and the layers
of models/arch/layers.py. Anything else is refused, with its place.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from harness.engines.plan.graph import DType, Graph, Operator, Tensor
from harness.engines.plan.importer import import_model
from harness.errors import UnsupportedModelError
from models.arch.layers import (
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Elementwise,
    Layer,
    Lstm,
    Nonlinearity,
    PadChannels,
    Pool2D,
    Reshape,
    Slice,
)
from models.arch.parameters import Array, LstmWeights, Parameters, Quant, Weights
from models.arch.spec import INPUT, ArchSpec, Node

_ONE = {"dilation_w_factor": 1, "dilation_h_factor": 1}


def from_tflite(data: bytes, name: str) -> tuple[ArchSpec, Parameters]:
    """Return the network of a .tflite file.

    Layers are named after their output tensors, with a number where a name is empty or taken.

    Raises:
        ModelFileError: not a .tflite file, or corrupt.
        UnsupportedModelError: something that the plan engine or an ArchSpec does not have.
    """
    return _Reader(import_model(data, name), name).read()


class _Reader:
    def __init__(self, graph: Graph, name: str) -> None:
        self._graph = graph
        self._name = name
        self._names: dict[int, str] = {}
        self._quants: dict[str, Quant] = {}
        self._weights: dict[str, Weights | LstmWeights] = {}
        # First node with the weights of a tensor.
        self._owners: dict[int, str] = {}

    def read(self) -> tuple[ArchSpec, Parameters]:
        graph = self._graph
        if len(graph.inputs) != 1 or len(graph.outputs) != 1:
            raise UnsupportedModelError("several inputs or outputs", where=self._name)
        self._register(graph.inputs[0], INPUT)
        nodes = tuple(self._node(op) for op in graph.operators)
        if nodes and self._names[graph.outputs[0]] != nodes[-1].name:
            raise UnsupportedModelError("the output is not the last layer's", where=self._name)
        try:
            arch = ArchSpec(self._name, graph.tensors[graph.inputs[0]].shape, nodes)
        except ValueError as error:
            raise UnsupportedModelError(f"not a network of known layers: {error}") from error
        for node, op in zip(nodes, graph.operators, strict=True):
            if arch.shapes[node.name] != graph.tensors[op.outputs[0]].shape:
                raise UnsupportedModelError("an output of unusual shape", where=op.label)
        return arch, Parameters(self._quants, self._weights)

    def _register(self, index: int, name: str) -> str:
        tensor = self._graph.tensors[index]
        if tensor.dtype is not DType.INT8 or tensor.quant is None or tensor.quant.per_channel:
            raise UnsupportedModelError("not an int8 activation", where=tensor.label)
        self._names[index] = name
        self._quants[name] = Quant(float(tensor.quant.scales[0]), int(tensor.quant.zero_points[0]))
        return name

    def _node(self, op: Operator) -> Node:
        output = self._graph.tensors[op.outputs[0]]
        name = output.name if output.name and output.name not in self._quants else ""
        name = self._register(op.outputs[0], name or f"{output.name or 'layer'}#{op.index}")
        layer, activations = self._layer(op)
        unknown = [i for i in activations if i not in self._names]
        if unknown or len(op.outputs) != 1:
            raise UnsupportedModelError("a constant where activations belong", where=op.label)
        shares = ""
        if isinstance(layer, Conv2D | DepthwiseConv2D | Dense):
            owner = self._owners.setdefault(op.inputs[1], name)
            shares = "" if owner == name else owner
            if not shares:
                self._weights[name] = self._read_weights(op)
        elif isinstance(layer, Lstm):
            self._weights[name] = self._read_lstm(op)
        return Node(name, layer, tuple(self._names[i] for i in activations), shares)

    def _layer(self, op: Operator) -> tuple[Layer, tuple[int, ...]]:
        """Return the layer and the operands that are activations."""
        first = op.inputs[:1]
        options = dict(op.options)
        if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            shape = self._graph.tensors[op.inputs[1]].shape
            window = {
                "kernel": shape[1:3],
                "stride": (options["stride_h"], options["stride_w"]),
                "padding": options["padding"],
                "activation": self._activation(op),
            }
            source = self._graph.tensors[op.inputs[0]].shape
            if any(options.get(key, 1) != 1 for key in _ONE):
                raise UnsupportedModelError("dilation", where=op.label)
            if op.kind == "CONV_2D":
                return Conv2D(channels=shape[0], **window), first  # type: ignore[arg-type]
            if shape[3] != source[3]:
                raise UnsupportedModelError("a depth multiplier", where=op.label)
            return DepthwiseConv2D(**window), first  # type: ignore[arg-type]
        if op.kind == "FULLY_CONNECTED":
            units = self._graph.tensors[op.inputs[1]].shape[0]
            bias = len(op.inputs) > 2 and op.inputs[2] >= 0
            return Dense(units, self._activation(op), bias), first  # type: ignore[arg-type]
        if op.kind in ("AVERAGE_POOL_2D", "MAX_POOL_2D"):
            return self._pool(op), first
        if op.kind == "RESHAPE":
            return Reshape(self._graph.tensors[op.outputs[0]].shape), first
        if op.kind == "PAD":
            return self._pad(op), first
        if op.kind in ("ADD", "SUB", "MUL"):
            return Elementwise(op.kind, self._activation(op)), op.inputs[:2]  # type: ignore[arg-type]
        if op.kind in ("SOFTMAX", "LOGISTIC", "TANH"):
            if op.options.get("beta", 1.0) != 1.0:
                raise UnsupportedModelError("a beta other than 1", where=op.label)
            return Nonlinearity(op.kind), first  # type: ignore[arg-type]
        if op.kind == "SLICE":
            begin, size = (tuple(int(n) for n in self._constant(i)) for i in op.inputs[1:3])
            size = tuple(
                s - b if n < 0 else n
                for n, b, s in zip(
                    size, begin, self._graph.tensors[op.inputs[0]].shape, strict=True
                )
            )
            return Slice(begin, size), first
        if op.kind == "UNIDIRECTIONAL_SEQUENCE_LSTM":
            if options.get("time_major") or options.get("cell_clip"):
                raise UnsupportedModelError("time major, or clipped", where=op.label)
            return Lstm(self._graph.tensors[op.inputs[1]].shape[0]), first
        raise UnsupportedModelError("an ArchSpec has no such layer", where=op.label)

    def _activation(self, op: Operator) -> str:
        activation = str(op.options.get("fused_activation_function", "NONE"))
        if activation not in ("NONE", "RELU", "RELU6"):
            raise UnsupportedModelError(f"activation {activation}", where=op.label)
        return activation

    def _pool(self, op: Operator) -> Pool2D:
        o: Mapping[str, object] = op.options
        size, stride = (
            (int(str(o[f"{what}_h{more}"])), int(str(o[f"{what}_w{other}"])))
            for what, more, other in (("filter", "eight", "idth"), ("stride", "", ""))
        )
        kind = "MAX" if op.kind.startswith("MAX") else "AVERAGE"
        if self._activation(op) != "NONE":
            raise UnsupportedModelError("a pool with an activation", where=op.label)
        if o["padding"] == "VALID" and size == self._graph.tensors[op.inputs[0]].shape[1:3]:
            return Pool2D(kind)  # type: ignore[arg-type]
        return Pool2D(kind, size, stride, str(o["padding"]))  # type: ignore[arg-type]

    def _pad(self, op: Operator) -> PadChannels:
        pads = self._constant(op.inputs[1])
        channels = self._graph.tensors[op.outputs[0]].shape[-1]
        if pads.shape != (4, 2) or pads[:3].any() or pads[3, 0]:
            raise UnsupportedModelError("padding other than behind the channels", where=op.label)
        return PadChannels(channels)

    def _constant(self, index: int) -> Array:
        data = self._graph.tensors[index].data
        if data is None:
            raise UnsupportedModelError("not a constant", where=self._graph.tensors[index].label)
        return data

    def _quantised(self, index: int) -> tuple[Array, Array]:
        """Data and scales of a constant int8 tensor."""
        tensor: Tensor = self._graph.tensors[index]
        if tensor.dtype is not DType.INT8 or tensor.quant is None:
            raise UnsupportedModelError("not an int8 constant", where=tensor.label)
        return self._constant(index), tensor.quant.scales

    def _read_weights(self, op: Operator) -> Weights:
        values, scales = self._quantised(op.inputs[1])
        bias = None
        if len(op.inputs) > 2 and op.inputs[2] >= 0:
            bias = self._constant(op.inputs[2]).astype(np.int32)
        return Weights(values, scales, bias)

    def _read_lstm(self, op: Operator) -> LstmWeights:
        if any(i >= 0 for i in (*op.inputs[9:12], op.inputs[16], op.inputs[17], *op.inputs[20:])):
            raise UnsupportedModelError("peepholes, projection or normalisation", where=op.label)
        matrices = [self._quantised(i) for i in op.inputs[1:9]]
        scales = [float(s[0]) for _, s in matrices]
        cell = self._graph.tensors[op.inputs[19]].quant
        assert cell is not None
        return LstmWeights(
            input=tuple(values for values, _ in matrices[:4]),
            recurrent=tuple(values for values, _ in matrices[4:]),
            input_scales=tuple(scales[:4]),
            recurrent_scales=tuple(scales[4:]),
            bias=tuple(self._constant(i).astype(np.int32) for i in op.inputs[12:16]),
            cell_scale=float(cell.scales[0]),
        )
