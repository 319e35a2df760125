"""A model as the plan engine will execute it: operators lowered to kernels, before and after memory planning.

lower (one function per operator, harness/engines/plan/lower) makes a Step from an Operator; arena.py places the
tensors; blob.py writes both down as firmware/engines/plan/plan_format.h describes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.engines.plan.graph import Graph
from harness.engines.plan.params import Params


@dataclass(frozen=True)
class TensorOperand:
    """An operand that lives in the arena (or is a constant of the graph): a tensor index."""

    tensor: int


@dataclass(frozen=True)
class ConstOperand:
    """An operand precomputed by the lowering (packed weights, multipliers); C-contiguous, little endian."""

    data: npt.NDArray[np.generic]


@dataclass(frozen=True)
class ScratchOperand:
    """Working memory of a kernel, live during its own step only."""

    size_bytes: int


Operand = TensorOperand | ConstOperand | ScratchOperand | None


@dataclass(frozen=True)
class Step:
    """One kernel call.

    Attributes:
        opcode: value of `enum th_opcode` (firmware/kernels/opcodes.h).
        kind: TFLite's operator name, for people.
        source_index: operator's index in the .tflite.
        operands: outputs first, in the order opcodes.h gives.
        output_count: how many of the operands are written.
        params: the parameter struct.
        macs: multiply-accumulates of this step.
        in_place: (output operand, input operand) pairs that may share memory when the input dies here.
    """

    opcode: int
    kind: str
    source_index: int
    operands: tuple[Operand, ...]
    output_count: int
    params: Params
    macs: int
    in_place: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Program:
    """A lowered graph, in execution order."""

    graph: Graph
    steps: tuple[Step, ...]

    @property
    def variables(self) -> tuple[int, ...]:
        """The tensors whose content outlives an inference, by index."""
        return tuple(i for i, tensor in sorted(self.graph.tensors.items()) if tensor.state)


@dataclass(frozen=True)
class Placement:
    """Where everything lies in the arena; nothing shares the bytes of a variable (`Program.variables`).

    Attributes:
        offsets: tensor index -> byte offset.
        scratch: step index -> {operand index -> byte offset}.
        arena_bytes: the arena's size, a multiple of 16.
    """

    offsets: dict[int, int]
    scratch: dict[int, dict[int, int]]
    arena_bytes: int
