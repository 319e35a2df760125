"""Tables that stand for a function of one int8, as TensorFlow Lite Micro's int8 kernels compute it.

Each is int8 of shape (256,), entry i being the output for the input i - 128. Quotients of scales are
taken in float64, as TFLM's published build takes them (tests/operators/test_precision.py).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from harness.engines.plan.fixed_point import (
    Ints,
    doubling_high_mul,
    logistic,
    requantize,
    rounding_shift_right,
    saturating_shift_left,
    tanh,
    wrap,
)
from harness.engines.plan.quantize import Multiplier, MultiplierRangeError, quantize_multiplier

Table = npt.NDArray[np.int8]

_INPUTS: Ints = np.arange(-128, 128, dtype=np.int64)
_INTEGER_BITS = 4


def logistic_table(scale: np.float32, zero_point: int) -> Table:
    """`integer_ops/logistic.h`; the output has scale 2^-8 and zero point -128.

    Raises:
        MultiplierRangeError: the input's scale is below 2^-28.
    """
    inside, argument, low, high = _argument(scale, zero_point)
    values = rounding_shift_right(logistic(argument, _INTEGER_BITS), 31 - 8) - 128
    return _saturated(np.where(inside, values, np.where(low, -128, np.where(high, 127, 0))))


def tanh_table(scale: np.float32, zero_point: int) -> Table:
    """`integer_ops/tanh.h`; the output has scale 2^-7 and zero point 0.

    Raises:
        MultiplierRangeError: the input's scale is below 2^-28.
    """
    inside, argument, low, high = _argument(scale, zero_point)
    values = rounding_shift_right(tanh(argument, _INTEGER_BITS), 31 - 7)
    return _saturated(np.where(inside, values, np.where(low, -128, np.where(high, 127, 0))))


def _argument(
    scale: np.float32, zero_point: int
) -> tuple[npt.NDArray[np.bool_], Ints, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Every input in Q4.27 where it is inside (-16, 16), and which ones are inside, below, above."""
    fraction, shift = math.frexp(float(scale) * (1 << (31 - _INTEGER_BITS)))
    if shift < 0:
        raise MultiplierRangeError(f"the scale {scale} is too small")
    significand = math.floor(fraction * (1 << 31) + 0.5)
    # `CalculateInputRadius`: the first distance from zero that would leave the range.
    radius = ((1 << _INTEGER_BITS) - 1 << (31 - _INTEGER_BITS)) >> min(shift, 62)
    centred = _INPUTS - zero_point
    low, high = centred <= -radius, centred >= radius
    inside = ~low & ~high
    return inside, requantize(np.where(inside, centred, 0), significand, min(shift, 30)), low, high


def leaky_relu_table(
    identity: Multiplier,
    slope: Multiplier,
    slope_sign: int,
    input_zero_point: int,
    output_zero_point: int,
) -> Table:
    """`QuantizeLeakyRelu`: one factor for each sign of the input; `slope_sign` is 1 or -1."""
    centred = _INPUTS - input_zero_point
    positive = requantize(centred, identity.significand, identity.shift)
    negative = requantize(centred, slope.significand, slope.shift) * slope_sign
    return _saturated(wrap(np.where(centred >= 0, positive, negative) + output_zero_point))


def elu_table(
    input_scale: np.float32, input_zero_point: int, output_scale: np.float32, output_zero_point: int
) -> Table:
    """`micro/kernels/elu.cc`: exp(x) - 1 below zero, in float32.

    Raises:
        MultiplierRangeError: an output does not fit into 32 bits.
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        inverse = np.float32(1) / output_scale
        real = input_scale * (_INPUTS - input_zero_point).astype(np.float32)
        below = np.exp(np.minimum(real, 0).astype(np.float64)).astype(np.float32) - np.float32(1)
        scaled = np.where(real < 0, below, real) * inverse
        rounded = np.trunc(scaled.astype(np.float64) + np.copysign(0.5, scaled))
    if not (np.abs(rounded) < 2**30).all():
        raise MultiplierRangeError(f"the scales {input_scale} and {output_scale} are too far apart")
    sums = rounded.astype(np.float32) + np.float32(output_zero_point)
    return _saturated(sums.astype(np.int64))


def hard_swish_table(
    input_scale: np.float32, input_zero_point: int, output_scale: np.float32, output_zero_point: int
) -> Table:
    """`reference/hard_swish.h`: x * clamp(x + 3, 0, 6) / 6 in 16-bit fixed point.

    Raises:
        MultiplierRangeError: the output's scale is below 1/128 of the input's, or the input's far off.
    """
    fine_scale = float(input_scale) / 128
    output = quantize_multiplier(fine_scale / float(output_scale))
    reluish = quantize_multiplier(fine_scale / (3 / 32768))
    if output.shift > 0:
        raise MultiplierRangeError(
            f"the output's scale {output_scale} is below 1/128 of the input's, {input_scale}"
        )
    fine = (_INPUTS - input_zero_point) * 128
    preshift = doubling_high_mul(fine, _narrow(output), 16)
    relu = fine
    if reluish.shift > 0:
        relu = saturating_shift_left(relu, reluish.shift - 1, 16)
    relu = doubling_high_mul(relu, _narrow(reluish), 16)
    if reluish.shift > 0:
        relu = saturating_shift_left(relu, 1, 16)
    elif reluish.shift < 0:
        relu = rounding_shift_right(relu, -reluish.shift, 16)
    relu = (relu + (1 << 15)) >> 1
    product = relu * preshift
    # Without rounding: C's division truncates.
    values = np.where(product >= 0, product >> 15, -((-product) >> 15))
    values = wrap(rounding_shift_right(values, -output.shift, 16), 16)
    return _saturated(wrap(values + output_zero_point, 16))


def _narrow(multiplier: Multiplier) -> int:
    """`DownScaleInt32ToInt16Multiplier`."""
    return min((multiplier.significand + (1 << 15)) >> 16, 2**15 - 1)


def _saturated(values: npt.NDArray[np.int64]) -> Table:
    table: Table = np.clip(values, -128, 127).astype(np.int8)
    return table


# Where TFLite's table (`sigmoid_table_uint16`, kernels/internal/common.h) is one above the rounded
# value of 2^16 sigmoid(i / 24).
_RAISED = (
    4, 8, 12, 14, 15, 16, 17, 19, 20, 21, 22, 25, 27, 28, 29, 30, 31, 33, 34, 35, 37, 39, 40, 41,
    43, 44, 45, 46, 49, 50, 54, 62, 63, 64, 66, 82, 86, 93, 100, 103, 112, 116, 135, 255,
)  # fmt: skip


def sigmoid_table() -> npt.NDArray[np.uint16]:
    """sigmoid(i / 24) in Q0.16 for i in [0, 256), for LOGISTIC and TANH of int16."""
    values = [math.floor(65536 / (1 + math.exp(-i / 24)) + 0.5) for i in range(256)]
    for index in _RAISED:
        values[index] += 1
    return np.array(values, "<u2")
