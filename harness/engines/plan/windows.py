"""How the windows of a convolution lie in its input."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any


def taps_along(p: Mapping[str, Any], axis: str, side: str) -> int:
    """Return `taps_inside` along "height" or "width" for the parameters of a convolution or pooling."""
    return taps_inside(
        p[f"input_{axis}"],
        p[f"output_{axis}"],
        p[f"filter_{axis}"],
        p[f"stride_{axis}"],
        p[f"pad_{side}"],
        p.get(f"dilation_{axis}", 1),
    )


def windows_along(p: Mapping[str, Any], axis: str, side: str) -> tuple[int, ...]:
    """Return for every position along "height" or "width" how many taps of its window lie inside the input."""
    return tuple(
        tap_count(
            at * p[f"stride_{axis}"] - p[f"pad_{side}"],
            p[f"filter_{axis}"],
            p.get(f"dilation_{axis}", 1),
            p[f"input_{axis}"],
        )
        for at in range(p[f"output_{axis}"])
    )


@lru_cache(maxsize=4096)
def taps_inside(
    input_extent: int, output_extent: int, taps: int, stride: int, pad: int, dilation: int
) -> int:
    """Return how many taps of a window lie inside the input along one axis, summed over all its positions."""
    return sum(
        tap_count(at * stride - pad, taps, dilation, input_extent) for at in range(output_extent)
    )


def tap_count(first: int, taps: int, dilation: int, input_extent: int) -> int:
    """Return how many of the positions first, first + dilation, ... lie in 0 ... input_extent - 1."""
    begin = max(0, -(first // dilation)) if first < 0 else 0
    end = min(taps, -(-(input_extent - first) // dilation))
    return max(0, end - begin)


@lru_cache(maxsize=4096)
def whole_windows(
    input_extent: int, output_extent: int, taps: int, stride: int, pad: int, dilation: int
) -> tuple[bool, ...]:
    """Return for every position along one axis whether the window lies wholly inside the input."""
    return tuple(
        tap_count(at * stride - pad, taps, dilation, input_extent) == taps
        for at in range(output_extent)
    )
