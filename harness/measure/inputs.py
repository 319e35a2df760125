"""Random inputs for the output check: seeded, the same on every machine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from harness.engines.plan.compile import TensorInfo

FLOAT_RANGE = 4.0


def random_inputs(
    tensors: Sequence[TensorInfo], count: int, seed: int
) -> list[list[npt.NDArray[np.generic]]]:
    """Return `count` sets of one array per input tensor.

    Integers are uniform over their type's whole range, floats uniform in [-4, 4). The first k sets do not depend on
    `count`.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    return [[_random(tensor, generator) for tensor in tensors] for _ in range(count)]


def _random(tensor: TensorInfo, generator: np.random.Generator) -> npt.NDArray[np.generic]:
    dtype = tensor.dtype.numpy
    if dtype.kind == "f":
        values = generator.uniform(-FLOAT_RANGE, FLOAT_RANGE, tensor.shape)
        return values.astype(dtype)
    if dtype.kind == "b":
        return generator.integers(0, 2, tensor.shape).astype(dtype)
    limits = np.iinfo(dtype.name)
    return generator.integers(
        limits.min, limits.max, tensor.shape, dtype=np.int64, endpoint=True
    ).astype(dtype)
