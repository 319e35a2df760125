"""Writes a placed program down as firmware/engines/plan/plan_format.h describes."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from harness.engines.plan.graph import DType, State, Tensor
from harness.engines.plan.lifetimes import align_up
from harness.engines.plan.program import (
    ConstOperand,
    Operand,
    Placement,
    Program,
    ScratchOperand,
    Step,
)
from harness.errors import UnsupportedModelError

MAGIC = 0x4E4C5054
VERSION = 2
MAX_OPERANDS = 10
REF_CONST = 0x80000000
REF_NONE = 0xFFFFFFFF
ABI_REFERENCE = 1

HEADER = struct.Struct("<IHHIIIIHHHHIIII32s")
IO = struct.Struct("<IIHHfi")
STATE = struct.Struct("<IIII")
OPERAND = struct.Struct("<II")
OP = struct.Struct("<HHHBBI")

CRC_START = 16
"""The CRC covers everything from here on; it stands just before."""

_RECORD_ALIGN = 4
_NAME_LIMIT = 127
# From this size on a constant starts on a multiple of 16, which suits caches and wide loads.
_LARGE_BYTES = 64
_LARGE_ALIGN = 16
_DTYPES = (
    DType.FLOAT32,
    DType.INT8,
    DType.UINT8,
    DType.INT16,
    DType.INT32,
    DType.BOOL,
    DType.INT64,
)


def pack(program: Program, placement: Placement, kernel_abi: int = ABI_REFERENCE) -> bytes:
    """Return the blob; equal input gives equal bytes.

    Args:
        program: lowered for the kernel set of `kernel_abi`.
        placement: of its tensors and scratch memory.
        kernel_abi: enum th_kernel_abi.

    Raises:
        UnsupportedModelError: beyond what the format can express (65,535 operators, 2 GiB).
    """
    graph = program.graph
    constants = _collect(program)
    io_offset = HEADER.size
    ios = [graph.tensors[t] for t in (*graph.inputs, *graph.outputs)]
    states_offset = io_offset + IO.size * len(ios)
    variables = [graph.tensors[t] for t in program.variables]
    ops_offset = states_offset + STATE.size * len(variables)
    ops_bytes = sum(_record_bytes(step) for step in program.steps)
    name_offset = constants.lay_out(ops_offset + ops_bytes)
    name = _ascii(graph.name)
    total = align_up(name_offset + len(name) + 1, _RECORD_ALIGN)
    if max(total, placement.arena_bytes) >= REF_CONST or len(program.steps) > 0xFFFF:
        raise UnsupportedModelError("too large for a plan", model=graph.name)
    refs = _Refs(program, placement, constants)
    body = bytearray(total)
    for i, tensor in enumerate(ios):
        body[io_offset + i * IO.size : io_offset + (i + 1) * IO.size] = _io(tensor, refs)
    for i, tensor in enumerate(variables):
        at = states_offset + i * STATE.size
        body[at : at + STATE.size] = _state(tensor, refs)
    at = ops_offset
    for i, step in enumerate(program.steps):
        record = _op(i, step, refs)
        body[at : at + len(record)] = record
        at += len(record)
    for data, offset in constants.placed.items():
        body[offset : offset + len(data)] = data
    body[name_offset : name_offset + len(name)] = name

    def header(crc32: int) -> bytes:
        return HEADER.pack(
            MAGIC,
            VERSION,
            HEADER.size,
            total,
            crc32,
            kernel_abi,
            placement.arena_bytes,
            len(program.steps),
            len(graph.inputs),
            len(graph.outputs),
            len(variables),
            io_offset,
            ops_offset,
            name_offset,
            len(name),
            graph.sha256,
        )

    body[: HEADER.size] = header(0)
    body[: HEADER.size] = header(zlib.crc32(memoryview(body)[CRC_START:]))
    return bytes(body)


def constant_bytes(program: Program) -> int:
    """Return the bytes of all constants in the blob: each once, without padding."""
    return sum(len(data) for data in _collect(program).aligns)


def operand_bytes(program: Program, operand: Operand) -> bytes | None:
    """Return an operand's constant data, little endian; None for anything that is no constant."""
    if isinstance(operand, ConstOperand):
        return little_endian(operand.data)
    if operand is None or isinstance(operand, ScratchOperand):
        return None
    data = program.graph.tensors[operand.tensor].data
    return None if data is None else little_endian(data)


