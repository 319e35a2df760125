"""A device's outputs against the oracle's, on seeded random layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from tests.kernels.bench import Bench
from tests.operators.oracle import Tally, expected_outputs
from tests.operators.registry import Case


def check_on_bench(
    bench: Bench, make_case: Callable[[np.random.Generator], Case], seed: int, cases: int
) -> Counter[str]:
    """Compare `cases` layers, several inputs each; return which kernels ran, and how often."""
    kernels: Counter[str] = Counter()
    tally = Tally()
    for index in range(cases):
        data, batch = make_case(np.random.default_rng((seed, index)))
        model = bench.load(data)
        kernels.update(step.kernel for step in model.steps)
        expected = expected_outputs(data, batch, tally, len(model.outputs))
        for number, (inputs, outputs) in enumerate(zip(batch, expected, strict=True)):
            ours = bench.infer(model, b"".join(array.tobytes() for array in inputs))
            theirs = b"".join(array.tobytes() for array in outputs)
            if ours != theirs:
                wrong = np.flatnonzero(np.frombuffer(ours, "i1") != np.frombuffer(theirs, "i1"))
                raise AssertionError(
                    f"seed {(seed, index)}, input {number}: {len(wrong)} of {len(ours)} bytes differ, "
                    f"first {wrong[:8].tolist()}; {[step.kernel for step in model.steps]}"
                )
    assert tally.total == cases
    return kernels
