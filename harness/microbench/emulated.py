"""The emulator's cycle model as something that can be fitted: figures as a function of its parameters."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence

from harness.errors import UsageError
from harness.link.transcript import Transcript
from harness.microbench.device import Bench
from harness.microbench.figures import figures_of
from harness.microbench.fit import Range
from harness.microbench.suite import Benchmark, Kind
from harness.timing.model import TimingMode, cycle_model
from targets.deadline import Deadline

_CYCLES = Range(0, 255)
_RANGES = {
    "core.it_folds": Range(0, 1),
    "core.registers_per_cycle": Range(1, 2),
    "core.skipped": Range(0, 8),
}
_WAIT = Range(0, 1000)
_MEMORY = {
    "fetch_wait": _WAIT,
    "read_wait": _WAIT,
    "load_cycles": _WAIT,
    "store_cycles": _WAIT,
    "prefetch": Range(0, 1),
}
"""Last words of the memory's keys that can be fitted; caches, widths and places are structure."""
_STRUCTURE = (
    "core.issue_width",
    "core.pair_16_bit_only",
    "core.pair_needs_simple",
    "core.predictor_entries",
)
"""What kind of core it is, not how fast: a board does not change that."""
_NOT_ORDERED = ("pairs", "unit", "fuses")
"""Codes: one more is not a little slower."""
_PART_OF_A_RULE = ("per_register", "tail", "late", "early", "taken")
"""0 where the rule of a class does not know such a cost; it would only be another name of `issue`."""
_TWO_REGISTERS = ("load_double", "store_double")
_ALWAYS_TAKEN = ("branch", "branch_link", "branch_reg", "branch_link_reg", "table_branch")


def ranges_of(parameters: Mapping[str, int]) -> dict[str, Range]:
    """Return the ranges of those parameters that can be fitted to a board's figures.

    These are the costs that the rules know. What is not part of a rule stays so, and of a branch that is always taken
    only the sum of `issue` and `taken` has a meaning: `issue` stays. So it is with `issue` and `per_register` of a
    transfer that always moves two.
    """
    found = {}
    for key, value in parameters.items():
        group, *rest = key.split(".")
        if group == "memory" and rest[-1] in _MEMORY:
            found[key] = _MEMORY[rest[-1]]
        if group != "core" or key in _STRUCTURE or rest[0] == "unit":
            continue
        if rest[0] == "class":
            _, name, cost = rest
            taken = parameters.get(f"core.class.{name}.taken", 0)
            if (
                cost in _NOT_ORDERED
                or (cost in _PART_OF_A_RULE and value == 0)
                or (cost == "per_register" and name in _TWO_REGISTERS)
                or (cost == "issue" and name in _ALWAYS_TAKEN and taken > 0)
            ):
                continue
        found[key] = _RANGES.get(key, _CYCLES)
    return found


def checked(parameters: Mapping[str, int], changes: Mapping[str, int]) -> dict[str, int]:
    """Return `parameters` with `changes`.

    Raises:
        UsageError: a change has no parameter.
    """
    for key in changes:
        if key not in parameters:
            near = [known for known in parameters if known.endswith(key)]
            hint = f"; did you mean {', '.join(near[:3])}?" if near else ""
            raise UsageError(f"the timing model has no parameter '{key}'{hint}")
    return {**parameters, **changes}


def model_measure(
    bench: Bench,
    mode: TimingMode,
    benchmarks: Sequence[Benchmark],
    names: Collection[str],
    run_timeout_s: float,
) -> Callable[[Mapping[str, int]], Mapping[str, float]]:
    """Return the figures of those `benchmarks` that are in `names`, as a function of the model's parameters.

    Kernels are left out: they tell how good a fit is that was made without them. Raises as `Bench.run`, when called.
    """
    wanted = [b for b in benchmarks if b.kind is not Kind.KERNEL and b.name in names]

    def measure(parameters: Mapping[str, int]) -> Mapping[str, float]:
        model = cycle_model(bench.target, mode, parameters)
        one = dataclasses.replace(bench, cycle_model=model, phase=lambda _: None)
        samples = one.run(wanted, 1, Transcript(), Deadline.after(run_timeout_s))
        return {figure.benchmark.name: figure.count for figure in figures_of(samples)}

    return measure