def little_endian(array: npt.NDArray[np.generic]) -> bytes:
    """Return the elements of an array in C order, little endian."""
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()


@dataclass
class _Constants:
    """Constants by their content, so that equal ones are stored once."""

    aligns: dict[bytes, int] = field(default_factory=dict)
    placed: dict[bytes, int] = field(default_factory=dict)

    def add(self, data: bytes, item_bytes: int) -> None:
        align = _LARGE_ALIGN if len(data) >= _LARGE_BYTES else max(_RECORD_ALIGN, item_bytes)
        self.aligns[data] = max(align, self.aligns.get(data, 0))

    def lay_out(self, start: int) -> int:
        """Give each an offset, the strictest alignment first; return the end."""
        at = start
        for data, align in sorted(self.aligns.items(), key=lambda item: -item[1]):
            at = self.placed[data] = align_up(at, align)
            at += len(data)
        return at


@dataclass(frozen=True)
class _Refs:
    program: Program
    placement: Placement
    constants: _Constants

    def of_tensor(self, tensor: Tensor) -> int:
        if tensor.data is None:
            return self.placement.offsets[tensor.index]
        return REF_CONST | self.constants.placed[little_endian(tensor.data)]

    def of_operand(self, step: int, position: int, operand: Operand) -> tuple[int, int]:
        """(ref, bytes) of an operand."""
        if operand is None:
            return REF_NONE, 0
        if isinstance(operand, ScratchOperand):
            return self.placement.scratch[step][position], operand.size_bytes
        if isinstance(operand, ConstOperand):
            data = little_endian(operand.data)
            return REF_CONST | self.constants.placed[data], len(data)
        tensor = self.program.graph.tensors[operand.tensor]
        return self.of_tensor(tensor), tensor.size_bytes


def _collect(program: Program) -> _Constants:
    constants = _Constants()
    tensors = program.graph.tensors
    for step in program.steps:
        for operand in step.operands:
            data = operand_bytes(program, operand)
            if data is None:
                continue
            if isinstance(operand, ConstOperand):
                constants.add(data, operand.data.dtype.itemsize)
            elif operand is not None and not isinstance(operand, ScratchOperand):
                constants.add(data, tensors[operand.tensor].dtype.size_bytes)
    for index in program.graph.outputs:
        tensor = tensors[index]
        if tensor.data is not None:
            constants.add(little_endian(tensor.data), tensor.dtype.size_bytes)
    for index in program.variables:
        state = tensors[index].state
        if state is not None and state.initial is not None:
            constants.add(state.initial, _RECORD_ALIGN)
    return constants


def _record_bytes(step: Step) -> int:
    size = OP.size + OPERAND.size * len(step.operands) + len(step.params.pack())
    return align_up(size, _RECORD_ALIGN)


def _io(tensor: Tensor, refs: _Refs) -> bytes:
    per_tensor = tensor.quant is not None and not tensor.quant.per_channel
    scale = float(tensor.quant.scales[0]) if tensor.quant and per_tensor else 0.0
    zero_point = int(tensor.quant.zero_points[0]) if tensor.quant and per_tensor else 0
    return IO.pack(
        refs.of_tensor(tensor),
        tensor.size_bytes,
        _DTYPES.index(tensor.dtype),
        len(tensor.shape),
        scale,
        zero_point,
    )


def _state(tensor: Tensor, refs: _Refs) -> bytes:
    state = tensor.state or State()
    initial = REF_NONE
    if state.initial is not None:
        initial = REF_CONST | refs.constants.placed[state.initial]
    return STATE.pack(refs.of_tensor(tensor), tensor.size_bytes, initial, state.fill)


def _op(index: int, step: Step, refs: _Refs) -> bytes:
    size, params = _record_bytes(step), step.params.pack()
    head = OP.pack(
        step.opcode,
        size,
        step.source_index,
        len(step.operands),
        step.output_count,
        len(params),
    )
    operands = b"".join(
        OPERAND.pack(*refs.of_operand(index, position, operand))
        for position, operand in enumerate(step.operands)
    )
    return (head + operands + params).ljust(size, b"\0")


def _ascii(name: str) -> bytes:
    """The name as printable ASCII; MLPerf's text protocol carries it in square brackets."""
    kept = "".join(c if c.isascii() and c.isprintable() and c not in "[]%" else "?" for c in name)
    return kept[:_NAME_LIMIT].encode("ascii")
