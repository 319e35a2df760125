"""Features of tinyhil's own fast kernels, after the loops of firmware/kernels/fast.

With MVE two rows of activations meet two filters at a time, sixteen elements deep, and 32 channels wait for their
requantisation. With DSP two rows meet groups of four filters, two elements deep, after the rows were widened.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from harness.latency.steps import Features, StepShape
from harness.latency.windows import taps_along, whole_windows
from targets.schema import Simd

Kernel = Callable[[StepShape, Simd], tuple[str, Features]]

_MVE_BLOCK, _MVE_LANES = 32, 16
_DSP_GROUP = 4


def _rows_times_filters(pixels: int, channels: int, depth: int, simd: Simd) -> Features:
    """Of `pixels` rows of `depth` activations, times `channels` filters."""
    pairs, odd = pixels // 2, pixels % 2
    if simd == "mve":
        twos = pairs + odd
        return {
            "row_pairs": twos,
            "blocks": twos * -(-channels // _MVE_BLOCK),
            "filters": twos * -(-channels // 2),
            "deep": twos * -(-channels // 2) * (depth // 16),
            "tails": twos * -(-channels // 2) * (depth % 16 > 0),
            "finished": twos * -(-channels // 4),
        }
    groups, deep = -(-channels // _DSP_GROUP), -(-depth // 2)
    return {
        "row_pairs": pairs,
        "groups": pairs * groups,
        "deep": pairs * groups * deep,
        "finished": pixels * channels,
        "odd_rows": odd,
        "odd_groups": odd * groups,
        "odd_deep": odd * groups * deep,
        "widened": pixels * (depth // 4),
        "widened_rest": pixels * (depth % 4),
    }


def _point(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    pixels = p["batches"] * p["output_height"] * p["output_width"]
    product = _rows_times_filters(pixels, p["output_depth"], p["input_depth"], simd)
    return step.opcode, {"call": 1.0, **product}


def _convolution(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    rows = p["batches"] * p["output_height"]
    pixels = rows * p["output_width"]
    depth = p["filter_height"] * p["filter_width"] * p["input_depth"]
    run = p["filter_width"] * p["input_depth"]
    down = taps_along(p, "height", "top")
    whole = sum(_whole(p, "width", "left"))
    lines_inside = p["batches"] * down * whole
    lines = pixels * p["filter_height"]
    part = p["batches"] * down * (p["output_width"] - whole)
    return step.opcode, {
        "call": 1.0,
        "rows": rows,
        "pixels": pixels,
        "lines": lines_inside,
        "copied": lines_inside * -(-run // 4),
        "part_lines": part,
        "part_copied": part * -(-run // 4),
        "part_taps": part * p["filter_width"],
        "filled_lines": lines - lines_inside - part,
        "filled": (lines - lines_inside - part) * -(-run // 4),
        **_rows_times_filters(pixels, p["output_depth"], depth, simd),
    }


def _whole(p: Mapping[str, Any], axis: str, side: str) -> tuple[bool, ...]:
    return whole_windows(
        p[f"input_{axis}"],
        p[f"output_{axis}"],
        p[f"filter_{axis}"],
        p[f"stride_{axis}"],
        p[f"pad_{side}"],
        p[f"dilation_{axis}"],
    )


def _fully_connected(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    product = _rows_times_filters(p["batches"], p["output_depth"], p["input_depth"], simd)
    return step.opcode, {"call": 1.0, "batches": p["batches"], **product}


def _depthwise(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    rows = p["batches"] * p["output_height"]
    pixels = rows * p["output_width"]
    taps = p["filter_height"] * p["filter_width"]
    depth = p["input_depth"]
    lanes = _MVE_LANES if simd == "mve" else _DSP_GROUP
    blocks = -(-depth // lanes)
    whole = sum(_whole(p, "width", "left")) * sum(_whole(p, "height", "top")) * p["batches"]
    nine = " of 9 taps" if simd == "mve" and taps == 9 else ""
    return f"{step.opcode}{nine}", {
        "call": 1.0,
        "rows": rows,
        "pixels": pixels,
        "aimed": whole * taps,
        "aimed_apart": (pixels - whole) * taps,
        "blocks": pixels * blocks,
        "block_taps": pixels * blocks * taps,
        "rest": pixels * (depth % lanes > 0),
        "finished": pixels * depth,
    }


def _depthwise_planes(step: StepShape, simd: Simd) -> tuple[str, Features]:
    """Four channels are laid out as planes of pairs, then each plane gives four outputs of a line at a time."""
    p = step.params
    quads, depth = p["batches"] * -(-p["input_depth"] // 4), p["batches"] * p["input_depth"]
    stride = f"{step.opcode}/{p['stride_height']}x{p['stride_width']}"
    return stride, {
        "call": 1.0,
        "quads": quads,
        "laid_lines": quads * p["input_height"],
        "laid": quads * p["input_height"] * -(-p["input_width"] // 2),
        "channels": depth,
        "lines": depth * p["output_height"],
        "fours": depth * p["output_height"] * (p["output_width"] // 4),
        "rest": depth * p["output_height"] * (p["output_width"] % 4),
    }


def _add(step: StepShape, simd: Simd) -> tuple[str, Features]:
    elements = math.prod(step.params["dims"])
    return step.opcode, {"call": 1.0, "quads": elements // 4, "rest": elements % 4}


FAST: Mapping[str, Kernel] = {
    "DSP_CONV_1X1_S8": _point,
    "DSP_CONV_2D_S8": _convolution,
    "DSP_FULLY_CONNECTED_S8": _fully_connected,
    "DSP_DEPTHWISE_CONV_2D_S8": _depthwise,
    "DSP_DEPTHWISE_3X3_S8": _depthwise_planes,
    "MVE_CONV_1X1_S8": _point,
    "MVE_CONV_2D_S8": _convolution,
    "MVE_FULLY_CONNECTED_S8": _fully_connected,
    "MVE_DEPTHWISE_CONV_2D_S8": _depthwise,
    "MVE_ADD_S8": _add,
}
"""By opcode."""
