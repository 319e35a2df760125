"""Seeded random ingredients of models."""

from __future__ import annotations

import numpy as np

ACTIVATIONS = ("NONE", "NONE", "RELU", "RELU6", "RELU_N1_TO_1")


def scale(rng: np.random.Generator, low: float = -10, high: float = 3) -> np.float32:
    """A scale between 2^low and 2^high."""
    return np.float32(2.0 ** rng.uniform(low, high))


def zero_point(rng: np.random.Generator, dtype: str = "int8") -> int:
    """A zero point, often at an end."""
    info = np.iinfo(dtype)
    return int(rng.choice([info.min, info.max, 0, *rng.integers(info.min, info.max + 1, 4)]))


def ratio(rng: np.random.Generator) -> float:
    """A rescaling factor: mostly usual, sometimes above one, sometimes extreme."""
    kind = rng.integers(10)
    if kind == 0:
        return float(2.0 ** rng.uniform(-45, -25))
    if kind == 1:
        return float(2.0 ** rng.uniform(0, 20))
    if kind == 2:
        return float(2.0 ** rng.integers(-12, 3))
    return float(2.0 ** rng.uniform(-14, 1))


def fitting_ratio(rng: np.random.Generator, terms: int) -> float:
    """A rescaling factor; half the time one that spreads sums of `terms` products over the output.

    Products are of int8 weights (of size 73, if uniform) and activations as wide as the output.
    """
    if rng.integers(2):
        return ratio(rng)
    return float(2.0 ** rng.uniform(-1, 1) / (73 * np.sqrt(terms)))


def batch(
    rng: np.random.Generator, shape: tuple[int, ...], dtype: str = "int8"
) -> list[np.ndarray]:
    """Inputs of one shape: uniform, both extremes, extremes mixed, almost constant."""
    info = np.iinfo(dtype)
    return [
        rng.integers(info.min, info.max, shape, dtype, endpoint=True),
        rng.choice(np.array([info.min, info.max], dtype), shape),
        np.full(shape, info.min, dtype),
        np.full(shape, info.max, dtype),
        rng.integers(-3, 3, shape).astype(dtype) if info.min < 0 else np.zeros(shape, dtype),
    ]


def weights(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """int8 weights, now and then all at an end of the range."""
    kind = rng.integers(6)
    if kind == 0:
        return rng.choice(np.array([-128, -127, 127], np.int8), shape)
    return rng.integers(-127, 128, shape).astype(np.int8)


def bias(rng: np.random.Generator, channels: int) -> np.ndarray:
    """int32 biases of one magnitude out of 2^0 ... 2^30."""
    bound = 2 ** int(rng.integers(0, 31))
    return rng.integers(-bound, bound, channels, endpoint=True).astype(np.int32)
