"""Whether other interpreters compute what the host's integer simulation does."""

from __future__ import annotations

import numpy as np

from harness.engines.tflm_oracle import LitertOracle, TflmOracle
from harness.errors import ModelError
from models.arch.parameters import Array


def exact_interpreters(data: bytes, inputs: Array, outputs: Array) -> tuple[str, ...]:
    """Return the interpreters at hand, each after a check that its outputs are `outputs`.

    Args:
        data: a .tflite file.
        inputs: int8 (n, ...), what follows the batch.
        outputs: int8 (n, ...) that are expected.

    Raises:
        ModelError: an interpreter's outputs differ.
    """
    found = []
    for kind in (TflmOracle, LitertOracle):
        try:
            oracle = kind(data)
        except ImportError:
            continue
        for index, (one, expected) in enumerate(zip(inputs, outputs, strict=True)):
            (output,) = oracle.run([one[None]])
            if not np.array_equal(output.ravel(), expected.ravel()):
                raise ModelError(
                    f"{oracle.name} differs from the integer simulation on example {index}"
                )
        found.append(oracle.name)
    return tuple(found)
