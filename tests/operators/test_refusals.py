"""What lowering must refuse, because kernels check nothing: hostile and unsupported operators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.engines.plan.graph import DType, Graph, Operator, Quantization, Tensor
from harness.engines.plan.importer import import_model
from harness.engines.plan.lower import SUPPORTED, lower
from harness.errors import UnsupportedModelError
from tests.operators.registry import Case, comparisons

# Their cases are several operators, which what follows does not expect.
_SEVERAL = ("ASSIGN_VARIABLE", "READ_VARIABLE")

MAKERS: dict[str, Callable[[np.random.Generator], Case]] = {}
for _comparison in comparisons():
    if _comparison.operator not in _SEVERAL:
        MAKERS.setdefault(_comparison.operator, _comparison.make_case)

# They move or compare stored values and never ask for a scale.
SCALELESS = [
    "ARG_MAX",
    "ARG_MIN",
    "DEPTH_TO_SPACE",
    "EXPAND_DIMS",
    "MAXIMUM",
    "MINIMUM",
    "PACK",
    "RESHAPE",
    "RESIZE_BILINEAR",
    "RESIZE_NEAREST_NEIGHBOR",
    "SLICE",
    "SPACE_TO_DEPTH",
    "SPLIT",
    "SPLIT_V",
    "SQUEEZE",
    "STRIDED_SLICE",
    "TRANSPOSE",
    "UNPACK",
]


def _graph(kind: str, seed: int = 0) -> Graph:
    return import_model(MAKERS[kind](np.random.default_rng((99, seed)))[0], "hostile")


def _with_tensor(graph: Graph, index: int, **changes: Any) -> Graph:
    tensors = dict(graph.tensors)
    tensors[index] = replace(tensors[index], **changes)
    return replace(graph, tensors=tensors)


def _with_operator(graph: Graph, **changes: Any) -> Graph:
    return replace(graph, operators=(replace(graph.operators[0], **changes),))


def _with_options(graph: Graph, **options: Any) -> Graph:
    return _with_operator(graph, options={**graph.operators[0].options, **options})


def _refused(graph: Graph, message: str | None = None) -> None:
    with pytest.raises(UnsupportedModelError, match=message) as caught:
        lower(graph)
    assert caught.value.where.startswith("operator 0 (")


def _quant(scale: float, zero_point: int = 0, count: int = 1, axis: int = 0) -> Quantization:
    return Quantization(
        np.full(count, scale, np.float32), np.full(count, zero_point, np.int64), axis
    )


def test_unknown_operator_is_named() -> None:
    graph = _with_operator(_graph("RELU"), kind="LSTM")
    _refused(graph, "LSTM")


def test_every_supported_operator_has_hostile_tests() -> None:
    assert set(MAKERS) | set(_SEVERAL) == SUPPORTED


@pytest.mark.parametrize("kind", sorted(MAKERS))
@pytest.mark.parametrize("seed", range(4))
def test_wrong_output_shape(kind: str, seed: int) -> None:
    graph = _graph(kind, seed)
    output = graph.operators[0].outputs[0]
    shape = graph.tensors[output].shape
    _refused(_with_tensor(graph, output, shape=(*shape, 2)))
    for axis in range(len(shape)):
        wrong = tuple(n + (i == axis) for i, n in enumerate(shape))
        _refused(_with_tensor(graph, output, shape=wrong))


@pytest.mark.parametrize("kind", sorted(set(MAKERS) - set(SCALELESS)))
@pytest.mark.parametrize(
    "quant",
    [
        None,
        _quant(0.0),
        _quant(-1.0),
        _quant(float("nan")),
        _quant(float("inf")),
        _quant(0.1, 10**6),
        _quant(0.1, -(10**6)),
        _quant(0.1, 0, 3),
    ],
    ids=["none", "zero", "negative", "nan", "inf", "high", "low", "per-channel"],
)
def test_wrong_input_quantisation(kind: str, quant: Quantization | None) -> None:
    # PAD moves bytes; only its output's zero point matters.
    # The seed makes QUANTIZE read int8: every zero point would fit int32.
    graph = _graph(kind, 2)
    operator = graph.operators[0]
    # TRANSPOSE_CONV's first input is the output's shape.
    source = operator.inputs[2 if kind == "TRANSPOSE_CONV" else 0]
    index = operator.outputs[0] if kind in ("PAD", "PADV2") else source
    _refused(_with_tensor(graph, index, quant=quant))


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_wrong_type(kind: str) -> None:
    graph = _graph(kind)
    for index in (graph.operators[0].inputs[0], graph.operators[0].outputs[0]):
        _refused(_with_tensor(graph, index, dtype=DType.BOOL))


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_wrong_number_of_tensors(kind: str) -> None:
    graph = _graph(kind)
    operator = graph.operators[0]
    _refused(_with_operator(graph, inputs=()))
    _refused(_with_operator(graph, inputs=operator.inputs * 4))
    _refused(_with_operator(graph, inputs=(-1, *operator.inputs[1:])))
    _refused(_with_operator(graph, outputs=operator.outputs * 2))


@pytest.mark.parametrize(
    ("kind", "option", "values"),
    [
        ("CONV_2D", "stride_h", [0, -1, 2**30]),
        ("CONV_2D", "stride_w", [0, -1, 2**30]),
        ("CONV_2D", "dilation_h_factor", [0, -1, 2**30]),
        ("CONV_2D", "dilation_w_factor", [0, -1, 2**30]),
        ("CONV_2D", "padding", ["REFLECT"]),
        ("CONV_2D", "fused_activation_function", ["TANH", "SIGN_BIT"]),
        ("DEPTHWISE_CONV_2D", "depth_multiplier", [0, -1, 17, 2**30]),
        ("AVERAGE_POOL_2D", "filter_height", [0, -1, 2**30]),
        ("MAX_POOL_2D", "filter_width", [0, -1, 2**30]),
        ("SOFTMAX", "beta", [0.0, -1.0, float("nan"), float("inf"), 1e-30, "x"]),
        ("FULLY_CONNECTED", "weights_format", ["SHUFFLED4x16INT8"]),
    ],
)
def test_wrong_option(kind: str, option: str, values: list[Any]) -> None:
    for value in values:
        _refused(_with_options(_graph(kind), **{option: value}))


@pytest.mark.parametrize("kind", ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"])
def test_wrong_weights(kind: str) -> None:
    graph = _graph(kind)
    index = graph.operators[0].inputs[1]
    weights = graph.tensors[index]
    _refused(_with_tensor(graph, index, data=None), "constant")
    _refused(_with_tensor(graph, index, quant=None), "scale")
    _refused(_with_tensor(graph, index, quant=_quant(0.1, 0, 77)), "77 scales")
    _refused(_with_tensor(graph, index, quant=_quant(float("nan"))), "scale")
    _refused(_with_tensor(graph, index, dtype=DType.INT16), "type")
    _refused(_with_tensor(graph, index, shape=(1, *weights.shape)), "dimensions")
    if kind != "FULLY_CONNECTED":
        _refused(_with_tensor(graph, index, quant=_quant(0.1, 3)), "zero point")


def _with_bias(graph: Graph, bias: np.ndarray, scale: float) -> Graph:
    tensors = dict(graph.tensors)
    index = max(tensors) + 1
    dtype = DType(bias.dtype.name.upper())
    tensors[index] = Tensor(index, "bias", dtype, bias.shape, _quant(scale), bias)
    operator = graph.operators[0]
    return _with_operator(replace(graph, tensors=tensors), inputs=(*operator.inputs[:2], index))


@pytest.mark.parametrize("kind", ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"])
def test_wrong_bias(kind: str) -> None:
    graph = _graph(kind)
    channels = graph.tensors[graph.operators[0].outputs[0]].shape[-1]
    _refused(_with_bias(graph, np.zeros(channels + 1, np.int32), 1.0), "channels")
    _refused(_with_bias(graph, np.zeros(channels, np.int16), 1.0), "type")


def test_bias_that_can_overflow() -> None:
    graph = _graph("CONV_2D")
    channels = graph.tensors[graph.operators[0].outputs[0]].shape[-1]
    worst = np.full(channels, -(2**31), np.int32)
    _refused(_with_bias(graph, worst, 1.0), "accumulator")


def test_fully_connected_bias_scale() -> None:
    for seed in range(50):
        graph = _graph("FULLY_CONNECTED", seed)
        operator = graph.operators[0]
        quant = graph.tensors[operator.inputs[1]].quant
        if quant is not None and not quant.per_channel:
            output = graph.tensors[operator.outputs[0]]
            bias = np.zeros(output.shape[-1], np.int32)
            _refused(_with_bias(graph, bias, 1e9), "product")
            return
    pytest.fail("no case is quantised per tensor")


@pytest.mark.parametrize("axis", [-9, 9, 2**31 - 1, -(2**31)])
def test_mean_axis(axis: int) -> None:
    graph = _graph("MEAN")
    data = np.array([axis], np.int32)
    _refused(_with_tensor(graph, graph.operators[0].inputs[1], shape=(1,), data=data), "axes")


def test_negative_padding() -> None:
    graph = _graph("PAD")
    index = graph.operators[0].inputs[1]
    data = np.array(graph.tensors[index].data)
    data[0, 0], data[0, 1] = -1, data[0].sum() + 1
    _refused(_with_tensor(graph, index, data=data), "negative")


def test_int16_relu_has_no_zero_points() -> None:
    graph = _graph("RELU")
    operator = graph.operators[0]
    for index in (operator.inputs[0], operator.outputs[0]):
        graph = _with_tensor(graph, index, dtype=DType.INT16, quant=_quant(0.5))
    assert lower(graph).steps
    for index in (operator.inputs[0], operator.outputs[0]):
        _refused(_with_tensor(graph, index, quant=_quant(0.5, 1)), "zero point")


def test_add_out_of_fixed_point() -> None:
    graph = _with_options(_graph("ADD"), fused_activation_function="NONE")
    _refused(_with_tensor(graph, graph.operators[0].outputs[0], quant=_quant(1e-12)), "factor")


def test_add_alternating_broadcast_of_too_many_dimensions() -> None:
    shape1, shape2 = (2, 1) * 4, (1, 2) * 4
    tensors = {
        i: Tensor(i, f"t{i}", DType.INT8, shape, _quant(0.5))
        for i, shape in enumerate([shape1, shape2, (2,) * 8])
    }
    operator = Operator(0, "ADD", (0, 1), (2,), {"fused_activation_function": "NONE"})
    _refused(Graph("m", bytes(32), tensors, (operator,), (0, 1), (2,)), "alternates")


def test_long_softmax_rows() -> None:
    graph = _graph("SOFTMAX")
    for index in (graph.operators[0].inputs[0], graph.operators[0].outputs[0]):
        graph = _with_tensor(graph, index, shape=(4096,))
    _refused(graph, "longer")


def test_huge_rescaling_factor() -> None:
    graph = _graph("RELU")
    _refused(_with_tensor(graph, graph.operators[0].inputs[0], quant=_quant(1e30)), "factor")
