"""The importer: what it accepts, what it folds, and the one clear line for everything else."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.engines.plan.compile import compile_model
from harness.engines.plan.graph import DType, Graph
from harness.engines.plan.importer import import_model
from harness.errors import ModelFileError, UnsupportedModelError
from models.example import example_model
from models.tflite.encoder import encode_model
from models.tflite.writer import ModelBuilder

SUPPORTED = {"CONV_2D", "ADD", "RESHAPE", "RELU", "SOFTMAX", "QUANTIZE", "DEQUANTIZE", "PACK"}


def chain(edit: Callable[[dict[str, Any]], None] | None = None) -> bytes:
    """x -> RELU -> y -> SOFTMAX -> z, after `edit` changed the file's tables."""
    b = ModelBuilder("chain")
    x, y, z = (b.tensor(n, (1, 4), scale=0.5, zero_point=1) for n in "xyz")
    b.operator("RELU", [x], [y])
    b.operator("SOFTMAX", [y], [z], beta=1.0)
    model = b.model([x], [z])
    if edit is not None:
        edit(model)
    return encode_model(model)


def check_guarantee(graph: Graph) -> None:
    """What graph.py promises to the rest of the engine."""
    ready = set(graph.inputs)
    for tensor in graph.tensors.values():
        assert all(extent > 0 for extent in tensor.shape)
        if tensor.data is not None:
            assert tensor.data.shape == tensor.shape
            assert tensor.data.dtype == tensor.dtype.numpy
            ready.add(tensor.index)
    for op in graph.operators:
        assert {i for i in op.inputs if i >= 0} <= ready
        for output in op.outputs:
            assert output not in ready
            ready.add(output)
    assert set(graph.outputs) <= ready
    assert set(graph.tensors) >= ready


def test_accepts_a_plain_model() -> None:
    graph = import_model(chain(), "chain", SUPPORTED)
    check_guarantee(graph)
    assert [op.kind for op in graph.operators] == ["RELU", "SOFTMAX"]
    assert (graph.inputs, graph.outputs, graph.name) == ((0,), (2,), "chain")
    quant = graph.tensors[0].quant
    assert quant is not None
    assert (quant.scales.tolist(), quant.zero_points.tolist()) == ([0.5], [1])


def edit_tensor(index: int, **values: Any) -> Callable[[dict[str, Any]], None]:
    def edit(model: dict[str, Any]) -> None:
        model["subgraphs"][0]["tensors"][index].update(values)

    return edit


def edit_operator(index: int, **values: Any) -> Callable[[dict[str, Any]], None]:
    def edit(model: dict[str, Any]) -> None:
        model["subgraphs"][0]["operators"][index].update(values)

    return edit


def edit_graph(**values: Any) -> Callable[[dict[str, Any]], None]:
    def edit(model: dict[str, Any]) -> None:
        model["subgraphs"][0].update(values)

    return edit


def add_data(model: dict[str, Any]) -> None:
    model["buffers"].append({"data": b"\0\0\0\0"})
    model["subgraphs"][0]["tensors"][1]["buffer"] = 1


