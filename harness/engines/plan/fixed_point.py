"""TensorFlow Lite's fixed-point arithmetic on the host, for tables: NumPy int64 arrays holding int32.

The same functions in C: firmware/kernels/fixed_point.h. Source: gemmlowp, fixedpoint/fixedpoint.h.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

INT32_MAX = 2**31 - 1
_SOFTMAX_INTEGER_BITS = 5


def wrap(x: Ints, bits: int = 32) -> Ints:
    """The low `bits` bits, read as two's complement."""
    half = 1 << (bits - 1)
    wrapped: Ints = ((x + half) & ((1 << bits) - 1)) - half
    return wrapped


def doubling_high_mul(a: Ints, b: Ints | int, bits: int = 32) -> Ints:
    """High half of 2ab, rounded to nearest (`SaturatingRoundingDoublingHighMul`)."""
    # gemmlowp adds 1 - 2^(bits - 2) to negative products and divides, which truncates: the floor of this sum as well.
    quotient = (np.asarray(a * b) + (1 << (bits - 2))) >> (bits - 1)
    result: Ints = np.minimum(quotient, (1 << (bits - 1)) - 1)
    return result


def rounding_shift_right(x: Ints, exponent: Ints | int, bits: int = 32) -> Ints:
    """x / 2^exponent, halves away from zero (`RoundingDivideByPOT`), exponents in [0, 31].

    The mask is as narrow as the type, which shows where the exponent reaches 16 in 16 bits.
    """
    mask = wrap((np.int64(1) << np.asarray(exponent)) - 1, bits)
    threshold = (mask >> 1) + (x < 0)
    result: Ints = (x >> exponent) + ((x & mask) > threshold)
    return result


def saturating_shift_left(x: Ints, exponent: int, bits: int = 32) -> Ints:
    """x * 2^exponent within the type's range."""
    limit = 1 << (bits - 1)
    # Larger exponents change nothing but would leave 64 bits.
    result: Ints = np.clip(x * (1 << min(exponent, 31)), -limit, limit - 1)
    return result


def requantize(x: Ints, multiplier: Ints | int, shift: Ints | int) -> Ints:
    """x * multiplier * 2^(shift - 31) (`MultiplyByQuantizedMultiplier`, double rounding)."""
    shifted = wrap(x << np.maximum(shift, 0))
    return rounding_shift_right(doubling_high_mul(shifted, multiplier), np.maximum(-shift, 0))


def requantize_once(x: Ints, multiplier: Ints | int, shift: Ints | int) -> Ints:
    """The same rounded once, halves up, as LiteRT's FULLY_CONNECTED does (`TFLITE_SINGLE_ROUNDING`)."""
    right = 31 - np.asarray(shift, np.int64)
    result: Ints = (x * multiplier + (np.int64(1) << (right - 1))) >> right
    return result


def exp_on_negative(a: Ints, integer_bits: int) -> Ints:
    """exp(a) for a <= 0 in Q(integer_bits).(31 - integer_bits), result in Q0.31."""
    fraction_bits = 31 - integer_bits
    quarter = 1 << (fraction_bits - 2)
    rest = (a & (quarter - 1)) - quarter
    x = saturating_shift_left(rest, integer_bits) + (1 << 28)
    x2 = doubling_high_mul(x, x)
    x3 = doubling_high_mul(x2, x)
    x4 = doubling_high_mul(x2, x2)
    third = _q31(1 / 3)
    tail = rounding_shift_right(doubling_high_mul(rounding_shift_right(x4, 2) + x3, third) + x2, 1)
    eighth = _q31(math.exp(-1 / 8))
    result: Ints = eighth + doubling_high_mul(x + tail, eighth)
    remainder = rest - a
    for exponent in range(-2, integer_bits):
        bit = 1 << (fraction_bits + exponent)
        reduced = doubling_high_mul(result, _q31(math.exp(-(2.0**exponent))))
        result = np.where(remainder & bit, reduced, result)
    result = np.where(a == 0, INT32_MAX, result)
    return result


def _reciprocal_of_half_sum(a: Ints) -> Ints:
    """2 / (1 + a) in Q2.29, a in [0, 1) in Q0.31: three Newton-Raphson steps."""
    half_denominator = (a + INT32_MAX + 1) // 2
    x = 1515870810 + doubling_high_mul(half_denominator, -1010580540)  # 48/17 - 32/17 d
    for _ in range(3):
        error = (1 << 29) - doubling_high_mul(half_denominator, x)
        x = wrap(x + saturating_shift_left(doubling_high_mul(x, error), 2))
    return x


def logistic(a: Ints, integer_bits: int) -> Ints:
    """1 / (1 + exp(-a)), Q0.31."""
    reciprocal = _reciprocal_of_half_sum(exp_on_negative(-np.abs(a), integer_bits))
    upper = saturating_shift_left(reciprocal, 1)
    result: Ints = np.where(a > 0, upper, INT32_MAX - upper)
    return np.where(a == 0, 1 << 30, result)


def tanh(a: Ints, integer_bits: int) -> Ints:
    """tanh(a), Q0.31."""
    # exp(-2 |a|): one more integer bit instead of a product.
    reciprocal = _reciprocal_of_half_sum(exp_on_negative(-np.abs(a), integer_bits + 1))
    magnitude = saturating_shift_left(wrap(reciprocal - (1 << 29)), 2)
    result: Ints = np.where(a > 0, magnitude, -magnitude)
    return np.where(a == 0, 0, result)


def softmax(x: Ints, multiplier: int, shift: int, diff_min: int) -> Ints:
    """Softmax of rows (..., depth) of int8 as int8, zero point -128, scale 2^-8 (`reference_ops::Softmax`).

    Args:
        x: the rows.
        multiplier: with `shift`, of a difference to a row's largest element.
        shift: see `multiplier`; 0 or more.
        diff_min: differences below this count as zero.
    """
    difference = x - x.max(-1, keepdims=True)
    counted = difference >= diff_min
    scaled = doubling_high_mul(wrap(np.where(counted, difference, 0) << shift), multiplier)
    powers = np.where(counted, exp_on_negative(scaled, _SOFTMAX_INTEGER_BITS), 0)
    total = rounding_shift_right(powers, 12).sum(-1, keepdims=True)
    headroom = 31 - np.floor(np.log2(total)).astype(np.int64)
    reciprocal = saturating_shift_left(_reciprocal_of_half_sum((total << headroom) - (1 << 31)), 1)
    exponent = 12 - headroom + 31 - 8
    quotient = rounding_shift_right(doubling_high_mul(powers, reciprocal), np.minimum(exponent, 31))
    return np.where(counted & (exponent <= 31), np.clip(quotient - 128, -128, 127), -128)


def _q31(real: float) -> int:
    return math.floor(real * 2.0**31 + 0.5)
