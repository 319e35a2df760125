"""Features of tinyhil's own kernels for cores with MVE, after the loops of firmware/kernels/fast/mve.

Rows of activations meet groups of filters, 16 elements deep; sums of 16 channels of some pixels wait for what makes
int8 of them (finish.c). That has three ways: halves up, halves away from zero, and any bounds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from harness.engines.plan.windows import taps_along, windows_along
from harness.latency.steps import Features, StepShape
from targets.schema import Simd

Kernel = Callable[[StepShape, Simd], tuple[str, Features]]
Params = Mapping[str, Any]

_CHANNELS = 16
"""Whose sums are finished together; lanes of a vector of int8."""
_PIXELS, _ROW_BYTES = 16, 2304
"""Rows that are multiplied together at most, and what they may take (gemm.h)."""
_MOST_GROUPS = 8
"""Columns of patches that a depthwise convolution works on at a time."""


def _blocks(count: int, size: int) -> int:
    return -(-count // size)


def _finish(p: Params, jobs: int, lines: int, pixels: int) -> Features:
    """Of th_mve_finish_channels for all channels, `jobs` times, over `lines` lines and `pixels` pixels in all."""
    channels = p["output_depth"] if "output_depth" in p else p["input_depth"]
    whole = p["activation_min"] == -128 and p["activation_max"] == 127
    quads = channels // 4 if whole else 0
    others = _blocks(channels - 4 * quads, 4)
    up = p["activation_min"] >= p["output_offset"]
    return {
        "finish_jobs": jobs * _blocks(channels, _CHANNELS),
        "finish_quads": jobs * quads,
        "finish_lines": lines * quads,
        "finished_up": pixels * quads * up,
        "finished_away": pixels * quads * (not up),
        "finish_others": jobs * others,
        "finished_others": pixels * others,
    }


def _gemm(p: Params, pixels: int, depth: int, rows: int) -> Features:
    """Of th_mve_gemm_pixels: `pixels` rows of `depth` activations, `rows` of them at a time."""
    channels = p["output_depth"]
    jobs = _blocks(pixels, rows)
    small, middle = depth <= 16, 16 < depth <= 32
    quads, pairs = _blocks(channels, 4), _blocks(channels, 2)
    twos = (depth > 32) * _blocks(pixels, 2)
    return {
        "jobs": jobs,
        "quads": small * jobs * quads,
        "quad_rows": small * pixels * quads,
        "pairs": middle * jobs * pairs,
        "pair_rows": middle * pixels * pairs,
        "long_calls": twos * _blocks(channels, _CHANNELS),
        "longs": twos * pairs,
        "long_turns": twos * pairs * (depth // 16),
        "long_tails": twos * pairs * (depth % 16 > 0),
        **_finish(p, jobs, jobs, pixels),
    }


def _point(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    pixels = p["batches"] * p["output_height"] * p["output_width"]
    return step.opcode, {"call": 1.0, **_gemm(p, pixels, p["input_depth"], _PIXELS)}


def _convolution(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    pixels = p["batches"] * p["output_height"] * p["output_width"]
    depth = p["filter_height"] * p["filter_width"] * p["input_depth"]
    room = min(max(_ROW_BYTES // depth // 2 * 2, 2), _PIXELS)
    return step.opcode, {"call": 1.0, **_lay_out(p, depth), **_gemm(p, pixels, depth, room)}


def _lay_out(p: Params, depth: int) -> Features:
    """Of writing windows as rows: those inside from left to right in one go, others line by line or tap by tap."""
    run = p["filter_width"] * p["input_depth"]
    plain = p["dilation_height"] == p["dilation_width"] == 1
    rows = windows_along(p, "height", "top")
    columns = windows_along(p, "width", "left")
    batches = p["batches"]
    inside = sum(count == p["filter_width"] for count in columns) if plain else 0
    apart = len(columns) - inside
    down = batches * sum(rows)
    clipped = batches * sum(count < p["filter_height"] for count in rows)
    outside = batches * len(rows) * p["filter_height"] - down
    taps = 0 if p["dilation_width"] == 1 else p["filter_width"]
    narrow = run <= _CHANNELS
    return {
        "rows": batches * len(rows),
        "windows": batches * len(rows) * inside,
        "narrow_lines": narrow * down * inside,
        "lines": (not narrow) * down * inside,
        "line_blocks": (not narrow) * down * inside * _blocks(run, 16),
        "clipped": clipped * (inside > 0),
        "cleared": clipped * inside * _blocks(depth, 16),
        "apart": batches * len(rows) * apart,
        "apart_lines": down * apart,
        "apart_blocks": down * apart * _blocks(run, 16),
        "apart_taps": down * apart * taps,
        "apart_fills": outside * apart,
        "apart_filled": outside * apart * _blocks(run, 16),
    }


def _fully_connected(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    batches, quads = p["batches"], _blocks(p["output_depth"], 4)
    return step.opcode, {
        "call": 1.0,
        "batches": batches,
        "blocks": batches * _blocks(p["output_depth"], 32),
        "quads": batches * quads,
        "turns": batches * quads * (p["input_depth"] // 16),
        "tails": batches * quads * (p["input_depth"] % 16 > 0),
    }


def _patches(step: StepShape, simd: Simd) -> tuple[str, Features]:
    """Lines are turned into patches of 4 x 4 for 16 channels, which give 2 x 2 outputs, with strides one."""
    p = step.params
    outputs = 2 if p["stride_height"] == p["stride_width"] == 1 else 1
    width, height = p["output_width"], p["output_height"]
    all_groups = _blocks(width, outputs)
    groups = _blocks(all_groups, _blocks(all_groups, _MOST_GROUPS))
    parts = _blocks(width, groups * outputs)
    bands = _blocks(height, outputs)
    columns = p["batches"] * parts * _blocks(p["input_depth"], _CHANNELS)
    inside, outside = _lines_turned(
        height, outputs, p["stride_height"], p["pad_top"], p["input_height"]
    )
    runs, in_runs, single = _groups_turned(
        width, groups, outputs, p["stride_width"], p["pad_left"], p["input_width"]
    )
    per_part = p["batches"] * _blocks(p["input_depth"], _CHANNELS) * inside
    channel_bands = p["batches"] * parts * p["input_depth"] * bands
    batches = p["batches"]
    return f"{step.opcode}/{outputs}x{outputs}", {
        "call": 1.0,
        "columns": columns,
        "bands": columns * bands,
        "lines": columns * inside,
        "runs": per_part * runs,
        "run_groups": per_part * in_runs,
        "single_groups": per_part * single,
        "filled_lines": columns * outside,
        "filled": columns * outside * groups,
        "channels": channel_bands,
        "turns": channel_bands * groups,
        **_finish(p, batches * parts * bands, batches * parts * height, batches * height * width),
    }


@lru_cache(maxsize=4096)
def _lines_turned(
    height: int, outputs: int, stride: int, pad: int, input_height: int
) -> tuple[int, int]:
    """How many lines inside the image, and outside of it, are turned for one part of the columns."""
    turned = {
        at * stride - pad + line for at in range(0, height, outputs) for line in range(outputs + 2)
    }
    inside = sum(0 <= line < input_height for line in turned)
    return inside, len(turned) - inside


@lru_cache(maxsize=4096)
def _groups_turned(
    width: int, groups: int, outputs: int, stride: int, pad: int, input_width: int
) -> tuple[int, int, int]:
    """Of a line in all parts: runs of groups wholly inside, groups in them, and groups on their own."""
    runs = in_runs = single = 0
    for first in range(0, width, groups * outputs):
        before = False
        for group in range(groups):
            x = (first + group * outputs) * stride - pad
            whole = 0 <= x <= input_width - 4
            runs += whole and not before
            in_runs += whole
            single += not whole
            before = whole
    return runs, in_runs, single


def _depthwise(step: StepShape, simd: Simd) -> tuple[str, Features]:
    """A window's pixels are pointed to; eight channels at a time pass over them."""
    p = step.params
    pixels = p["batches"] * p["output_height"] * p["output_width"]
    taps, halves = p["filter_height"] * p["filter_width"], _blocks(p["input_depth"], 8)
    return step.opcode, {
        "call": 1.0,
        "rows": p["batches"] * p["output_height"],
        "pixels": pixels,
        "aimed_lines": pixels * p["filter_height"],
        "aimed": pixels * taps,
        "halves": pixels * halves,
        "taps": pixels * halves * taps,
    }