def quantization(**values: Any) -> Callable[[dict[str, Any]], None]:
    return edit_tensor(0, quantization=values)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (edit_graph(inputs=(9,)), "no tensor 9"),
        (edit_graph(outputs=(-1,)), "no tensor -1"),
        (edit_graph(inputs=(0, 0)), "twice"),
        (edit_operator(1, inputs=(99,)), "no tensor 99"),
        (edit_operator(1, inputs=(-2,)), "no tensor -2"),
        (edit_operator(0, inputs=(2,)), "too early"),
        (edit_operator(0, inputs=(1,)), "too early"),
        (edit_operator(1, outputs=(1,)), "written twice"),
        (edit_operator(1, outputs=(0,)), "written twice"),
        (edit_operator(0, outputs=(-1,)), "written twice"),
        (edit_operator(0, opcode_index=7), "operator code 7"),
        (edit_graph(operators=()), "neither written"),
        (edit_tensor(0, buffer=5), "buffer 5 of 1"),
        (add_data, "is an input or an operator's output"),
        (edit_tensor(1, shape_signature=(1, 1, 4)), "differ in rank"),
        (quantization(scale=(0.0,)), "not finite and positive"),
        (quantization(scale=(-1.0,)), "not finite and positive"),
        (quantization(scale=(float("nan"),)), "not finite and positive"),
        (quantization(scale=(float("inf"),)), "not finite and positive"),
        (quantization(scale=(1.0, 2.0)), "2 scales for axis 0"),
        (quantization(scale=(1.0,) * 4, quantized_dimension=2), "4 scales for axis 2"),
        (quantization(scale=(1.0,) * 4, quantized_dimension=-1), "4 scales for axis -1"),
        (quantization(scale=(1.0,), zero_point=(1, 2)), "2 zero points for 1"),
        (quantization(scale=(1.0,), zero_point=(128,)), "outside INT8"),
        (lambda model: model.update(subgraphs=[]), "no subgraph"),
    ],
)
def test_contradictions_are_file_errors(
    edit: Callable[[dict[str, Any]], None], message: str
) -> None:
    with pytest.raises(ModelFileError, match=message) as caught:
        import_model(chain(edit), "broken", SUPPORTED)
    assert str(caught.value).startswith("broken: ")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (edit_graph(inputs=()), "no input"),
        (edit_graph(outputs=()), "no output"),
        (edit_tensor(0, shape=(1, 0)), r"tensor 0 \('x'\): shape 1x0"),
        (edit_tensor(0, shape=(1, -1)), r"tensor 0 \('x'\): shape 1x-1"),
        (edit_tensor(0, shape=(1,) * 9), "9 dimensions"),
        (edit_tensor(0, shape=(1 << 30, 1 << 30)), "2 GiB"),
        (edit_tensor(0, shape_signature=(1, -1)), r"tensor 0 \('x'\): dynamic shape 1x\?"),
        (edit_tensor(0, shape_signature=(-1, -1)), r"tensor 0 \('x'\): dynamic shape \?x\?"),
        (edit_tensor(1, shape_signature=(1, -1)), r"tensor 1 \('y'\): dynamic shape 1x\?"),
        (edit_tensor(1, type="INT4"), r"tensor 1 \('y'\): type INT4"),
        (edit_tensor(1, is_variable=True), "variable"),
        (edit_tensor(1, external_buffer=1), "another file"),
        (quantization(details_type=2, scale=(1.0,)), "blockwise"),
        (quantization(scale=(1.0,)), "scales without zero points"),
        (edit_tensor(0, type="FLOAT32"), r"float model: quantise to int8.*operator 0 \(RELU\)"),
        (edit_tensor(2, type="FLOAT16"), r"float model: .*operator 1 \(SOFTMAX\) with FLOAT16"),
        (lambda model: model["subgraphs"].append({}), "2 subgraphs"),
    ],
)
def test_what_cannot_run_is_unsupported(
    edit: Callable[[dict[str, Any]], None], message: str
) -> None:
    with pytest.raises(UnsupportedModelError, match=message) as caught:
        import_model(chain(edit), "model", SUPPORTED)
    assert "\n" not in str(caught.value)


def test_all_unsupported_operators_in_one_line() -> None:
    b = ModelBuilder("many")
    tensors = [b.tensor(f"t{i}", (1, 4), scale=1.0) for i in range(6)]
    b.operator("RELU", tensors[:1], tensors[1:2])
    b.operator("CUSTOM", tensors[1:2], tensors[2:3], custom_code="Magic")
    b.operator("TANH", tensors[2:3], tensors[3:4])
    b.operator("TANH", tensors[3:4], tensors[4:5])
    b.operator("WHILE", tensors[4:5], tensors[5:6])
    with pytest.raises(UnsupportedModelError) as caught:
        import_model(b.build(tensors[:1], tensors[5:]), "many", SUPPORTED)
    assert str(caught.value) == (
        "many: unsupported operators: CUSTOM 'Magic' x1 (first: operator 1), "
        "TANH x2 (first: operator 2), WHILE x1 (first: operator 4)"
    )


