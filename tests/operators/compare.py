"""Compares the plan engine with the oracle, bit for bit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.engines.plan.arena import plan_arena
from harness.engines.plan.blob import pack
from harness.engines.plan.importer import import_model
from harness.engines.plan.lower import lower
from tests.operators.device import Device
from tests.operators.oracle import Arrays, Tally, expected_outputs
from tests.operators.registry import CASES, Case, Comparison

ENOUGH = 200
# Planning memory takes far longer than everything else.
PACKED_EVERY = 10


def check(device: Device, comparison: Comparison) -> None:
    """One line of docs/operators.md: `comparison.cases` cases, judged by whom it says."""
    make_case, seed, cases = comparison.make_case, comparison.seed, comparison.cases
    tally = check_cases(device, make_case, seed, cases)
    assert tally.total == cases
    assert tally.oracle == comparison.oracle


def check_cases(
    device: Device, make_case: Callable[[np.random.Generator], Case], seed: int, cases: int = CASES
) -> Tally:
    """Run `cases` seeded random cases; fails on the first difference, or if too few were judged."""
    tally = Tally()
    for index in range(cases):
        data, batch = make_case(np.random.default_rng((seed, index)))
        packed = index % PACKED_EVERY == 0
        check_case(device, data, batch, tally, f"seed {(seed, index)}", packed=packed)
    assert tally.total >= ENOUGH
    return tally


def check_case(
    device: Device,
    data: bytes,
    batch: list[Arrays],
    tally: Tally,
    label: str,
    *,
    packed: bool = True,
) -> None:
    """One model on several sets of inputs: kernels in place, not in place, and as a packed plan."""
    program = lower(import_model(data, "case"))
    if packed:
        device.load(pack(program, plan_arena(program)))
    variants = [None, *range(max(len(step.in_place) for step in program.steps))]
    variables: dict[int | None, dict[int, np.ndarray]] = {variant: {} for variant in variants}
    expected_batch = expected_outputs(data, batch, tally, len(program.graph.outputs))
    for inputs, expected in zip(batch, expected_batch, strict=True):
        for in_place in variants:
            actual = device.run(program, inputs, in_place=in_place, variables=variables[in_place])
            for ours, theirs in zip(actual, expected, strict=True):
                same = ours.dtype == theirs.dtype and np.array_equal(ours.ravel(), theirs.ravel())
                if not same:  # asked first: telling the difference takes far longer
                    np.testing.assert_array_equal(
                        ours.ravel(), theirs.ravel(), err_msg=f"{label}, in_place={in_place}"
                    )
                    assert ours.dtype == theirs.dtype, label
        if packed:
            outputs = device.infer(b"".join(array.tobytes() for array in inputs))
            assert outputs == b"".join(array.tobytes() for array in actual), f"{label}, packed"