def _pool(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    rows = p["batches"] * p["output_height"]
    down, across = taps_along(p, "height", "top"), taps_along(p, "width", "left")
    blocks = p["batches"] * _blocks(p["depth"], _CHANNELS)
    return step.opcode, {
        "call": 1.0,
        "rows": rows,
        "pixels": rows * p["output_width"],
        "blocks": blocks * p["output_height"] * p["output_width"],
        "lines": blocks * down * p["output_width"],
        "taps": blocks * down * across,
    }


def _add(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    elements = math.prod(p["dims"])
    whole = p["activation_min"] == -128 and p["activation_max"] == 127
    quads = elements // 4 if whole else 0
    return step.opcode, {
        "call": 1.0,
        "entered": float(quads > 0),
        "quads": quads,
        "others": _blocks(elements - 4 * quads, 4),
    }


MVE: Mapping[str, Kernel] = {
    "MVE_CONV_1X1_S8": _point,
    "MVE_CONV_2D_S8": _convolution,
    "MVE_FULLY_CONNECTED_S8": _fully_connected,
    "MVE_DEPTHWISE_CONV_3X3_S8": _patches,
    "MVE_DEPTHWISE_CONV_2D_S8": _depthwise,
    "MVE_AVERAGE_POOL_2D_S8": _pool,
    "MVE_MAX_POOL_2D_S8": _pool,
    "MVE_ADD_S8": _add,
}
"""By opcode."""
