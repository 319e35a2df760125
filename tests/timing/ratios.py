"""General-purpose kernels on every core, beside published CoreMark figures.

`python -m tests.timing.ratios` prints the tables of docs/timing.md. The kernels are our own, in
firmware/engines/timing/kernels, and of CoreMark's kind: linked list, matrix, tokeniser (a state machine), CRC; besides,
sorting, searching and a FIR filter.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.link.transcript import Transcript
from harness.microbench.device import Bench, Sample
from harness.microbench.suite import Kind
from harness.timing.model import TimingMode, cycle_model
from targets.catalogue import load_catalogue
from targets.deadline import Deadline

CORES = {
    "M0+": "qemu-cortex-m0plus",
    "M3": "qemu-cortex-m3",
    "M4": "qemu-cortex-m4",
    "M7": "qemu-cortex-m7",
    "M33": "qemu-cortex-m33",
    "M55": "qemu-cortex-m55",
}
BASE = "M4"
PUBLISHED = {
    # CoreMark/MHz of core and M4 by the same source, and what it was compiled with.
    "M0+": (1.83, 2.58, "GCC -O3: RP2040, Teensy 3.6"),
    "M3": (3.32, 3.40, "official figures, no like pair of GCC's"),
    "M7": (3.99, 2.58, "GCC -O3: i.MX RT1060 in TCM, Teensy 3.6"),
    "M33": (2.97, 2.58, "GCC -O3: RP2350, Teensy 3.6"),
    "M55": (2.81, 2.58, "GCC -Ofast: AN547 in TCM; -O3: Teensy 3.6"),
}
_TIMEOUT_S = 600.0


@dataclass(frozen=True)
class Cost:
    """Of one solution of a kernel's problem."""

    instructions: float
    cycles: float


def measure(target: str) -> dict[str, Cost]:
    """Costs of all kernels on `target`, by name."""
    instructions, cycles = (_counts(target, mode) for mode in ("none", "core"))
    return {name: Cost(instructions[name], cycles[name]) for name in cycles}


def _counts(target: str, mode: TimingMode) -> dict[str, float]:
    deadline = Deadline.after(_TIMEOUT_S)
    where = load_catalogue().target(target)
    bench = Bench.of(where, cycle_model(where, mode), deadline)
    kernels = [b for b in bench.list(Transcript(), deadline) if b.kind is Kind.KERNEL]
    return {
        s.benchmark.name.removeprefix("kernel_"): _per_solution(s)
        for s in bench.run(kernels, 1, Transcript(), deadline)
    }


def _per_solution(sample: Sample) -> float:
    return (sample.twice[0] - sample.once[0]) / (sample.iterations * sample.benchmark.units)


def ratio(costs: Mapping[str, Cost], base: Mapping[str, Cost]) -> float:
    """How much faster than `base` at the same clock: the geometric mean over the kernels."""
    logs = [math.log(base[name].cycles / cost.cycles) for name, cost in costs.items()]
    return math.exp(sum(logs) / len(logs))


def published_ratio(core: str) -> float:
    """The published one; 1 for the base."""
    if core == BASE:
        return 1.0
    ours, base, _ = PUBLISHED[core]
    return ours / base


def tables(costs: Mapping[str, Mapping[str, Cost]]) -> Iterator[str]:
    """Lines of Markdown."""
    names = list(costs[BASE])
    yield "| core | " + " | ".join(names) + " |"
    yield "|---|" + "---|" * len(names)
    for core, of in costs.items():
        cells = (f"{of[n].cycles:,.0f} ({of[n].cycles / of[n].instructions:.2f})" for n in names)
        yield f"| {core} | " + " | ".join(cells) + " |"
    yield ""
    yield f"| core | modelled, of {BASE} | published, of {BASE} | difference | published figures |"
    yield "|---|---|---|---|---|"
    for core in costs:
        if core == BASE:
            continue
        ours, base, source = PUBLISHED[core]
        got, wanted = ratio(costs[core], costs[BASE]), published_ratio(core)
        yield (
            f"| {core} | {got:.2f} | {wanted:.2f} | {got / wanted - 1:+.0%} |"
            f" {ours:.2f} and {base:.2f} CoreMark/MHz, {source} |"
        )


if __name__ == "__main__":
    for line in tables({core: measure(target) for core, target in CORES.items()}):
        print(line)
