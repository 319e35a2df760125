"""The reader: what it reads, and that nothing but its own errors comes out of garbage."""

from __future__ import annotations

import random
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ModelError, ModelFileError, UnsupportedModelError
from harness.tflite.reader import read_model
from models.example import example_model
from models.tflite.encoder import encode_model
from models.tflite.writer import ModelBuilder


def small_model() -> bytes:
    b = ModelBuilder("small")
    x = b.tensor("x", (1, 4, 4, 2), scale=0.5, zero_point=-3, shape_signature=(-1, 4, 4, 2))
    w = b.constant("w", np.arange(36).reshape(2, 3, 3, 2).astype(np.int8), scale=[0.1, 0.2])
    y = b.tensor("y", (1, 4, 4, 2), scale=0.25, zero_point=7)
    z = b.tensor("z", (1, 32), scale=0.25, zero_point=7)
    b.operator("CONV_2D", [x, w, -1], [y], stride_w=1, stride_h=2, padding="VALID")
    b.operator("RESHAPE", [y], [z], options=None)
    return b.build([x], [z])


def test_reads_what_was_written() -> None:
    model = read_model(small_model())
    assert model.version == 3
    assert model.description == "small"
    [graph] = model.subgraphs
    assert (graph.inputs, graph.outputs) == ((0,), (3,))
    x, w, y, _ = graph.tensors
    assert (x.name, x.type, x.shape) == ("x", "INT8", (1, 4, 4, 2))
    assert x.shape_signature == (-1, 4, 4, 2)
    assert y.shape_signature == ()
    assert x.quantization is not None
    assert w.quantization is not None
    assert x.quantization.scale.tolist() == [0.5]
    assert x.quantization.zero_point.tolist() == [-3]
    assert w.quantization.scale.tolist() == np.array([0.1, 0.2], np.float32).tolist()
    data = model.buffers[w.buffer]
    assert data is not None
    assert bytes(data) == bytes(range(36))
    assert model.buffers[x.buffer] is None
    conv, reshape = graph.operators
    assert (conv.kind, conv.inputs, conv.outputs) == ("CONV_2D", (0, 1, -1), (2,))
    assert conv.has_options
    assert conv.options["stride_h"] == 2
    assert conv.options["padding"] == "VALID"
    assert conv.options["dilation_w_factor"] == 1
    assert conv.options["fused_activation_function"] == "NONE"
    assert not reshape.has_options
    assert reshape.options == {"new_shape": ()}


def test_codes_beyond_one_byte_and_custom_codes() -> None:
    codes = [
        {"deprecated_builtin_code": 127, "builtin_code": 150},
        {"deprecated_builtin_code": 3},
        {"deprecated_builtin_code": 32, "builtin_code": 32, "custom_code": "Mine\n"},
        {"deprecated_builtin_code": 127, "builtin_code": 4000},
    ]
    operators = [{"opcode_index": i} for i in range(4)]
    data = encode_model(
        {"version": 3, "operator_codes": codes, "subgraphs": [{"operators": operators}]}
    )
    read = read_model(data).subgraphs[0].operators
    assert [op.kind for op in read] == ["GELU", "CONV_2D", "CUSTOM", "BUILTIN_4000"]
    assert read[2].custom_code == "Mine?"


def test_data_outside_of_the_flatbuffer() -> None:
    """Files beyond 2 GB keep their buffers behind the flatbuffer (schema revision 3c)."""

    def with_offset(offset: int) -> bytes:
        return encode_model({"version": 3, "buffers": [{"offset": offset, "size": 5}]})

    start = len(with_offset(1 << 40))
    data = with_offset(start) + b"hello"
    assert len(data) == start + 5
    [buffer] = read_model(data).buffers
    assert buffer is not None
    assert bytes(buffer) == b"hello"
    with pytest.raises(ModelFileError, match="outside"):
        read_model(data[:-1])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a .tflite"),
        (b"PK\x03\x04" + bytes(100), "not a .tflite"),
        (b"\x08\0\0\0TFL3", "corrupt"),
        (b"\xff\xff\xff\xffTFL3" + bytes(64), "corrupt"),
    ],
)
def test_other_files(data: bytes, message: str) -> None:
    with pytest.raises(ModelFileError, match=message):
        read_model(data)


def test_other_schema_version() -> None:
    with pytest.raises(UnsupportedModelError, match="version 2"):
        read_model(encode_model({"version": 2}))


