"""Tables of real functions of int16, as TensorFlow Lite makes them (`LUTPopulate`, kernels/internal/common.h)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

STEPS = 512
_LOW, _HIGH = -32768, 32767


def lookup_table(
    function: Callable[[float], float],
    input_scale: np.float32,
    input_zero_point: int,
    output_scale: np.float32,
) -> npt.NDArray[np.int16]:
    """Return STEPS + 1 points of `function`, between which kernels interpolate.

    Each is moved by half of what the interpolation would be off in the middle of its step. All
    arithmetic is in float32, the function itself correctly rounded.

    Args:
        function: of the real input.
        input_scale, input_zero_point: of the int16 input.
        output_scale: of the int16 output, whose zero point is 0.
    """
    low = input_scale * np.float32(_LOW - input_zero_point)
    high = input_scale * np.float32(_HIGH - input_zero_point)
    step = (high - low) / np.float32(STEPS)
    half_step = step / np.float32(2)
    span = output_scale * np.float32(_HIGH) - output_scale * np.float32(_LOW)
    inverse = np.float32(65536) / span

    def scaled(argument: np.float32) -> np.float32:
        product: np.float32 = np.float32(function(float(argument))) * inverse
        return product

    points = []
    for index in range(STEPS):
        start = low + np.float32(index) * step
        value = _rounded(scaled(start))
        middle = _rounded(scaled(start + half_step))
        following = scaled(low + np.float32(index + 1) * step)
        interpolated = _rounded((following + value) / np.float32(2))
        points.append(value - _rounded((interpolated - middle) / np.float32(2)))
    points.append(_rounded(scaled(high)))
    table: npt.NDArray[np.int16] = np.clip(points, _LOW, _HIGH).astype("<i2")
    return table


def _rounded(value: np.float32) -> np.float32:
    """C's round(): halves away from zero."""
    magnitude = abs(float(value))
    whole = math.floor(magnitude)
    rounded: np.float32 = np.float32(
        math.copysign(whole + (magnitude - whole >= 0.5), float(value))
    )
    return rounded