def test_operators_are_reported_before_their_odd_tensors() -> None:
    """A variable of VAR_HANDLE is a resource tensor; the operator is what the user can act on."""
    b = ModelBuilder("state")
    x, y = b.tensor("x", (1, 4), scale=1.0), b.tensor("y", (1, 4), scale=1.0)
    handle = b.tensor("handle", (), "RESOURCE")
    b.operator("VAR_HANDLE", [], [handle], shared_name="s")
    b.operator("READ_VARIABLE", [handle], [y])
    with pytest.raises(UnsupportedModelError, match=r"unsupported operators: READ_VARIABLE x1"):
        import_model(b.build([x], [y]), "state", SUPPORTED)


def test_float_edges_that_go_straight_through_quantize() -> None:
    b = ModelBuilder("edges")
    x = b.tensor("x", (1, 4), "FLOAT32")
    q, r = b.tensor("q", (1, 4), scale=0.5), b.tensor("r", (1, 4), scale=0.5)
    y = b.tensor("y", (1, 4), "FLOAT32")
    b.operator("QUANTIZE", [x], [q])
    b.operator("RELU", [q], [r])
    b.operator("DEQUANTIZE", [r], [y])
    graph = import_model(b.build([x], [y]), "edges", SUPPORTED)
    check_guarantee(graph)
    assert graph.tensors[x].dtype is DType.FLOAT32


def test_batch_may_be_unknown_and_moved() -> None:
    data = chain(edit_tensor(0, shape_signature=(-1, 4)))
    assert import_model(data, "m", SUPPORTED).tensors[0].shape == (1, 4)

    def moved(model: dict[str, Any]) -> None:
        edit_tensor(0, shape_signature=(-1, 4))(model)
        edit_tensor(1, shape_signature=(4, -1), shape=(4, 1))(model)

    assert import_model(chain(moved), "m", SUPPORTED).tensors[1].shape == (4, 1)


def test_one_zero_point_serves_every_channel() -> None:
    stored = quantization(scale=(1.0,) * 4, zero_point=(0,), quantized_dimension=1)
    graph = import_model(chain(stored), "m", ["RELU", "SOFTMAX"])
    quant = graph.tensors[0].quant
    assert quant is not None
    assert (quant.zero_points.tolist(), quant.axis, quant.per_channel) == ([0] * 4, 1, True)


@pytest.mark.parametrize("given", ["option", "input", "neither"])
def test_reshape_takes_its_shape_from_anywhere(given: str) -> None:
    b = ModelBuilder("reshape")
    x = b.tensor("x", (1, 2, 3), scale=1.0)
    y = b.tensor("y", (1, 6), scale=1.0)
    inputs = [x, b.constant("s", np.array([-1, 6], np.int32))] if given == "input" else [x]
    if given == "option":
        b.operator("RESHAPE", inputs, [y], new_shape=(1, -1))
    else:
        b.operator("RESHAPE", inputs, [y], options=None)
    graph = import_model(b.build([x], [y]), "m", SUPPORTED)
    assert graph.operators[0].options["new_shape"] == (1, 6)


def test_reshape_to_another_size() -> None:
    b = ModelBuilder("reshape")
    x, y = b.tensor("x", (1, 6), scale=1.0), b.tensor("y", (1, 5), scale=1.0)
    b.operator("RESHAPE", [x], [y])
    with pytest.raises(ModelFileError, match=r"operator 0 \(RESHAPE\).*6 elements become 5"):
        import_model(b.build([x], [y]), "m", SUPPORTED)