def field_position(data: bytes, table: int, slot: int) -> int:
    """Absolute position of a field, as the FlatBuffers specification has it."""
    vtable = table - struct.unpack_from("<i", data, table)[0]
    return table + int(struct.unpack_from("<H", data, vtable + 4 + 2 * slot)[0])


def test_tables_that_share_one_long_vector() -> None:
    """A file whose 5,000 subgraphs are all the same one with 20,000 inputs: 400 MB when believed."""
    subgraphs: list[dict[str, Any]] = [{"inputs": range(20_000)}, *([{}] * 4999)]
    data = bytearray(encode_model({"version": 3, "subgraphs": subgraphs}))
    root = struct.unpack_from("<I", data, 0)[0]
    at = field_position(data, root, 2)
    vector = at + struct.unpack_from("<I", data, at)[0]
    first = vector + 4 + struct.unpack_from("<I", data, vector + 4)[0]
    for i in range(5000):
        entry = vector + 4 + 4 * i
        struct.pack_into("<I", data, entry, (first - entry) % (1 << 32))
    with pytest.raises(ModelFileError):
        read_model(bytes(data))


def test_every_truncation() -> None:
    data = small_model()
    for length in range(len(data)):
        with pytest.raises(ModelFileError):
            # Cut off within the last buffer the file would still be whole but for its padding.
            read_model(data[:length])


@given(st.binary(max_size=400))
def test_random_bytes(tail: bytes) -> None:
    for data in (tail, tail[:4] + b"TFL3" + tail[4:]):
        try:
            read_model(data)
        except (ModelFileError, UnsupportedModelError) as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize("seed", range(4))
def test_damaged_models(seed: int) -> None:
    generator = random.Random(seed)
    seeds = [small_model(), small_model(), example_model()]
    outcomes = set()
    for _ in range(1500):
        data = bytearray(generator.choice(seeds))
        for _ in range(generator.choice((1, 1, 2, 8))):
            at = generator.randrange(len(data) - 4)
            if generator.random() < 0.5:
                data[at] ^= 1 << generator.randrange(8)
            else:
                word = generator.choice((0, 0x7FFFFFFF, 0xFFFFFFFF, generator.getrandbits(32)))
                struct.pack_into("<I", data, at, word)
        try:
            read_model(bytes(data))
            outcomes.add("read")
        except (ModelFileError, UnsupportedModelError) as error:
            assert len(str(error)) < 2000
            assert isinstance(error, ModelError)
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "kinds"),
    [
        ("kws_ref_model.tflite", {"CONV_2D": 5, "DEPTHWISE_CONV_2D": 4, "RESHAPE": 1}),
        ("ad01_int8.tflite", {"FULLY_CONNECTED": 10}),
    ],
)
def test_real_models(shared_models: Any, file: str, kinds: dict[str, int]) -> None:
    [graph] = read_model((shared_models / file).read_bytes()).subgraphs
    names = [op.kind for op in graph.operators]
    assert {kind: names.count(kind) for kind in kinds} == kinds
    assert graph.tensors[graph.inputs[0]].shape_signature[0] == -1


@pytest.mark.parametrize("damage", ["shorter", "zero byte inside"])
def test_a_name_that_others_would_read_otherwise_is_refused(damage: str) -> None:
    builder = ModelBuilder("names")
    x = builder.tensor("a rather special name", (1, 4), scale=0.5)
    y = builder.tensor("y", (1, 4), scale=0.5)
    builder.operator("RELU", [x], [y])
    data = bytearray(builder.build([x], [y]))
    at = data.index(b"a rather special name\0")
    if damage == "shorter":
        data[at - 4 : at] = (3).to_bytes(4, "little")
    else:
        data[at + 3] = 0
    with pytest.raises(ModelFileError, match="does not end where it says"):
        read_model(bytes(data))


def test_a_table_of_an_odd_size_is_refused() -> None:
    """Half of its last entry: others take it for a whole one, and read an activation that nobody wrote."""
    data = bytearray(small_model())
    root = struct.unpack_from("<I", data, 0)[0]
    vtable = root - struct.unpack_from("<i", data, root)[0]
    data[vtable] -= 1
    with pytest.raises(ModelFileError, match=r"Model at \d+ has no valid layout"):
        read_model(bytes(data))
