"""The arena planner against a byte-by-byte execution of the plan, TFLM's planner, and the lower bound."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.engines.plan.arena import plan_arena
from harness.engines.plan.graph import DType, Graph, Operator, Tensor
from harness.engines.plan.importer import import_model
from harness.engines.plan.lifetimes import lower_bound_bytes
from harness.engines.plan.lower import lower
from harness.engines.plan.params import Params
from harness.engines.plan.program import (
    Operand,
    Placement,
    Program,
    ScratchOperand,
    Step,
    TensorOperand,
)
from harness.engines.tflm_oracle import TflmOracle
from models.example import example_model

SIZES = {DType.INT8: 1, DType.INT32: 4, DType.INT64: 8}


def tensor(index: int, size: int, dtype: DType = DType.INT8) -> Tensor:
    return Tensor(index, f"t{index}", dtype, (size,))


def step(
    index: int,
    outputs: Sequence[int],
    inputs: Sequence[int],
    scratch: int = 0,
    in_place: tuple[tuple[int, int], ...] = (),
) -> Step:
    operands: list[Operand] = [TensorOperand(t) for t in (*outputs, *inputs)]
    if scratch:
        operands.append(ScratchOperand(scratch))
    return Step(1, "ADD", index, tuple(operands), len(outputs), Params(), 0, in_place)


def program(
    sizes: Sequence[int], steps: Sequence[Step], inputs: Sequence[int], outputs: Sequence[int]
) -> Program:
    tensors = {i: tensor(i, size) for i, size in enumerate(sizes)}
    operators = tuple(Operator(s.source_index, s.kind, (), ()) for s in steps)
    graph = Graph("g", bytes(32), tensors, operators, tuple(inputs), tuple(outputs))
    return Program(graph, tuple(steps))


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """A random chain of steps with skips, several outputs, scratch and chances to share."""
    kinds = st.sampled_from(list(SIZES))
    extent = st.integers(1, 70)
    tensors: list[Tensor] = []

    def new() -> int:
        tensors.append(tensor(len(tensors), draw(extent), draw(kinds)))
        return len(tensors) - 1

    inputs = [new() for _ in range(draw(st.integers(1, 3)))]
    steps: list[Step] = []
    for index in range(draw(st.integers(0, 12))):
        recent = st.integers(max(0, len(tensors) - 5), len(tensors) - 1)
        read = draw(st.lists(recent, min_size=1, max_size=3))
        written = [new() for _ in range(draw(st.integers(1, 2)))]
        pairs = [
            (o, len(written) + i)
            for o in range(len(written))
            for i in range(len(read))
            if draw(st.booleans())
        ]
        scratch = draw(st.sampled_from((0, 0, 1, 37, 100)))
        steps.append(step(index, written, read, scratch, tuple(pairs)))
    outputs = draw(st.lists(st.integers(0, len(tensors) - 1), min_size=1, max_size=3, unique=True))
    operators = tuple(Operator(s.source_index, s.kind, (), ()) for s in steps)
    numbered = {t.index: t for t in tensors}
    graph = Graph("g", bytes(32), numbered, operators, tuple(inputs), tuple(outputs))
    return Program(graph, tuple(steps))


def execute(program: Program, placement: Placement) -> None:
    """Run the plan on an arena whose bytes remember which tensor wrote them last."""
    tensors = program.graph.tensors
    arena = [-1] * placement.arena_bytes

    def span(index: int) -> range:
        start = placement.offsets[index]
        assert start % max(4, SIZES[tensors[index].dtype]) == 0
        assert start + tensors[index].size_bytes <= placement.arena_bytes
        return range(start, start + tensors[index].size_bytes)

    def write(index: int) -> None:
        for at in span(index):
            arena[at] = index

    def intact(index: int) -> bool:
        return all(arena[at] == index for at in span(index))

    for index in program.graph.inputs:
        write(index)
    for number, one in enumerate(program.steps):
        numbered = dict(enumerate(one.operands))
        written = {
            p: o.tensor
            for p, o in numbered.items()
            if p < one.output_count and isinstance(o, TensorOperand)
        }
        read = {
            p: o.tensor
            for p, o in numbered.items()
            if p >= one.output_count and isinstance(o, TensorOperand)
        }
        assert all(intact(t) for t in read.values())
        for position, output in written.items():
            for other, source in read.items():
                if not set(span(output)) & set(span(source)):
                    continue
                # Sharing: allowed by the step for every operand that reads this tensor, same start.
                assert (position, other) in one.in_place
                assert span(output).start == span(source).start
                assert len(span(output)) <= len(span(source))
        used = [set(span(t)) for t in {*written.values(), *read.values()}]
        for position, operand in numbered.items():
            if isinstance(operand, ScratchOperand):
                start = placement.scratch[number][position]
                scratch = set(range(start, start + operand.size_bytes))
                assert start % 8 == 0
                assert max(scratch) < placement.arena_bytes
                assert not any(scratch & span_of for span_of in used)
                for at in scratch:
                    arena[at] = -2
        for output in written.values():
            write(output)
        assert all(intact(t) for t in written.values())
    assert all(intact(t) for t in program.graph.outputs)


def tflm_planner(program: Program) -> int:
    """TFLM's greedy planner, after greedy_memory_planner.cc: largest first, first gap, 16 bytes."""

    def rounded(size: int) -> int:
        return (size + 15) // 16 * 16

    used: dict[tuple[str, int, int], list[int]] = {}
    graph = program.graph
    for index in sorted(graph.tensors):
        times = [0] if index in graph.inputs else []
        times += [n + 1 for n, s in enumerate(program.steps) if TensorOperand(index) in s.operands]
        if index in graph.outputs:
            times.append(len(program.steps))
        if times:
            used["tensor", index, 0] = [
                rounded(graph.tensors[index].size_bytes),
                min(times),
                max(times),
            ]
    for n, one in enumerate(program.steps):
        for p, operand in enumerate(one.operands):
            if isinstance(operand, ScratchOperand):
                used["scratch", n, p] = [rounded(operand.size_bytes), n + 1, n + 1]
    placed: list[tuple[int, int, int, int]] = []
    for size, first, last in sorted(used.values(), key=lambda u: -u[0]):
        candidate = 0
        for offset, other, born, dead in sorted(placed):
            if born > last or dead < first:
                continue
            if offset - candidate >= size:
                break
            candidate = max(candidate, offset + other)
        placed.append((candidate, size, first, last))
    return max((offset + size for offset, size, _, _ in placed), default=0)


