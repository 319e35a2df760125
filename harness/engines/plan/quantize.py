"""Requantisation constants as TensorFlow Lite computes them (quantization_util.cc, kernel_util.cc).

The kernels multiply by significand * 2^(shift - 31). Factors are products and quotients of float32
scales taken in float64; bounds of activations are quotients taken in float32.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

MAX_SHIFT = 30
MIN_SHIFT = -31

INTEGER_RANGES = {
    "INT8": (-128, 127),
    "UINT8": (0, 255),
    "INT16": (-32768, 32767),
    "INT32": (-(2**31), 2**31 - 1),
}


class MultiplierRangeError(ValueError):
    """A real multiplier that the kernels' fixed point cannot express."""


@dataclass(frozen=True)
class Multiplier:
    """The factor significand * 2^(shift - 31); significand in [0, 2^31), shift in [-31, 30]."""

    significand: int
    shift: int


def round_half_away(value: float) -> int:
    """C's round(): to nearest, halves away from zero."""
    magnitude = abs(value)
    whole = math.floor(magnitude)
    rounded = whole + (1 if magnitude - whole >= 0.5 else 0)
    return rounded if value >= 0 else -rounded


def quantize_multiplier(real: float) -> Multiplier:
    """`QuantizeMultiplier`; factors below about 2^-32 become zero.

    Raises:
        MultiplierRangeError: `real` is negative, not finite, or 2^30 and more.
    """
    if not math.isfinite(real) or real < 0:
        raise MultiplierRangeError(f"the rescaling factor {real} is not a finite positive number")
    if real == 0:
        return Multiplier(0, 0)
    fraction, shift = math.frexp(real)
    significand = round_half_away(fraction * (1 << 31))
    if significand == 1 << 31:
        significand //= 2
        shift += 1
    if shift < MIN_SHIFT:
        return Multiplier(0, 0)
    if shift > MAX_SHIFT:
        raise MultiplierRangeError(f"the rescaling factor {real} is 2^{MAX_SHIFT} or more")
    return Multiplier(significand, shift)


def quantize_multiplier_below_one(real: float) -> Multiplier:
    """`QuantizeMultiplierSmallerThanOneExp`.

    Raises:
        MultiplierRangeError: `real` is not in (0, 1), or rounds to 1.
    """
    multiplier = quantize_multiplier(real)
    if real <= 0 or multiplier.shift > 0:
        raise MultiplierRangeError(f"the rescaling factor {real} is not between 0 and 1")
    return multiplier


def activation_range(
    activation: str, dtype: str, scale: np.float32, zero_point: int
) -> tuple[int, int]:
    """`CalculateActivationRangeQuantized`: the output's bounds for a fused activation.

    Raises:
        KeyError: the activation is not NONE, RELU, RELU6 or RELU_N1_TO_1.
        MultiplierRangeError: a bound does not fit into 32 bits.
    """
    low_real, high_real = {
        "NONE": (None, None),
        "RELU": (0.0, None),
        "RELU6": (0.0, 6.0),
        "RELU_N1_TO_1": (-1.0, 1.0),
    }[activation]
    low, high = INTEGER_RANGES[dtype]
    if low_real is not None:
        low = max(low, quantize_real(low_real, scale, zero_point))
    if high_real is not None:
        high = min(high, quantize_real(high_real, scale, zero_point))
    return low, high


def quantize_real(real: float, scale: np.float32, zero_point: int) -> int:
    """A real number in an output's units, the quotient taken in float32.

    Raises:
        MultiplierRangeError: it does not fit into 32 bits.
    """
    with np.errstate(over="ignore"):
        quotient = float(np.float32(real) / np.float32(scale))
    if not abs(quotient) < 2**31 - 2**16:
        raise MultiplierRangeError(f"{real} divided by the scale {scale} does not fit into 32 bits")
    return zero_point + round_half_away(quotient)


SOFTMAX_INTEGER_BITS = 5


def softmax_multiplier(beta: float, input_scale: float) -> tuple[Multiplier, int]:
    """`PreprocessSoftmaxScaling` and the (negative) difference below which exp counts as zero.

    Raises:
        MultiplierRangeError: beta * input_scale is 2^-26 or less.
    """
    fraction_bits = 31 - SOFTMAX_INTEGER_BITS
    real = min(beta * input_scale * (1 << fraction_bits), 2.0**31 - 1)
    if not real > 1:
        raise MultiplierRangeError(
            f"beta times the input's scale, {beta * input_scale}, is too small"
        )
    fraction, shift = math.frexp(real)
    significand = round_half_away(fraction * (1 << 31))
    if significand == 1 << 31:
        significand //= 2
        shift += 1
    radius = ((1 << SOFTMAX_INTEGER_BITS) - 1) * (1 << fraction_bits) >> shift
    return Multiplier(significand, shift), -radius


def mean_multiplier(multiplier: Multiplier, elements: int) -> Multiplier:
    """`QuantizedMeanOrSum`: the multiplier with the division by `elements` folded in."""
    shift = min(elements.bit_length() - 1, 32, 31 + multiplier.shift)
    return Multiplier((multiplier.significand << shift) // elements, multiplier.shift - shift)