def test_folds_the_chain_that_converters_leave() -> None:
    """SHAPE -> STRIDED_SLICE -> MUL/CAST/... -> PACK -> CONCATENATION -> RESHAPE."""
    b = ModelBuilder("fold")
    x = b.tensor("x", (1, 4, 6), scale=1.0, shape_signature=(-1, 4, 6))

    def ints(name: str, shape: tuple[int, ...], dtype: str = "INT32") -> int:
        return b.tensor(name, shape, dtype)

    def constant(name: str, value: Any) -> int:
        return b.constant(name, np.array(value, np.int32))

    shape = ints("shape", (3,))
    b.operator("SHAPE", [x], [shape])
    batch = ints("batch", ())
    slicing = [constant("b", [0]), constant("e", [1]), constant("s", [1])]
    b.operator("STRIDED_SLICE", [shape, *slicing], [batch], shrink_axis_mask=1)
    rest = ints("rest", (2,))
    b.operator("SLICE", [shape, constant("from", [1]), constant("size", [-1])], [rest])
    product = ints("product", ())
    b.operator("REDUCE_PROD", [rest, constant("axis", [0])], [product], keep_dims=False)
    doubled, halved = ints("doubled", ()), ints("halved", ())
    b.operator("MUL", [product, constant("two", 2)], [doubled])
    b.operator("SUB", [doubled, product], [halved])
    wide, narrow = ints("wide", (), "INT64"), ints("narrow", ())
    b.operator("CAST", [halved], [wide])
    b.operator("CAST", [wide], [narrow])
    packed = ints("packed", (2,))
    b.operator("PACK", [batch, narrow], [packed], values_count=2)
    y = b.tensor("y", (1, 24), scale=1.0)
    b.operator("RESHAPE", [x, packed], [y])
    graph = import_model(b.build([x], [y]), "fold", {"RESHAPE"})
    check_guarantee(graph)
    assert [op.kind for op in graph.operators] == ["RESHAPE"]
    data = graph.tensors[packed].data
    assert data is not None
    assert data.tolist() == [1, 24]
    assert set(graph.tensors) == {x, packed, y}


def test_folds_quantize_of_a_constant_as_tflite_rounds() -> None:
    values = np.array([0.25, -0.25, 0.74, -0.76, 100.0, -100.0], np.float32)
    b = ModelBuilder("constant")
    x = b.tensor("x", (6,), scale=1.0)
    c = b.constant("c", values)
    q = b.tensor("q", (6,), scale=0.5, zero_point=3)
    y = b.tensor("y", (6,), scale=1.0)
    b.operator("QUANTIZE", [c], [q])
    b.operator("ADD", [x, q], [y])
    graph = import_model(b.build([x], [y]), "m", {"ADD"})
    data = graph.tensors[q].data
    assert data is not None
    assert data.tolist() == [4, 2, 4, 1, 127, -128]


def test_folding_does_not_make_much_of_little() -> None:
    """Broadcasting (4096, 1) with (1, 4096) claims to have shape (1,); it is refused, not tried."""
    b = ModelBuilder("bomb")
    x, y = b.tensor("x", (1,), scale=1.0), b.tensor("y", (1,), scale=1.0)
    tall = b.constant("tall", np.ones((4096, 1), np.int32))
    wide = b.constant("wide", np.ones((1, 4096), np.int32))
    b.operator("MUL", [tall, wide], [b.tensor("z", (1,), "INT32")])
    b.operator("RELU", [x], [y])
    with pytest.raises(UnsupportedModelError, match="MUL x1"):
        import_model(b.build([x], [y]), "m", SUPPORTED)


@pytest.mark.parametrize("seed", range(4))
def test_damaged_models_end_in_our_errors(seed: int) -> None:
    """Through the whole compiler: import, lowering, planning, packing."""
    generator = random.Random(seed)
    seeds = [chain(), chain(), example_model()]
    for _ in range(400):
        data = bytearray(generator.choice(seeds))
        for _ in range(generator.choice((1, 1, 2, 6))):
            at = generator.randrange(len(data) - 4)
            if generator.random() < 0.5:
                data[at] ^= 1 << generator.randrange(8)
            else:
                word = generator.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, generator.getrandbits(32)))
                struct.pack_into("<I", data, at, word)
        try:
            assert compile_model(bytes(data), "damaged").blob
        except (ModelFileError, UnsupportedModelError) as error:
            assert "\n" not in str(error)


@pytest.mark.shared
@pytest.mark.parametrize(("file", "operators"), [("kws_ref_model", 13), ("ad01_int8", 10)])
def test_real_models(shared_models: Any, file: str, operators: int) -> None:
    graph = import_model((shared_models / f"{file}.tflite").read_bytes(), file)
    check_guarantee(graph)
    assert len(graph.operators) == operators