def most_alive(program: Program) -> int:
    """Largest sum of tensors alive at once when nothing is shared, counted step by step."""
    graph = program.graph
    peak = sum(graph.tensors[t].size_bytes for t in graph.inputs)
    for number, one in enumerate(program.steps):
        before = set(graph.inputs) | {
            o.tensor
            for s in program.steps[: number + 1]
            for o in s.operands
            if isinstance(o, TensorOperand)
        }
        after = set(graph.outputs) | {
            o.tensor
            for s in program.steps[number:]
            for o in s.operands
            if isinstance(o, TensorOperand)
        }
        scratch = sum(o.size_bytes for o in one.operands if isinstance(o, ScratchOperand))
        peak = max(peak, scratch + sum(graph.tensors[t].size_bytes for t in before & after))
    return peak


@settings(deadline=None, max_examples=80)
@given(programs())
def test_plans_hold_when_executed(program: Program) -> None:
    placement = plan_arena(program)
    execute(program, placement)
    assert placement.arena_bytes % 16 == 0
    assert lower_bound_bytes(program) <= placement.arena_bytes <= tflm_planner(program)


@settings(deadline=None, max_examples=10)
@given(programs())
def test_plans_are_deterministic(program: Program) -> None:
    assert plan_arena(program) == plan_arena(program)


@settings(deadline=None, max_examples=100)
@given(programs())
def test_bound_without_sharing_is_what_is_alive(program: Program) -> None:
    plain = Program(
        program.graph,
        tuple(
            Step(s.opcode, s.kind, s.source_index, s.operands, s.output_count, Params(), 0)
            for s in program.steps
        ),
    )
    bound = lower_bound_bytes(plain)
    assert bound == -(-most_alive(plain) // 16) * 16
    assert lower_bound_bytes(program) <= bound


def test_chain_in_place_needs_one_buffer() -> None:
    chain = program(
        [64, 64, 64], [step(0, [1], [0], 0, ((0, 1),)), step(1, [2], [1], 0, ((0, 1),))], [0], [2]
    )
    placement = plan_arena(chain)
    assert placement.arena_bytes == 64
    assert placement.offsets == {0: 0, 1: 0, 2: 0}


@pytest.mark.parametrize(
    ("one", "arena_bytes"),
    [
        (step(0, [1], [0]), 128),
        (step(0, [1], [0], 0, ((0, 1),)), 64),
        # Operand 2 reads the same tensor in a way that does not stand being overwritten.
        (step(0, [1], [0, 0], 0, ((0, 1),)), 128),
        (step(0, [1], [0, 0], 0, ((0, 1), (0, 2))), 64),
    ],
)
def test_sharing_needs_permission_for_every_reader(one: Step, arena_bytes: int) -> None:
    assert plan_arena(program([64, 64], [one], [0], [1])).arena_bytes == arena_bytes


def test_an_output_is_never_overwritten() -> None:
    both = program([64, 64], [step(0, [1], [0], 0, ((0, 1),))], [0], [0, 1])
    assert plan_arena(both).arena_bytes == 128


def test_a_larger_output_does_not_share() -> None:
    grown = program([32, 64], [step(0, [1], [0], 0, ((0, 1),))], [0], [1])
    assert plan_arena(grown).arena_bytes == 96


def test_search_beats_greedy_by_size() -> None:
    """Largest-first leaves a gap that no later tensor fits; another order meets the bound."""
    sizes = [48, 16, 64, 32, 80, 16]
    steps = [step(0, [1, 2], [0]), step(1, [3], [1]), step(2, [4], [2, 3]), step(3, [5], [4])]
    found = program(sizes, steps, [0], [5])
    assert plan_arena(found).arena_bytes == lower_bound_bytes(found)


def test_many_steps() -> None:
    """A long chain with a tensor that lives throughout stays quick and optimal."""
    count = 3000
    steps = [step(i, [i + 2], [i + 1] if i < count - 1 else [i + 1, 0]) for i in range(count)]
    chain = program([16] + [48] * (count + 1), steps, [0, 1], [count + 1])
    assert plan_arena(chain).arena_bytes == 16 + 48 + 48


def test_never_above_the_real_tflm() -> None:
    data = example_model()
    try:
        arena = TflmOracle(data).arena()
    except ImportError:
        pytest.skip("tflite-micro is not installed")
    ours = lower(import_model(data, "example"))
    assert lower_bound_bytes(ours) <= plan_arena(ours).arena_bytes <= arena.activations_bytes
    assert arena.total_bytes == arena.activations_bytes + arena.persistent_bytes


@pytest.mark.shared
@pytest.mark.parametrize("file", ["kws_ref_model", "ad01_int8"])
def test_real_models(shared_models, file: str) -> None:  # type: ignore[no-untyped-def]
    data = (shared_models / f"{file}.tflite").read_bytes()
    ours = plan_arena(lower(import_model(data, file))).arena_bytes
    try:
        assert ours <= TflmOracle(data).arena().activations_bytes
    except ImportError:
        assert ours <= 16_000
