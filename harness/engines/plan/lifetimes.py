"""When everything in the arena is alive, and what may share memory: the input of the arena planner.

Time 0 is the staging of the inputs, time i + 1 is step i, both ends included, as in TFLM's
micro_allocation_info.cc: a graph input lives from 0, a graph output to the last step, a variable all the time.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.engines.plan.program import Program, ScratchOperand, Step, TensorOperand

MIN_ALIGN = 4
SCRATCH_ALIGN = 8
ARENA_ALIGN = 16


@dataclass(frozen=True)
class Block:
    """Something that needs memory for a while.

    Attributes:
        tensor: its index; -1 for scratch.
        step: the step whose scratch it is; -1 for a tensor.
        operand: which operand of that step.
        size_bytes: at least 1.
        align: its offset is a multiple of this.
        first, last: the times between which it is alive, both included.
    """

    tensor: int
    step: int
    operand: int
    size_bytes: int
    align: int
    first: int
    last: int


@dataclass(frozen=True)
class Sharing:
    """An output that may take over the memory of one of these inputs, which die at its birth.

    Attributes:
        time: of the step.
        output: index of the output's block.
        inputs: indices of blocks, in the lowering's order of preference.
    """

    time: int
    output: int
    inputs: tuple[int, ...]


@dataclass(frozen=True)
class Lifetimes:
    """All blocks of a program, tensors by index first, then scratch; and all chances to share."""

    blocks: tuple[Block, ...]
    sharings: tuple[Sharing, ...]


def lifetimes(program: Program) -> Lifetimes:
    """Return what the program keeps in the arena, and when."""
    graph = program.graph
    first: dict[int, int] = {}
    last: dict[int, int] = {}

    def touch(tensor: int, time: int) -> None:
        if graph.tensors[tensor].data is None:
            first.setdefault(tensor, time)
            last[tensor] = time

    for tensor in graph.inputs:
        touch(tensor, 0)
    for index, step in enumerate(program.steps):
        for operand in step.operands:
            if isinstance(operand, TensorOperand):
                touch(operand.tensor, index + 1)
    for tensor in graph.outputs:
        touch(tensor, len(program.steps))
    for tensor in program.variables:
        first[tensor], last[tensor] = 0, len(program.steps)
    blocks = [
        Block(
            tensor=tensor,
            step=-1,
            operand=-1,
            size_bytes=graph.tensors[tensor].size_bytes,
            align=max(MIN_ALIGN, graph.tensors[tensor].dtype.size_bytes),
            first=first[tensor],
            last=last[tensor],
        )
        for tensor in sorted(first)
    ]
    number = {block.tensor: i for i, block in enumerate(blocks)}
    for index, step in enumerate(program.steps):
        for position, operand in enumerate(step.operands):
            if isinstance(operand, ScratchOperand):
                size = max(1, operand.size_bytes)
                blocks.append(Block(-1, index, position, size, SCRATCH_ALIGN, index + 1, index + 1))
    sharings = [
        sharing
        for index, step in enumerate(program.steps)
        for sharing in _sharings(program, step, index + 1, blocks, number)
    ]
    return Lifetimes(tuple(blocks), tuple(sharings))


def _sharings(
    program: Program, step: Step, time: int, blocks: list[Block], number: dict[int, int]
) -> list[Sharing]:
    found: list[Sharing] = []
    for position in range(step.output_count):
        output = step.operands[position]
        if not isinstance(output, TensorOperand) or output.tensor not in number:
            continue
        allowed = [i for o, i in step.in_place if o == position]
        inputs: list[int] = []
        for operand_index in allowed:
            operand = step.operands[operand_index]
            if not isinstance(operand, TensorOperand) or operand.tensor not in number:
                continue
            source = number[operand.tensor]
            others = {
                i
                for i, o in enumerate(step.operands)
                if o == operand and i >= step.output_count and i not in allowed
            }
            stays = operand.tensor in (*program.graph.outputs, *program.variables)
            dies = blocks[source].last == time and not stays
            fits = program.graph.tensors[output.tensor].size_bytes <= blocks[source].size_bytes
            if dies and fits and not others and source not in inputs and operand != output:
                inputs.append(source)
        if inputs and blocks[number[output.tensor]].first == time:
            found.append(Sharing(time, number[output.tensor], tuple(inputs)))
    return found


def lower_bound_bytes(program: Program) -> int:
    """Return what no plan can stay below: the most bytes alive at once, a multiple of 16.

    Where an output may share memory with a dying input, the smaller of both counts nothing.
    """
    life = lifetimes(program)
    change = [0] * (len(program.steps) + 2)
    for block in life.blocks:
        change[block.first] += block.size_bytes
        change[block.last + 1] -= block.size_bytes
    saved = [0] * len(change)
    for sharing in life.sharings:
        saved[sharing.time] += life.blocks[sharing.output].size_bytes
    alive = peak = 0
    for time, delta in enumerate(change):
        alive += delta
        peak = max(peak, alive - saved[time])
    return align_up(peak, ARENA_ALIGN)


def align_up(value: int, align: int) -> int:
    """Return the smallest multiple of `align` that is not below `value`."""
    return -(-value // align) * align
