"""opcodes.py and params.py against the C headers and the kernel table."""

from __future__ import annotations

import dataclasses
import re
import typing
from pathlib import Path

import pytest

from harness.engines.plan import params
from harness.engines.plan.opcodes import Opcode

KERNELS = Path(__file__).resolve().parents[2] / "firmware" / "kernels"
FIRST_OF_SETS = 64  # opcodes below are those of the reference kernels
STRUCTS = {
    "conv_2d": params.Conv2DParams,
    "depthwise_conv_2d": params.DepthwiseConv2DParams,
    "fully_connected": params.FullyConnectedParams,
    "pool_2d": params.Pool2DParams,
    "add": params.AddParams,
    "copy": params.CopyParams,
    "softmax_s8": params.SoftmaxParams,
    "relu": params.ReluParams,
    "pad": params.PadParams,
    "mean": params.MeanParams,
    "quantize": params.QuantizeParams,
    "softmax_s16": params.SoftmaxS16Params,
    "transpose_conv": params.TransposeConvParams,
    "batch_matmul": params.BatchMatmulParams,
    "svdf": params.SvdfParams,
    "lstm": params.LstmParams,
    "requantize": params.RequantizeParams,
    "dequantize": params.DequantizeParams,
    "mul": params.MulParams,
    "arithmetic_s32": params.ArithmeticS32Params,
    "maximum_minimum": params.MaximumMinimumParams,
    "prelu": params.PreluParams,
    "leaky_relu_s16": params.LeakyReluS16Params,
    "lookup_s8": params.LookupParams,
    "sigmoid_s16": params.SigmoidS16Params,
    "strided_copy": params.StridedCopyParams,
    "resize_nearest_neighbor": params.ResizeNearestNeighborParams,
    "resize_bilinear_s8": params.ResizeBilinearParams,
    "arg_max": params.ArgMaxParams,
    "reduce_max": params.ReduceMaxParams,
}


def _header(name: str) -> str:
    return re.sub(r"/\*.*?\*/", "", (KERNELS / name).read_text(), flags=re.S)


def _c_structs() -> dict[str, list[tuple[str, str, int]]]:
    """Struct name -> (C type, field, array length or 0)."""
    text = _header("params.h")
    lengths = {name: int(n) for name, n in re.findall(r"#define (\w+) (\d+)", text)}
    structs = {}
    for body, name in re.findall(r"typedef struct \{(.*?)\} th_(\w+)_params;", text, re.S):
        fields = re.findall(r"(\w+) (\w+)(?:\[(\w+)\])?;", body)
        structs[name] = [(kind, field, lengths.get(size, 0)) for kind, field, size in fields]
    return structs


def test_opcodes_match() -> None:
    found = dict(re.findall(r"TH_OP_(\w+) = (\d+)", _header("opcodes.h")))
    assert {name: int(number) for name, number in found.items()} == {
        opcode.name: opcode.value for opcode in Opcode
    }


def test_every_struct_is_mirrored() -> None:
    assert set(_c_structs()) == set(STRUCTS)


@pytest.mark.parametrize("name", sorted(STRUCTS))
def test_struct_matches(name: str) -> None:
    struct = STRUCTS[name]
    hints = typing.get_type_hints(struct)
    c_fields = _c_structs()[name]
    python_types = {"int32_t": int, "uint32_t": int, "float": float}
    expected = [
        (field, tuple[int, ...] if length else python_types[kind])
        for kind, field, length in c_fields
    ]
    assert [(f.name, hints[f.name]) for f in dataclasses.fields(struct)] == expected


@pytest.mark.parametrize("name", sorted(STRUCTS))
def test_packed_size(name: str) -> None:
    values = []
    for kind, _, length in _c_structs()[name]:
        values.append((7,) * length if length else 1.5 if kind == "float" else -3)
    packed = STRUCTS[name](*values).pack()
    assert len(packed) == 4 * sum(length or 1 for _, _, length in _c_structs()[name])


def test_constants_match() -> None:
    found = dict(re.findall(r"#define TH_(\w+) (\d+)", _header("params.h")))
    assert {name: getattr(params, name) for name in found} == {
        name: int(number) for name, number in found.items()
    }


def test_tables_have_every_opcode_behind_its_own_guard() -> None:
    tables = [KERNELS / "reference" / "entries.h", *sorted(KERNELS.glob("*/**/table.c"))]
    entries = [
        entry
        for table in tables
        for entry in re.findall(
            r"#if [^\n]*defined\(TH_USE_(\w+)\)\)?\s*\{TH_OP_(\w+), (\d), \d, "
            r"sizeof\(th_(\w+)_params\),\s+th_\w+, \w+, \w+\},\s*#endif",
            table.read_text(),
        )
    ]
    listed = sum(table.read_text().count("{TH_OP_") for table in tables)
    assert len(entries) == listed
    assert all(guard == opcode for guard, opcode, _, _ in entries)
    assert {opcode for _, opcode, _, _ in entries} == {opcode.name for opcode in Opcode}
    reference = re.findall(r"TH_OWN_(\w+)\)", tables[0].read_text())
    assert reference == [opcode.name for opcode in Opcode if opcode < FIRST_OF_SETS]
    operands = {
        opcode: len(words.split(", "))
        for opcode, words in re.findall(
            r"TH_OP_(\w+) = \d+,? +/\* ([^;(*]*)", (KERNELS / "opcodes.h").read_text()
        )
    }
    assert all(operands[opcode] == int(count) for _, opcode, count, _ in entries)
    assert {struct for _, _, _, struct in entries} == set(STRUCTS)
