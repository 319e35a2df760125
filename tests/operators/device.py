"""The plan engine and its reference kernels, compiled for this machine with UBSan.

Programs run in two ways: kernel by kernel, every operand in memory of its own with guard bytes
behind, and as a packed plan through the executor.
"""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path

import numpy as np

from harness.engines.plan.graph import Tensor
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.program import ConstOperand, Operand, Program, ScratchOperand, Step

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
GUARD_BYTES = 64
GUARD = 0xA5
ARENA_BYTES_AT = 20


class _Operand(ctypes.Structure):
    _fields_ = (("ref", ctypes.c_uint32), ("bytes", ctypes.c_uint32))


class _Kernel(ctypes.Structure):
    _fields_ = (
        ("opcode", ctypes.c_uint16),
        ("operand_count", ctypes.c_uint8),
        ("output_count", ctypes.c_uint8),
        ("param_bytes", ctypes.c_uint32),
        ("run", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p))),
        ("optional_operands", ctypes.c_uint32),
        ("check", ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.POINTER(_Operand))),
    )


class _ModelInfo(ctypes.Structure):
    """The first fields of th_model_info."""

    _fields_ = (
        ("arena_bytes", ctypes.c_uint32),
        ("persistent_bytes", ctypes.c_uint32),
        ("input_bytes", ctypes.c_uint32),
        ("output_bytes", ctypes.c_uint32),
    )


