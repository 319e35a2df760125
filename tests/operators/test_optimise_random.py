"""Random networks: what the optimised plan computes is what the plan as it stands and the oracle compute.

By hand: TINYHIL_NETWORKS=1000 pytest tests/operators/test_optimise_random.py
"""

from __future__ import annotations

import os
from collections import Counter

import numpy as np

from harness.engines.plan.compile import CompiledModel, compile_model
from tests.operators import randoms
from tests.operators.device import Device
from tests.operators.networks import network
from tests.operators.oracle import Arrays, Tally, expected_outputs

NETWORKS = int(os.environ.get("TINYHIL_NETWORKS", "120"))
SEED = 61
PASSES = {"channels", "pad", "activation", "view", "unused"}
KINDS = {
    "ADD",
    "AVERAGE_POOL_2D",
    "CONCATENATION",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "FULLY_CONNECTED",
    "MAX_POOL_2D",
    "MEAN",
    "PAD",
    "RELU",
}


def test_optimised_networks_are_exact(device: Device) -> None:
    tally = Tally()
    passes: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    for seed in range(NETWORKS):
        data, shape, outputs = network((SEED, seed))
        batch = [[array] for array in randoms.batch(np.random.default_rng(seed), shape)]
        plain = compile_model(data, "n", optimise=False)
        small = compile_model(data, "n")
        as_it_stands = _outputs(device, plain.blob, batch)
        optimised = _outputs(device, small.blob, batch)
        expected = expected_outputs(data, batch, tally, outputs)
        for stands, ours, theirs in zip(as_it_stands, optimised, expected, strict=True):
            assert ours == stands, f"seed {seed}: {small.optimisations}"
            if tally.litert == 0:
                assert ours == b"".join(one.tobytes() for one in theirs), f"seed {seed}"
        assert small.macs <= plain.macs
        passes.update(one.name for one in small.optimisations)
        passed.update(_passed(plain, small))
    assert set(passes) == PASSES, passes
    assert set(passed) >= KINDS, passed
    assert tally.litert == 0


def _passed(plain: CompiledModel, small: CompiledModel) -> set[str]:
    """Kinds of the operators of which channels were removed."""
    before = {
        step.source_index: step.output_shape for step in plain.steps
    }  # no RESHAPE: it is a view
    return {
        step.kind for step in small.steps if step.output_shape[-1:] < before[step.source_index][-1:]
    }


def _outputs(device: Device, blob: bytes, batch: list[Arrays]) -> list[bytes]:
    device.load(blob)
    return [device.infer(inputs[0].tobytes()) for inputs in batch]
