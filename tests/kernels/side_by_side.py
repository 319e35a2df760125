"""Many small models in one plan, so that an emulator is started once for all of them.

The models run one after another in the same memory, which is as they left it, once per set of inputs. Each is placed
as the planner places it alone, and ends where a guard of zeros begins. Inputs are constants, copied to where the model
has them; outputs are copied to where they stay.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.engines.plan.arena import plan_arena
from harness.engines.plan.blob import constant_bytes, pack
from harness.engines.plan.compile import compile_program
from harness.engines.plan.graph import DType, Graph, Tensor
from harness.engines.plan.kernels import KernelSet
from harness.engines.plan.lifetimes import ARENA_ALIGN, align_up
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import CopyParams
from harness.engines.plan.program import (
    ConstOperand,
    Operand,
    Placement,
    Program,
    Step,
    TensorOperand,
)

GUARD_BYTES = 64
GUARD = bytes(GUARD_BYTES)
RECORDS_BYTES = 512
"""More than the records of one run: of copies, a layer or two, and its outputs."""


@dataclass(frozen=True)
class Model:
    """A model and what it is to answer.

    Attributes:
        label: what it is, for messages.
        program: specialised for the kernel set.
        placement: of the model alone.
        batch: sets of inputs.
        answers: for each of them the outputs, one after another.
    """

    label: str
    program: Program
    placement: Placement
    batch: Sequence[Sequence[np.ndarray]]
    answers: Sequence[bytes]

    @property
    def kernels(self) -> list[str]:
        """Names of the kernels that it runs."""
        return [Opcode(step.opcode).name for step in self.program.steps]


def compiled(
    label: str,
    data: bytes,
    kernels: KernelSet,
    batch: Sequence[Sequence[np.ndarray]],
    expected: Sequence[Sequence[np.ndarray]],
) -> Model:
    """Compile a .tflite file as compile_model does; `expected` are the outputs for each set of inputs."""
    program, _ = compile_program(data, "case", kernels)
    answers = [b"".join(array.tobytes() for array in outputs) for outputs in expected]
    return Model(label, program, plan_arena(program), batch, answers)


@dataclass(frozen=True)
class Needs:
    """Bounds of what a joined plan takes of a device.

    Attributes:
        slot_bytes: of the plan itself.
        ram_bytes: of its arena and the copy of its outputs that the firmware keeps beside it.
    """

    slot_bytes: int
    ram_bytes: int


def needs(models: Sequence[Model]) -> Needs:
    """What `joined` makes of the models, in memory."""
    runs = sum(len(model.batch) for model in models)
    constants = sum(constant_bytes(model.program) for model in models)
    inputs = sum(array.nbytes for model in models for arrays in model.batch for array in arrays)
    outputs = sum(len(answer) + ARENA_ALIGN for model in models for answer in model.answers)
    work = max(model.placement.arena_bytes for model in models)
    return Needs(constants + inputs + runs * RECORDS_BYTES, work + 2 * (outputs + GUARD_BYTES))


def joined(models: Sequence[Model], kernels: KernelSet) -> bytes:
    """One plan for all. Its outputs are the guard, then the models' answers; its input does not matter."""
    plan = _Joined(max(model.placement.arena_bytes for model in models))
    for model in models:
        for inputs in model.batch:
            plan.append(model, inputs)
    guard, *_ = plan.outputs
    sha256 = hashlib.sha256().digest()
    graph = Graph("joined", sha256, plan.tensors, (), (guard,), tuple(plan.outputs))
    placement = Placement(plan.offsets, plan.scratch, plan.arena_bytes)
    return pack(Program(graph, tuple(plan.steps)), placement, kernels.abi)


class _Joined:
    """The plan as it grows: what Graph, Program and Placement hold."""

    def __init__(self, work_bytes: int) -> None:
        self.tensors: dict[int, Tensor] = {}
        self.outputs: list[int] = []
        self.steps: list[Step] = []
        self.offsets: dict[int, int] = {}
        self.scratch: dict[int, dict[int, int]] = {}
        self.arena_bytes = self._work_bytes = work_bytes
        self._add_output(GUARD_BYTES)

    def append(self, model: Model, inputs: Sequence[np.ndarray]) -> None:
        """Copy the inputs, run the model, copy its outputs."""
        graph, placement = model.program.graph, model.placement
        base = self._work_bytes - placement.arena_bytes
        number = {old: len(self.tensors) + i for i, old in enumerate(graph.tensors)}
        for old, new in number.items():
            self.tensors[new] = dataclasses.replace(graph.tensors[old], index=new)
        for old, offset in placement.offsets.items():
            self.offsets[number[old]] = base + offset
        for old, array in zip(graph.inputs, inputs, strict=True):
            self._copy(TensorOperand(number[old]), ConstOperand(array), array.nbytes)
        for index, step in enumerate(model.program.steps):
            own = placement.scratch.get(index, {})
            self.scratch[len(self.steps)] = {which: base + at for which, at in own.items()}
            moved = tuple(
                TensorOperand(number[operand.tensor])
                if isinstance(operand, TensorOperand)
                else operand
                for operand in step.operands
            )
            self.steps.append(dataclasses.replace(step, operands=moved))
        for old in graph.outputs:
            size = graph.tensors[old].size_bytes
            self._copy(TensorOperand(self._add_output(size)), TensorOperand(number[old]), size)

    def _add_output(self, size: int) -> int:
        index = len(self.tensors)
        self.tensors[index] = Tensor(index, "output", DType.INT8, (size,))
        self.offsets[index] = self.arena_bytes
        self.arena_bytes += align_up(size, ARENA_ALIGN)
        self.outputs.append(index)
        return index

    def _copy(self, to: Operand, source: Operand, size: int) -> None:
        self.steps.append(Step(Opcode.COPY, "COPY", 0, (to, source), 1, CopyParams(size), 0))