def build_library(folder: Path) -> Path:
    """Compile the kernel set into a shared library; undefined behaviour ends the process."""
    library = folder / "libkernels.so"
    command = ["cc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    command += ["-fsanitize=undefined", "-fno-sanitize-recover=all", f"-I{FIRMWARE}"]
    sources = sorted((FIRMWARE / "kernels" / "reference").glob("*.c"))
    sources += sorted((FIRMWARE / "engines" / "plan").glob("*.c"))
    sources += [FIRMWARE / "app" / "crc32.c"]
    clock = folder / "clock.c"
    clock.write_text('#include "board/board.h"\nuint64_t board_cycles(void) { return 0; }\n')
    subprocess.run([*command, "-o", str(library), str(clock), *map(str, sources)], check=True)
    return library


class Device:
    """Memory and kernels; every operand is followed by guard bytes."""

    def __init__(self, library: Path) -> None:
        self._library = ctypes.CDLL(str(library))
        self._library.th_engine_info.restype = ctypes.c_void_p
        self.kernels: dict[int, _Kernel] = {}
        table = (_Kernel * (len(Opcode) + 1)).in_dll(self._library, "th_kernel_table")
        for entry in table:
            if not entry.opcode:
                break
            self.kernels[entry.opcode] = entry

    def run(
        self,
        program: Program,
        inputs: list[np.ndarray],
        *,
        in_place: int | None = None,
        variables: dict[int, np.ndarray] | None = None,
    ) -> list[np.ndarray]:
        """One inference.

        Args:
            program: lowered.
            inputs: in model order.
            in_place: which of a step's pairs, if it has so many, share memory.
            variables: the program's, by tensor; filled when empty, and brought up to date.
        """
        graph = program.graph
        memory = {
            index: _guarded(tensor.size_bytes if tensor.data is None else tensor.data)
            for index, tensor in graph.tensors.items()
        }
        variables = {} if variables is None else variables
        for index in program.variables:
            memory[index] = variables.setdefault(index, _initial(graph.tensors[index]))
        for index, array in zip(graph.inputs, inputs, strict=True):
            memory[index] = _guarded(array)
        for step in program.steps:
            self._step(step, memory, in_place)
        for buffer in memory.values():
            assert (buffer[-GUARD_BYTES:] == GUARD).all(), "a kernel wrote past its operand"
        return [
            memory[i][:-GUARD_BYTES]
            .view(graph.tensors[i].dtype.numpy)
            .reshape(graph.tensors[i].shape)
            for i in graph.outputs
        ]

    def load(self, blob: bytes) -> None:
        """Load a packed plan into the executor."""
        header = np.frombuffer(blob[: ARENA_BYTES_AT + 4], "<u4")
        arena_bytes = int(header[ARENA_BYTES_AT // 4])
        self._blob = _aligned(blob)
        self._arena = _aligned(bytes([GUARD]) * (arena_bytes + GUARD_BYTES))
        detail = ctypes.c_char_p()
        status = self._library.th_engine_load(
            ctypes.c_void_p(self._blob.ctypes.data),
            ctypes.c_size_t(len(blob)),
            ctypes.c_void_p(self._arena.ctypes.data),
            ctypes.c_size_t(arena_bytes),
            ctypes.byref(detail),
        )
        assert status == 0, detail.value
        self._info = _ModelInfo.from_address(self._library.th_engine_info())

    def infer(self, inputs: bytes) -> bytes:
        """One inference of the loaded plan on the concatenated inputs."""
        assert len(inputs) == self._info.input_bytes
        outputs = ctypes.create_string_buffer(self._info.output_bytes)
        self._library.th_engine_set_inputs(ctypes.c_char_p(inputs))
        self._library.th_engine_invoke(None)
        self._library.th_engine_get_outputs(outputs)
        assert (self._arena[-GUARD_BYTES:] == GUARD).all(), "a kernel wrote past the arena"
        return outputs.raw

    def reset_state(self) -> None:
        """Give the loaded plan's variables their initial values."""
        self._library.th_engine_reset_state()

    def _step(self, step: Step, memory: dict[int, np.ndarray], in_place: int | None) -> None:
        kernel = self.kernels[step.opcode]
        assert len(step.operands) == kernel.operand_count
        assert step.output_count == kernel.output_count
        assert len(step.params.pack()) == kernel.param_bytes
        buffers = [_buffer(operand, memory) for operand in step.operands]
        if in_place is not None and in_place < len(step.in_place):
            target, source = step.in_place[in_place]
            shared = buffers[source]
            shared_operand = step.operands[target]
            buffers[target] = shared
            memory[shared_operand.tensor] = shared  # type: ignore[union-attr]
        pointers = (ctypes.c_void_p * len(buffers))(
            *[None if buffer is None else buffer.ctypes.data for buffer in buffers]
        )
        params = np.frombuffer(step.params.pack(), np.uint8).copy()
        sizes = [0 if buffer is None else buffer.size - GUARD_BYTES for buffer in buffers]
        operands = (_Operand * len(sizes))(*[(0, size) for size in sizes])
        for position, operand in enumerate(step.operands):
            assert operand is not None or kernel.optional_operands >> position & 1
        if kernel.check:
            assert kernel.check(params.ctypes.data, operands), "refuses its own operands"
        kernel.run(params.ctypes.data, pointers)


def _buffer(operand: Operand, memory: dict[int, np.ndarray]) -> np.ndarray | None:
    if operand is None:
        return None
    if isinstance(operand, ConstOperand):
        return _guarded(operand.data)
    if isinstance(operand, ScratchOperand):
        return _guarded(operand.size_bytes)
    return memory[operand.tensor]


def _initial(tensor: Tensor) -> np.ndarray:
    assert tensor.state is not None
    if tensor.state.initial is not None:
        return _guarded(np.frombuffer(tensor.state.initial, np.uint8))
    return _guarded(np.full(tensor.size_bytes, tensor.state.fill, np.uint8))


def _guarded(content: int | np.ndarray) -> np.ndarray:
    """Bytes (uninitialised memory reads as 0xA5) with guard bytes behind."""
    if isinstance(content, int):
        return np.full(content + GUARD_BYTES, GUARD, np.uint8)
    data = np.frombuffer(np.ascontiguousarray(content).tobytes(), np.uint8)
    return np.concatenate([data, np.full(GUARD_BYTES, GUARD, np.uint8)])


def _aligned(content: bytes) -> np.ndarray:
    """The bytes at an address that is a multiple of 16."""
    memory = np.empty(len(content) + 16, np.uint8)
    offset = -memory.ctypes.data % 16
    view = memory[offset : offset + len(content)]
    view[:] = np.frombuffer(content, np.uint8)
    return view
