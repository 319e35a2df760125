"""The schema as data against the classes that flatc generated from schema.fbs (wheel tflite-micro)."""

from __future__ import annotations

from typing import Any

import pytest

from harness.tflite import schema
from harness.tflite.flatbuffer import default_values
from models.tflite.encoder import encode_model

generated: Any = pytest.importorskip(
    "tflite_micro.tensorflow.lite.micro.python.schema_py_generated",
    reason="the generated classes come with the wheel tflite-micro",
)

# Kept in the file format, but flatc makes no attribute of it.
DEPRECATED = {("ResizeBilinearOptions", "new_height"), ("ResizeBilinearOptions", "new_width")}
OPTION_TABLES = sorted(set(schema.OPERATOR_OPTIONS.values()))


def camel(name: str) -> str:
    """Name of the attribute that flatc makes of a field."""
    head, *rest = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)


def plain(value: Any) -> Any:
    if value is None:
        return ()
    if isinstance(value, bytes):
        return value.decode()
    return tuple(value) if hasattr(value, "__len__") and not isinstance(value, str) else value


def distinct(field: schema.Field) -> Any:
    """A value that differs from the default and from the values of the neighbouring slots."""
    if field.type in schema.ENUMS:
        return schema.ENUMS[field.type][-1]
    if field.type == "bool":
        return not field.default
    if field.type == "float":
        return field.slot + 0.5
    if field.type == "string":
        return f"text{field.slot}"
    if field.type.startswith("["):
        return (field.slot + 7, 2)
    return field.slot + 7


def parse(model: dict[str, Any]) -> Any:
    data = encode_model(model)
    return generated.ModelT.InitFromObj(generated.Model.GetRootAs(data, 0))


def option_model(table: str, values: dict[str, Any]) -> Any:
    operator = {
        "builtin_options_type": schema.BUILTIN_OPTIONS.index(table),
        "builtin_options": {"table": table, **values},
    }
    return parse({"subgraphs": [{"operators": [operator]}]}).subgraphs[0].operators[0]


def test_operators_and_option_types() -> None:
    codes = {k: v for k, v in vars(generated.BuiltinOperator).items() if not k.startswith("_")}
    assert {name: i for i, name in enumerate(schema.BUILTIN_OPERATORS)} == codes
    types = {k: v for k, v in vars(generated.BuiltinOptions).items() if not k.startswith("_")}
    assert {name: i for i, name in enumerate(schema.BUILTIN_OPTIONS)} == types


@pytest.mark.parametrize("enum", sorted(schema.ENUMS))
def test_enum(enum: str) -> None:
    theirs = {k: v for k, v in vars(getattr(generated, enum)).items() if not k.startswith("_")}
    assert {name: i for i, name in enumerate(schema.ENUMS[enum])} == theirs


@pytest.mark.parametrize("table", OPTION_TABLES)
def test_every_option_field_is_where_the_generated_class_looks(table: str) -> None:
    fields = schema.TABLES[table]
    values = {name: distinct(field) for name, field in fields.items()}
    options = option_model(table, values).builtinOptions
    assert type(options).__name__ == f"{table}T"
    for name, field in fields.items():
        if (table, name) in DEPRECATED:
            continue
        expected = values[name]
        if field.type in schema.ENUMS:
            expected = schema.ENUMS[field.type].index(expected)
        assert plain(getattr(options, camel(name))) == plain(expected), name


@pytest.mark.parametrize("table", OPTION_TABLES)
def test_defaults(table: str) -> None:
    options = option_model(table, {}).builtinOptions
    for name, value in default_values(table).items():
        field = schema.TABLES[table][name]
        if (table, name) in DEPRECATED:
            continue
        expected = (
            schema.ENUMS[field.type].index(str(value)) if field.type in schema.ENUMS else value
        )
        theirs = getattr(options, camel(name))
        assert (theirs or 0) == (expected or 0), name


