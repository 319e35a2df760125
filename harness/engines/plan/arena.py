"""Places tensors and scratch memory in the arena, offline: the smallest of several greedy plans.

Each plan is first-fit over some order of the blocks; one of them is TFLM's own (by size, 16-byte
alignment, nothing shared: greedy_memory_planner.cc), so the result is never larger than what TFLM's
planner makes of the same lifetimes. The others use the natural alignment and let an output take the
place of an input that dies at the same step. A bounded search then improves the best, unless it
meets the lower bound already. Orders: Pisarchyk and Lee, "Efficient Memory Management for Deep
Neural Net Inference", arXiv 2001.03288, section 5.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.engines.plan.lifetimes import (
    ARENA_ALIGN,
    Block,
    Lifetimes,
    align_up,
    lifetimes,
    lower_bound_bytes,
)
from harness.engines.plan.program import Placement, Program

SEARCH_WORK = 200_000
"""Bound of the search, in pairs of blocks looked at (about 0.1 s)."""
SEARCH_ROUNDS = 2_000
"""Bound of its rounds, which small graphs reach first."""

_SEED = 2001

Order = Sequence[float]
"""A rank for every block; lower is placed earlier."""
Choice = Sequence[int]
"""For every Sharing the block whose memory the output takes over, or -1."""


@dataclass(frozen=True)
class _Plan:
    size_bytes: int
    offsets: Sequence[int]


def plan_arena(program: Program) -> Placement:
    """Place everything that lives in the arena; deterministic.

    Two blocks alive at the same time overlap only where a step's `in_place` allows it; then they
    start at the same offset.
    """
    life = lifetimes(program)
    best = _best_plan(life, lower_bound_bytes(program))
    offsets: dict[int, int] = {}
    scratch: dict[int, dict[int, int]] = {}
    for block, offset in zip(life.blocks, best.offsets, strict=True):
        if block.step < 0:
            offsets[block.tensor] = offset
        else:
            scratch.setdefault(block.step, {})[block.operand] = offset
    return Placement(offsets, scratch, best.size_bytes)


def _best_plan(life: Lifetimes, bound: int) -> _Plan:
    blocks = life.blocks
    neighbours = _neighbours(blocks)
    nothing = [-1] * len(life.sharings)
    by_tflm_size: Order = [-align_up(b.size_bytes, ARENA_ALIGN) for b in blocks]
    best = _place(blocks, neighbours, by_tflm_size, [], [ARENA_ALIGN] * len(blocks))
    aligns = [b.align for b in blocks]
    choices = [
        _consistent(life, [s.inputs[0] for s in life.sharings]),
        _consistent(life, [s.inputs[-1] for s in life.sharings]),
        nothing,
    ]
    start: tuple[Order, Choice] = (by_tflm_size, nothing)
    for choice in choices:
        for order_of in _ORDERS:
            if best.size_bytes <= bound:
                return best
            order = order_of(blocks)
            plan = _place(blocks, neighbours, order, _links(life, choice), aligns)
            if plan.size_bytes < best.size_bytes:
                best, start = plan, (order, choice)
    return _search(life, neighbours, best, start, bound)


def _search(
    life: Lifetimes,
    neighbours: Sequence[Sequence[int]],
    best: _Plan,
    start: tuple[Order, Choice],
    bound: int,
) -> _Plan:
    """Move one block in the order, or change one sharing, and keep what is not worse."""
    blocks = life.blocks
    aligns = [b.align for b in blocks]
    generator = random.Random(_SEED)
    order, choice = list(start[0]), list(start[1])
    current = _place(blocks, neighbours, order, _links(life, choice), aligns)
    cost = len(blocks) + sum(len(n) for n in neighbours)
    for _ in range(min(SEARCH_ROUNDS, SEARCH_WORK // max(1, cost))):
        if best.size_bytes <= bound:
            break
        new_order, new_choice = list(order), list(choice)
        if life.sharings and generator.random() < 0.3:
            which = generator.randrange(len(life.sharings))
            new_choice[which] = generator.choice((-1, *life.sharings[which].inputs))
            new_choice = _consistent(life, new_choice)
        else:
            block, target = generator.randrange(len(blocks)), generator.randrange(len(blocks))
            new_order[block] = order[target] + generator.choice((-0.5, 0.5))
            # Ranks are made whole again, so that they never run out of room between them.
            ranked = sorted(range(len(blocks)), key=lambda i: (new_order[i], i))
            for rank, index in enumerate(ranked):
                new_order[index] = rank
        plan = _place(blocks, neighbours, new_order, _links(life, new_choice), aligns)
        if plan.size_bytes <= current.size_bytes:
            order, choice, current = new_order, new_choice, plan
        if plan.size_bytes < best.size_bytes:
            best = plan
    return best


def _neighbours(blocks: Sequence[Block]) -> list[list[int]]:
    """For each block those alive at the same time."""
    found: list[list[int]] = [[] for _ in blocks]
    alive: list[int] = []
    for index in sorted(range(len(blocks)), key=lambda i: blocks[i].first):
        alive = [i for i in alive if blocks[i].last >= blocks[index].first]
        for other in alive:
            found[index].append(other)
            found[other].append(index)
        alive.append(index)
    return found


def _consistent(life: Lifetimes, wanted: Choice) -> list[int]:
    """Drop what cannot hold together: the memory of one input goes to one output."""
    taken: set[int] = set()
    choice: list[int] = []
    for source in wanted:
        choice.append(-1 if source in taken else source)
        taken.add(source)
    return choice


def _links(life: Lifetimes, choice: Choice) -> list[tuple[int, int]]:
    """(input, output) blocks that share memory."""
    return [
        (source, sharing.output)
        for sharing, source in zip(life.sharings, choice, strict=True)
        if source >= 0
    ]


def _place(
    blocks: Sequence[Block],
    neighbours: Sequence[Sequence[int]],
    order: Order,
    links: Sequence[tuple[int, int]],
    aligns: Sequence[int],
) -> _Plan:
    """First-fit of groups of blocks that share their start, in the order of their first member."""
    group_of = list(range(len(blocks)))
    members: dict[int, list[int]] = {i: [i] for i in group_of}
    # Links come in the order of time, so an output joins a group that is complete up to its input.
    for source, output in links:
        group = group_of[source]
        group_of[output] = group
        members[group].extend(members.pop(output))
    offsets = [-1] * len(blocks)
    total = 0
    ranked = sorted(members, key=lambda g: (min(order[i] for i in members[g]), g))
    for group in ranked:
        inside = members[group]
        align = max(aligns[i] for i in inside)
        # An offset x of block i collides with block n where low < x < high.
        taken = sorted(
            (offsets[n] - blocks[i].size_bytes, offsets[n] + blocks[n].size_bytes)
            for i in inside
            for n in neighbours[i]
            if offsets[n] >= 0
        )
        offset = 0
        for low, high in taken:
            if low >= offset:
                break
            if high > offset:
                offset = align_up(high, align)
        for i in inside:
            offsets[i] = offset
            total = max(total, offset + blocks[i].size_bytes)
    return _Plan(align_up(total, ARENA_ALIGN), offsets)


def _by_size(blocks: Sequence[Block]) -> Order:
    return [-b.size_bytes for b in blocks]


def _by_area(blocks: Sequence[Block]) -> Order:
    return [-b.size_bytes * (b.last - b.first + 1) for b in blocks]


def _by_span(blocks: Sequence[Block]) -> Order:
    """Long lives first, large ones first among equals."""
    largest = max((b.size_bytes for b in blocks), default=0) + 1
    return [-(b.last - b.first) - b.size_bytes / largest for b in blocks]


def _by_birth(blocks: Sequence[Block]) -> Order:
    return [b.first for b in blocks]


def _by_breadth(blocks: Sequence[Block]) -> Order:
    """The fullest moment first, its largest block first."""
    end = max((b.last for b in blocks), default=0) + 2
    change = [0] * end
    for block in blocks:
        change[block.first] += block.size_bytes
        change[block.last + 1] -= block.size_bytes
    alive: list[int] = []
    for delta in change:
        alive.append((alive[-1] if alive else 0) + delta)
    peaks = [max(alive[b.first : b.last + 1]) for b in blocks]
    ranked = sorted(range(len(blocks)), key=lambda i: (-peaks[i], -blocks[i].size_bytes, i))
    order = [0.0] * len(blocks)
    for rank, index in enumerate(ranked):
        order[index] = rank
    return order


_ORDERS: tuple[Callable[[Sequence[Block]], Order], ...] = (
    _by_size,
    _by_breadth,
    _by_area,
    _by_span,
    _by_birth,
)
