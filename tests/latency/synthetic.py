"""Networks and measurements made up for tests: steps of known cost."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from itertools import pairwise

from harness.latency.networks import Sample
from harness.latency.steps import StepShape

Cost = Callable[[StepShape], float]


def dense(inputs: int, outputs: int) -> StepShape:
    """A FULLY_CONNECTED step."""
    return StepShape(
        opcode="FULLY_CONNECTED_S8",
        kind="FULLY_CONNECTED",
        source_index=0,
        macs=inputs * outputs,
        params={"batches": 1, "input_depth": inputs, "output_depth": outputs},
        input_bytes=inputs,
        output_bytes=outputs,
        constant_bytes=inputs * outputs,
        scratch_bytes=0,
    )


def dense_cost(step: StepShape) -> float:
    """What a FULLY_CONNECTED step takes: a call, each output, each multiply-accumulate."""
    return 100.0 + 40.0 * step.params["output_depth"] + 7.0 * step.macs


def sample(
    steps: list[StepShape],
    name: str,
    cost: Cost = dense_cost,
    factor: float = 1.0,
    chosen: str = "random",
) -> Sample:
    """A measurement of `steps`, off by `factor`."""
    cycles = tuple(round(cost(step) * factor) for step in steps)
    return Sample(
        name=name,
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        index=0,
        cycles=(sum(cycles) + 500,),
        unit="cycles",
        step_cycles=cycles,
        steps=tuple(steps),
        arena_bytes=1024,
        wall_s=0.1,
        chosen=chosen,
    )


def dense_samples(
    count: int, seed: int = 0, noise: float = 0.0, cost: Cost = dense_cost
) -> list[Sample]:
    """Networks of one to six FULLY_CONNECTED steps, each network's cycles off by a Gaussian factor."""
    draw = random.Random(seed)
    made = []
    for at in range(count):
        widths = [draw.randint(4, 300) for _ in range(draw.randint(2, 7))]
        steps = [dense(a, b) for a, b in pairwise(widths)]
        made.append(sample(steps, f"dense-{seed}-{at}", cost, 1.0 + draw.gauss(0.0, noise)))
    return made