@pytest.mark.parametrize(
    "kind", ["SOFTMAX", "MEAN", "MAX_POOL_2D", "MINIMUM", "SVDF", "UNIDIRECTIONAL_SEQUENCE_LSTM"]
)
def test_operator_has_its_options(kind: str) -> None:
    expected = {
        "SOFTMAX": "SoftmaxOptions",
        "MEAN": "ReducerOptions",
        "MAX_POOL_2D": "Pool2DOptions",
        "MINIMUM": "MaximumMinimumOptions",
        "SVDF": "SVDFOptions",
        "UNIDIRECTIONAL_SEQUENCE_LSTM": "UnidirectionalSequenceLSTMOptions",
    }
    assert schema.OPERATOR_OPTIONS[kind] == expected[kind]


def test_model_tables() -> None:
    """Every field of the tables around the options."""
    tensor = {
        "shape": (1, 2),
        "type": "INT8",
        "buffer": 1,
        "name": "t",
        "quantization": {
            "min": (0.5,),
            "max": (1.5,),
            "scale": (0.25, 0.125),
            "zero_point": (-3, 4),
            "quantized_dimension": 1,
        },
        "is_variable": True,
        "shape_signature": (-1, 2),
        "has_rank": True,
        "external_buffer": 9,
    }
    operator = {
        "opcode_index": 1,
        "inputs": (0, -1),
        "outputs": (2,),
        "custom_options": b"abc",
        "mutating_variable_inputs": (True, False),
        "intermediates": (5,),
        "large_custom_options_offset": 1 << 33,
        "large_custom_options_size": 1 << 34,
    }
    code = {"deprecated_builtin_code": 127, "custom_code": "X", "version": 4, "builtin_code": 150}
    model = parse(
        {
            "version": 3,
            "description": "d",
            "operator_codes": [code],
            "subgraphs": [
                {
                    "tensors": [tensor],
                    "inputs": (4,),
                    "outputs": (5,),
                    "operators": [operator],
                    "name": "g",
                }
            ],
            "buffers": [{}, {"data": b"\x01\x02", "offset": 1 << 40, "size": 1 << 41}],
            "metadata_buffer": (6,),
            "metadata": [{"name": "m", "buffer": 1}],
        }
    )
    assert (model.version, model.description, tuple(model.metadataBuffer)) == (3, b"d", (6,))
    assert (model.metadata[0].name, model.metadata[0].buffer) == (b"m", 1)
    assert tuple(model.buffers[1].data) == (1, 2)
    assert (model.buffers[1].offset, model.buffers[1].size) == (1 << 40, 1 << 41)
    theirs = model.operatorCodes[0]
    assert (theirs.deprecatedBuiltinCode, theirs.customCode) == (127, b"X")
    assert (theirs.version, theirs.builtinCode) == (4, 150)
    graph = model.subgraphs[0]
    assert (tuple(graph.inputs), tuple(graph.outputs), graph.name) == ((4,), (5,), b"g")
    read = graph.tensors[0]
    assert (tuple(read.shape), read.type, read.buffer) == ((1, 2), 9, 1)
    assert (read.name, read.isVariable, read.hasRank) == (b"t", True, True)
    assert (tuple(read.shapeSignature), read.externalBuffer) == ((-1, 2), 9)
    quantization = read.quantization
    assert tuple(quantization.min) == (0.5,)
    assert tuple(quantization.max) == (1.5,)
    assert tuple(quantization.scale) == (0.25, 0.125)
    assert (tuple(quantization.zeroPoint), quantization.quantizedDimension) == ((-3, 4), 1)
    op = graph.operators[0]
    assert (op.opcodeIndex, tuple(op.inputs), tuple(op.outputs)) == (1, (0, -1), (2,))
    assert (bytes(op.customOptions), tuple(op.intermediates)) == (b"abc", (5,))
    assert tuple(op.mutatingVariableInputs) == (True, False)
    assert (op.largeCustomOptionsOffset, op.largeCustomOptionsSize) == (1 << 33, 1 << 34)
