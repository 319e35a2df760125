"""The blob against the C header: every structure, and every reference followed as the target does."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest

from harness.engines.plan import blob
from harness.engines.plan.arena import plan_arena
from harness.engines.plan.compile import compile_model
from harness.engines.plan.graph import DType, Graph, Operator, Quantization, State, Tensor
from harness.engines.plan.importer import import_model
from harness.engines.plan.lower import lower
from harness.engines.plan.params import CopyParams
from harness.engines.plan.program import ConstOperand, Program, ScratchOperand, Step, TensorOperand
from harness.errors import UnsupportedModelError
from models.example import example_model

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
HEADER = FIRMWARE / "engines" / "plan" / "plan_format.h"

STRUCTS = {
    "th_plan_header": blob.HEADER,
    "th_plan_io": blob.IO,
    "th_plan_state": blob.STATE,
    "th_operand": blob.OPERAND,
    "th_plan_op": blob.OP,
}


def member_names(name: str) -> list[str]:
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.S)
    for body, found in re.findall(r"typedef struct \{(.*?)\} (\w+);", text, re.S):
        if found == name:
            return re.findall(r"(\w+)(?:\[\d+\])?;", body)
    raise AssertionError(name)


def python_offsets(form: struct.Struct) -> list[int]:
    """Offset of each member: the size of the format up to it."""
    codes = re.findall(r"\d+s|[A-Za-z]", form.format[1:])
    return [struct.calcsize("<" + "".join(codes[:i])) for i in range(len(codes))]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no C compiler")
def test_structures_are_those_of_the_header(tmp_path: Path) -> None:
    lines = [
        '#include "plan_format.h"',
        "#include <stddef.h>",
        "#include <stdio.h>",
        "int main(void) {",
    ]
    for name in STRUCTS:
        lines.append(f'printf("{name} %zu", sizeof({name}));')
        lines += [f'printf(" %zu", offsetof({name}, {m}));' for m in member_names(name)]
        lines.append('printf("\\n");')
    constants = "TH_PLAN_MAGIC TH_PLAN_VERSION TH_REF_CONST TH_REF_NONE TH_PLAN_MAX_OPERANDS TH_ABI_REFERENCE"
    for constant in constants.split():
        lines.append(f'printf("{constant} %lu\\n", (unsigned long){constant});')
    kinds = "FLOAT32 INT8 UINT8 INT16 INT32 BOOL INT64"
    lines += [f'printf("TH_{kind} %d\\n", TH_{kind});' for kind in kinds.split()]
    lines.append("return 0; }")
    source = tmp_path / "layout.c"
    source.write_text("\n".join(lines))
    program = tmp_path / "layout"
    subprocess.run(["gcc", "-I", str(HEADER.parent), str(source), "-o", str(program)], check=True)
    output = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout
    found = {line.split()[0]: [int(n) for n in line.split()[1:]] for line in output.splitlines()}
    for name, form in STRUCTS.items():
        assert found[name] == [form.size, *python_offsets(form)], name
    assert found["TH_PLAN_MAGIC"] == [blob.MAGIC]
    assert found["TH_PLAN_VERSION"] == [blob.VERSION]
    assert found["TH_REF_CONST"] == [blob.REF_CONST]
    assert found["TH_REF_NONE"] == [blob.REF_NONE]
    assert found["TH_PLAN_MAX_OPERANDS"] == [blob.MAX_OPERANDS]
    assert found["TH_ABI_REFERENCE"] == [blob.ABI_REFERENCE]
    assert [found[f"TH_{kind}"] for kind in kinds.split()] == [[i] for i in range(7)]


def small_program() -> Program:
    weights = np.arange(80, dtype=np.int8)
    tensors = {
        0: Tensor(0, "x", DType.INT8, (1, 4), _quant(0.5, -3)),
        1: Tensor(1, "y", DType.FLOAT32, (1, 4)),
        2: Tensor(2, "k", DType.INT8, (80,), _quant(0.1, 0), weights),
        3: Tensor(3, "c", DType.INT64, (2,), None, np.array([1, -2], np.int64)),
    }
    operands = (
        TensorOperand(1),
        TensorOperand(0),
        TensorOperand(2),
        None,
        ConstOperand(np.array([1, 2], np.int32)),
        ConstOperand(weights.copy()),
        ScratchOperand(20),
        ConstOperand(np.array([1, 2], ">i4")),
    )
    one = Step(77, "ADD", 5, operands, 1, CopyParams(0x04030201), 0)
    graph = Graph(
        "naïve[%]", bytes(range(32)), tensors, (Operator(5, "ADD", (0,), (1,)),), (0,), (1, 3)
    )
    return Program(graph, (one,))


def _quant(scale: float, zero_point: int) -> Quantization:
    return Quantization(np.array([scale], np.float32), np.array([zero_point], np.int64))


def test_records_say_what_the_program_says() -> None:
    program = small_program()
    placement = plan_arena(program)
    data = blob.pack(program, placement)
    header = dict(zip(member_names("th_plan_header"), blob.HEADER.unpack_from(data), strict=True))
    assert data[:4] == b"TPLN"
    assert header["version"] == 2
    assert header["state_count"] == 0
    assert header["header_bytes"] == blob.HEADER.size
    assert header["total_bytes"] == len(data)
    assert header["crc32"] == zlib.crc32(data[16:])
    assert header["kernel_abi"] == 1
    assert header["arena_bytes"] == placement.arena_bytes
    assert (header["op_count"], header["input_count"], header["output_count"]) == (1, 1, 2)
    assert header["model_sha256"] == bytes(range(32))
    start, size = header["name_offset"], header["name_bytes"]
    assert data[start : start + size + 1] == b"na?ve???\0"

    x, y, c = (blob.IO.unpack_from(data, header["io_offset"] + i * blob.IO.size) for i in range(3))
    assert x == (placement.offsets[0], 4, 1, 2, 0.5, -3)
    assert y == (placement.offsets[1], 16, 0, 2, 0.0, 0)
    assert c[0] & blob.REF_CONST
    assert c[1:4] == (16, 6, 1)
    assert _constant(data, c[0], 16) == np.array([1, -2], "<i8").tobytes()

    at = header["ops_offset"]
    assert blob.OP.unpack_from(data, at) == (77, 12 + 8 * 8 + 4, 5, 8, 1, 4)
    operands = [blob.OPERAND.unpack_from(data, at + 12 + 8 * i) for i in range(8)]
    assert data[at + 12 + 64 : at + 12 + 68] == b"\x01\x02\x03\x04"
    assert operands[0] == (placement.offsets[1], 16)
    assert operands[1] == (placement.offsets[0], 4)
    assert _constant(data, *operands[2]) == bytes(range(80))
    assert operands[3] == (blob.REF_NONE, 0)
    assert _constant(data, *operands[4]) == b"\x01\0\0\0\x02\0\0\0"
    # Equal content is stored once, whatever it came from.
    assert operands[5] == operands[2]
    assert operands[7] == operands[4]
    assert operands[6] == (placement.scratch[0][6], 20)
    assert blob.constant_bytes(program) == 80 + 8 + 16


def test_states() -> None:
    """Records between inputs and outputs and operators; nothing else lies where a variable lies."""
    state = State(fill=0x85)
    preset = State(initial=b"\1\2\3\4\5\6\7\0")
    tensors = {
        0: Tensor(0, "x", DType.INT8, (1, 4), _quant(0.5, -3)),
        1: Tensor(1, "y", DType.INT8, (1, 4), _quant(0.5, -3)),
        2: Tensor(2, "late", DType.INT16, (4,), None, None, preset),
        3: Tensor(3, "early", DType.INT8, (6,), None, None, state),
        4: Tensor(4, "h", DType.INT8, (1, 4), _quant(0.5, -3)),
    }
    steps = tuple(
        Step(7, "COPY", i, operands, 1, CopyParams(0), 0, ((0, 1),))
        for i, operands in enumerate(
            (
                (TensorOperand(4), TensorOperand(0)),
                (TensorOperand(3), TensorOperand(4)),
                (TensorOperand(1), TensorOperand(3)),
                (TensorOperand(2), TensorOperand(1)),
            )
        )
    )
    graph = Graph("state", bytes(32), tensors, (), (0,), (1,))
    program = Program(graph, steps)
    assert program.variables == (2, 3)
    placement = plan_arena(program)
    data = blob.pack(program, placement)
    header = dict(zip(member_names("th_plan_header"), blob.HEADER.unpack_from(data), strict=True))
    assert header["state_count"] == 2
    start = header["io_offset"] + 2 * blob.IO.size
    late, early = (blob.STATE.unpack_from(data, start + i * blob.STATE.size) for i in range(2))
    assert header["ops_offset"] == start + 2 * blob.STATE.size
    assert late[:2] == (placement.offsets[2], 8)
    assert _constant(data, late[2], 8) == preset.initial
    assert early == (placement.offsets[3], 6, blob.REF_NONE, 0x85)
    for variable in (2, 3):
        taken = {placement.offsets[variable] + i for i in range(tensors[variable].size_bytes)}
        for other in tensors:
            if other != variable:
                first = placement.offsets[other]
                assert not taken & set(range(first, first + tensors[other].size_bytes))


def _constant(data: bytes, ref: int, size: int) -> bytes:
    assert ref & blob.REF_CONST
    start = ref & ~blob.REF_CONST
    assert start % (16 if size >= 64 else 4) == 0
    return data[start : start + size]


def test_every_reference_of_a_real_model() -> None:
    program = lower(import_model(example_model(), "example"))
    placement = plan_arena(program)
    data = blob.pack(program, placement)
    header = dict(zip(member_names("th_plan_header"), blob.HEADER.unpack_from(data), strict=True))
    at = header["ops_offset"]
    for step in program.steps:
        opcode, record_bytes, source, count, outputs, param_bytes = blob.OP.unpack_from(data, at)
        assert at % 4 == 0
        assert (opcode, source) == (step.opcode, step.source_index)
        assert (count, outputs) == (len(step.operands), step.output_count)
        assert count <= blob.MAX_OPERANDS
        for i, operand in enumerate(step.operands):
            ref, size = blob.OPERAND.unpack_from(data, at + blob.OP.size + i * blob.OPERAND.size)
            expected = blob.operand_bytes(program, operand)
            if expected is not None:
                assert _constant(data, ref, size) == expected
            elif operand is not None:
                assert ref + size <= header["arena_bytes"]
        params = at + blob.OP.size + count * blob.OPERAND.size
        assert data[params : params + param_bytes] == step.params.pack()
        at += record_bytes
    assert blob.pack(program, placement) == data


def test_compile_says_what_is_in_the_blob() -> None:
    data = example_model()
    compiled = compile_model(data, "example")
    assert compiled.sha256 == import_model(data, "example").sha256.hex()
    assert compiled.macs == sum(layer.macs for layer in compiled.steps) == 1_488_768
    assert [layer.index for layer in compiled.steps] == list(range(len(compiled.steps)))
    assert compiled.opcodes >= {"CONV_2D_S8", "DEPTHWISE_CONV_2D_S8", "FULLY_CONNECTED_S8"}
    [x], [y] = compiled.inputs, compiled.outputs
    assert (x.shape, x.dtype, compiled.input_bytes) == ((1, 49, 10, 1), DType.INT8, 490)
    assert (y.shape, y.scale, y.zero_point) == ((1, 12), 1 / 256, -128)
    assert compiled.steps[-1].output_shape == (1, 12)
    assert compiled.lower_bound_bytes <= compiled.arena_bytes
    # 64 x 64 weights, and for each of 64 channels bias, multiplier and shift.
    pointwise = [layer for layer in compiled.steps if layer.macs == 125 * 64 * 64]
    assert [layer.weights_bytes for layer in pointwise] == [64 * 64 + 3 * 64 * 4] * 2
    assert compiled.constant_bytes < len(compiled.blob) < compiled.constant_bytes + 2500


def test_too_large_for_the_format() -> None:
    program = small_program()
    huge = {**program.graph.tensors, 1: Tensor(1, "y", DType.FLOAT32, (1 << 29,))}
    graph = Graph("huge", bytes(32), huge, program.graph.operators, (0,), (1,))
    grown = Program(graph, program.steps)
    with pytest.raises(UnsupportedModelError, match="too large"):
        blob.pack(grown, plan_arena(grown))
