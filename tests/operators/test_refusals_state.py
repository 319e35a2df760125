"""What lowering must refuse of int16 activations, matrix products and operators with state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from harness.engines.plan.graph import DType, Graph, Quantization, Tensor
from harness.engines.plan.importer import import_model
from harness.engines.plan.lower import lower
from harness.errors import UnsupportedModelError
from tests.operators import test_batch_matmul as matmul
from tests.operators import test_conv as conv
from tests.operators import test_elementwise as elementwise
from tests.operators import test_pool_mean as pool
from tests.operators import test_stateful as stateful
from tests.operators import test_transpose_conv as transpose
from tests.operators.device import Device
from tests.operators.registry import Case
from tests.operators.test_fuzz_lowering import damaged

Maker = Callable[[np.random.Generator], Case]

WEIGHTED: dict[str, Maker] = {
    "CONV_2D": partial(conv.conv_case, dtype="INT16"),
    "DEPTHWISE_CONV_2D": partial(conv.depthwise_case, dtype="INT16"),
    "FULLY_CONNECTED": partial(conv.fully_connected_case, dtype="INT16"),
    "TRANSPOSE_CONV": partial(transpose.transpose_conv_case, dtype="INT16"),
}
INT16: dict[str, Maker] = {
    **WEIGHTED,
    "BATCH_MATMUL": partial(matmul.batch_matmul_case, dtype="INT16"),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": partial(stateful.lstm_case, dtype="INT16"),
    "SOFTMAX": elementwise.softmax_int16_case,
    "PAD": partial(elementwise.pad_case, dtype="INT16"),
    "MAX_POOL_2D": partial(pool.pool_case, kind="MAX_POOL_2D", dtype="INT16"),
}
FUZZED: dict[str, Maker] = {
    **INT16,
    "SVDF, int8": partial(stateful.svdf_case, state="INT8"),
    "SVDF, int16": stateful.svdf_case,
    "LSTM, int8": stateful.lstm_case,
    "AVERAGE_POOL_2D": partial(pool.pool_case, kind="AVERAGE_POOL_2D", dtype="INT16"),
}
ROUNDS = 60


def _graph(make_case: Maker, seed: int = 0) -> Graph:
    return import_model(make_case(np.random.default_rng((98, seed)))[0], "hostile")


def _with(graph: Graph, index: int, **changes: Any) -> Graph:
    return replace(
        graph, tensors={**graph.tensors, index: replace(graph.tensors[index], **changes)}
    )


def _input(graph: Graph, position: int, **changes: Any) -> Graph:
    return _with(graph, graph.operators[0].inputs[position], **changes)


def _options(graph: Graph, **options: Any) -> Graph:
    operator = graph.operators[0]
    changed = replace(operator, options={**operator.options, **options})
    return replace(graph, operators=(changed,))


def _refused(graph: Graph, message: str) -> None:
    with pytest.raises(UnsupportedModelError, match=message):
        lower(graph)


def _quant(scale: float, zero_point: int = 0, count: int = 1) -> Quantization:
    return Quantization(np.full(count, scale, np.float32), np.full(count, zero_point, np.int64), 0)


def _source(graph: Graph) -> int:
    operator = graph.operators[0]
    return operator.inputs[2 if operator.kind == "TRANSPOSE_CONV" else 0]


@pytest.mark.parametrize("kind", sorted(set(INT16) - {"PAD", "UNIDIRECTIONAL_SEQUENCE_LSTM"}))
def test_zero_point_of_int16(kind: str) -> None:
    graph = _graph(INT16[kind])
    tensor = graph.tensors[_source(graph)]
    assert tensor.quant is not None
    moved = replace(tensor.quant, zero_points=np.array([1], np.int64))
    _refused(_with(graph, tensor.index, quant=moved), "zero point|quantised differently")


@pytest.mark.parametrize("kind", sorted(WEIGHTED))
def test_rescaling_of_wide_sums(kind: str) -> None:
    for seed in range(20):
        graph = _graph(WEIGHTED[kind], seed)
        bias = graph.operators[0].inputs[3 if kind == "TRANSPOSE_CONV" else 2 :]
        if bias and bias[0] >= 0 and graph.tensors[bias[0]].dtype is DType.INT64:
            break
    else:
        pytest.fail("no case has 64-bit sums")
    graph = _with(graph, bias[0], quant=None) if kind != "FULLY_CONNECTED" else graph
    huge = _with(graph, _source(graph), quant=_quant(1e20))
    _refused(huge, "rescaling factor|product of the input")
    tensor = graph.tensors[bias[0]]
    data = np.full(tensor.shape, -(2**63), np.int64)
    _refused(_with(graph, bias[0], data=data), "48-bit accumulator")


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        ("CONV_2D", np.int16),
        ("DEPTHWISE_CONV_2D", np.int32),
        ("FULLY_CONNECTED", np.int16),
        ("TRANSPOSE_CONV", np.int32),
    ],
)
def test_bias_type(kind: str, dtype: type[np.signedinteger[Any]]) -> None:
    graph = _graph(WEIGHTED[kind])
    operator = graph.operators[0]
    channels = graph.tensors[operator.outputs[0]].shape[-1]
    index = max(graph.tensors) + 1
    data = np.zeros(channels, dtype)
    tensor = Tensor(index, "bias", DType(data.dtype.name.upper()), data.shape, _quant(1.0), data)
    kept = operator.inputs[: 3 if kind == "TRANSPOSE_CONV" else 2]
    changed = replace(operator, inputs=(*kept, index))
    graph = replace(graph, tensors={**graph.tensors, index: tensor}, operators=(changed,))
    _refused(graph, "type")


def test_transpose_conv_shapes() -> None:
    graph = _graph(WEIGHTED["TRANSPOSE_CONV"])
    size = graph.tensors[graph.operators[0].inputs[0]]
    assert size.data is not None
    _refused(_input(graph, 0, data=np.asarray(size.data) + 1), "says")
    weights = graph.tensors[graph.operators[0].inputs[1]]
    shape = (*weights.shape[:3], weights.shape[3] + 1)
    _refused(_input(graph, 1, shape=shape, data=np.zeros(shape, np.int8)), "shape")
    for value in (0, -1, 2**30):
        _refused(_options(graph, stride_h=value), "stride_h")


def test_matrices_that_have_no_product() -> None:
    graph = _graph(matmul.batch_matmul_case)
    left = graph.tensors[graph.operators[0].inputs[0]]
    longer = (*left.shape[:-1], left.shape[-1] + 1)
    taller = (*left.shape[:-2], left.shape[-2] + 1, left.shape[-1])
    for shape in (longer, taller, left.shape[-1:], (1,) * 4 + left.shape[-2:]):
        _refused(_input(graph, 0, shape=shape), "product|shape|dimensions|broadcast")
    graph = _options(graph, adj_x=False, adj_y=True)
    deep = 1 << 16
    for position, rows in ((0, 2), (1, 3)):
        graph = _input(graph, position, shape=(rows, deep), data=None)
    graph = _with(graph, graph.operators[0].outputs[0], shape=(2, 3))
    _refused(graph, "sums of")


@pytest.mark.parametrize("make_case", [stateful.svdf_case, stateful.lstm_case])
def test_state_must_be_a_variable(make_case: Maker) -> None:
    graph = _graph(make_case)
    for index in (i for i, tensor in graph.tensors.items() if tensor.state):
        _refused(_with(graph, index, state=None), "variable")
        _refused(_with(graph, index, shape=(99, 99)), "shape|elements|reads")


def test_svdf() -> None:
    graph = _graph(stateful.svdf_case)
    for rank in (0, -1, 97):
        _refused(_options(graph, rank=rank), "rank|units")
    _refused(_options(graph, fused_activation_function="TANH"), "TANH")
    _refused(_input(graph, 1, data=None), "constant")
    _refused(_input(graph, 2, data=None), "constant")
    _refused(_input(graph, 2, dtype=DType.INT8), "type")
    _refused(_input(graph, 1, quant=_quant(0.1, 1)), "zero point of weights")
    _refused(_input(graph, 3, quant=_quant(99.0)), "product of the state")
    _refused(_input(graph, 3, shape=(99,), data=np.zeros(99, np.int32)), "shape")
    _refused(_input(graph, 4, quant=_quant(1e-20)), "factor|product of the state")


def test_lstm() -> None:
    graph = _graph(stateful.lstm_case)
    operator = graph.operators[0]
    for position in (9, 10, 11, 16, 17, 20, 21, 22, 23):
        inputs = list(operator.inputs)
        inputs[position] = operator.inputs[1]
        changed = replace(operator, inputs=tuple(inputs))
        _refused(replace(graph, operators=(changed,)), "cannot be run")
    for position in (1, 5, 12):
        inputs = list(operator.inputs)
        inputs[position] = -1
        changed = replace(operator, inputs=tuple(inputs))
        _refused(replace(graph, operators=(changed,)), "missing")
        _refused(_input(graph, position, data=None), "constant")
        _refused(_input(graph, position, shape=(99, 99)), "shape")
    units = graph.tensors[operator.inputs[18]].shape[1]
    _refused(_input(graph, 1, quant=_quant(0.1, 0, units + 1)), "per channel")
    _refused(_input(graph, 2, quant=_quant(0.1, 1)), "zero point of weights")
    _refused(_input(graph, 19, quant=_quant(2.0**10)), "not between 2\\^-27 and 2\\^2")
    _refused(_input(graph, 19, quant=_quant(2.0**-30)), "not between 2\\^-27 and 2\\^2")
    _refused(_options(graph, fused_activation_function="RELU"), "RELU")
    _refused(_options(graph, cell_clip=float("nan")), "cell_clip")
    _refused(_options(graph, diagonal_recurrent_tensors=True), "diagonal")
    inputs = list(_graph(INT16["UNIDIRECTIONAL_SEQUENCE_LSTM"]).operators[0].inputs)
    graph = _graph(INT16["UNIDIRECTIONAL_SEQUENCE_LSTM"])
    inputs[19] = inputs[18]
    changed = replace(graph.operators[0], inputs=tuple(inputs))
    _refused(replace(graph, operators=(changed,)), "both states")


def test_damaged_operators(device: Device) -> None:
    refused = ran = 0
    for index, make_case in enumerate(FUZZED.values()):
        for round_number in range(ROUNDS):
            rng = np.random.default_rng((8, index, round_number))
            graph = import_model(make_case(rng)[0], "damaged")
            for _ in range(rng.integers(1, 3)):
                graph = damaged(rng, graph)
            try:
                program = lower(graph)
            except UnsupportedModelError:
                refused += 1
                continue
            shapes = [graph.tensors[i] for i in graph.inputs]
            device.run(program, [np.full(t.shape, 77, t.dtype.numpy) for t in shapes])
            ran += 1
    assert refused > ROUNDS
    assert ran > ROUNDS
