"""What a latency model sees of a network: the steps of its plan, after the kernel set's rewrites."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.engines.plan.compile import compile_program
from harness.engines.plan.kernels import kernel_set
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.program import (
    ConstOperand,
    Program,
    ScratchOperand,
    Step,
    TensorOperand,
)
from harness.errors import ModelError
from targets.schema import Target

Features = dict[str, float]
"""By name."""


@dataclass(frozen=True)
class StepShape:
    """One kernel call, without its data.

    Attributes:
        opcode: name of the kernel ("CONV_2D_S8").
        kind: TFLite's operator name.
        source_index: the operator's index in the .tflite.
        macs: multiply-accumulates.
        params: the kernel's parameter struct (firmware/kernels/params.h), by field.
        input_bytes: of the activations read.
        output_bytes: of the activations written.
        constant_bytes: of weights, biases and factors.
        scratch_bytes: of working memory.
    """

    opcode: str
    kind: str
    source_index: int
    macs: int
    params: Mapping[str, Any]
    input_bytes: int
    output_bytes: int
    constant_bytes: int
    scratch_bytes: int

    def to_json(self) -> dict[str, object]:
        """Return what `from_json` takes."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> StepShape:
        """Return the step that `to_json` wrote.

        Raises:
            TypeError, ValueError, AttributeError: it is something else.
        """
        params = values["params"]
        if not isinstance(params, Mapping):
            raise TypeError("params is no object")
        fixed = {k: tuple(v) if isinstance(v, list) else v for k, v in params.items()}
        return cls(**{**values, "params": fixed})  # type: ignore[arg-type]


def program_of(
    data: bytes, name: str, target: Target, kernels: str, *, optimise: bool = True
) -> Program:
    """Return the .tflite file as `kernels` will run it on `target`'s core.

    Raises:
        ModelError: not a .tflite, or the plan engine cannot run it.
        UsageError: no such kernel set for this core.
    """
    try:
        return compile_program(
            data, name, kernel_set(kernels, target.core.simd), optimise=optimise
        )[0]
    except ModelError as error:
        raise error.named(name) from None


def steps_of(program: Program) -> tuple[StepShape, ...]:
    """Return the steps in order of execution."""
    return tuple(_shape(program, step) for step in program.steps)


def _shape(program: Program, step: Step) -> StepShape:
    read = written = constant = scratch = 0
    for position, operand in enumerate(step.operands):
        if isinstance(operand, ConstOperand):
            constant += operand.data.nbytes
        elif isinstance(operand, ScratchOperand):
            scratch += operand.size_bytes
        elif isinstance(operand, TensorOperand):
            tensor = program.graph.tensors[operand.tensor]
            if tensor.data is not None:
                constant += tensor.size_bytes
            elif position < step.output_count:
                written += tensor.size_bytes
            else:
                read += tensor.size_bytes
    return StepShape(
        opcode=Opcode(step.opcode).name,
        kind=step.kind,
        source_index=step.source_index,
        macs=step.macs,
        params=vars(step.params),
        input_bytes=read,
        output_bytes=written,
        constant_bytes=constant,
        scratch_bytes=scratch,
    )
