"""Features of tinyhil's own kernels for cores without vector instructions, after firmware/kernels/fast/scalar.

Four rows of activations are laid out as pairs in words and meet two filters at a time, four elements deep.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.engines.plan.windows import windows_along
from harness.latency.steps import Features, StepShape
from targets.schema import Simd

Kernel = Callable[[StepShape, Simd], tuple[str, Features]]
Params = Mapping[str, Any]

_ROWS = 4


def _tiles(p: Params, rows: int, depth: int) -> Features:
    """Of th_scalar_tile for `rows` rows of `depth` activations: whole tiles, and the last one."""
    channels, quads = p["output_depth"], -(-depth // 4)
    twos, groups = -(-channels // 2), -(-channels // 4)
    whole, rest = divmod(rows, _ROWS)
    bounded = p["activation_min"] != -128 or p["activation_max"] != 127
    return {
        "tiles": whole,
        "tile_groups": whole * groups,
        "tile_twos": whole * twos,
        "tile_quads": whole * twos * quads,
        "finished": whole * channels * (not bounded),
        "finished_bounded": whole * channels * bounded,
        "last": float(rest > 0),
        "last_twos": twos * (rest > 0),
        "last_quads": twos * quads * (rest > 0),
        "last_finished": rest * channels,
    }


def _point(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    pixels, depth = p["batches"] * p["output_height"] * p["output_width"], p["input_depth"]
    return step.opcode, {
        "call": 1.0,
        "laid": -(-pixels // _ROWS) * depth,
        **_tiles(p, pixels, depth),
    }


def _convolution(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    batches, taps, height = p["batches"], p["filter_width"], p["filter_height"]
    rows, columns = windows_along(p, "height", "top"), windows_along(p, "width", "left")
    pixels, run = batches * len(rows) * len(columns), taps * p["input_depth"]
    plain = p["dilation_width"] == 1
    inside = sum(count == taps for count in columns) if plain else 0
    down = batches * sum(rows)
    lines = pixels * height
    apart = lines - down * inside
    copied = down * (sum(columns) - inside * taps)
    filled = apart * taps - copied
    tiles = -(-pixels // _ROWS)
    return step.opcode, {
        "call": 1.0,
        "rows": batches * len(rows),
        "pixels": pixels,
        "lines": lines,
        "lines_apart": apart,
        "copied": copied,
        "copied_bytes": copied * p["input_depth"],
        "filled": filled,
        "filled_bytes": filled * p["input_depth"],
        "laid_lines": tiles * height,
        "laid": tiles * height * run,
        **_tiles(p, pixels, height * run),
    }


def _fully_connected(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    batches, channels, quads = p["batches"], p["output_depth"], -(-p["input_depth"] // 4)
    groups = batches * -(-channels // 4)
    return step.opcode, {
        "call": 1.0,
        "batches": batches,
        "laid": batches * quads,
        "groups": groups,
        "quads": groups * quads,
        "finished": batches * (channels // 4),
        "last_finished": batches * (channels % 4),
    }


def _depthwise(step: StepShape, simd: Simd) -> tuple[str, Features]:
    """A window's pixels are pointed to; four channels at a time pass over them."""
    p = step.params
    batches, taps = p["batches"], p["filter_height"] * p["filter_width"]
    rows, columns = windows_along(p, "height", "top"), windows_along(p, "width", "left")
    pixels = batches * len(rows) * len(columns)
    whole = sum(count == p["filter_width"] for count in columns)
    lines, whole_lines = pixels * p["filter_height"], batches * sum(rows) * whole
    inside = batches * sum(rows) * (sum(columns) - whole * p["filter_width"])
    quads, rest = p["input_depth"] // 4, p["input_depth"] % 4
    bounded = p["activation_min"] != -128 or p["activation_max"] != 127
    return step.opcode, {
        "call": 1.0,
        "rows": batches * len(rows),
        "pixels": pixels,
        "lines": lines,
        "aimed": whole_lines * p["filter_width"],
        "aimed_apart": (lines - whole_lines) * p["filter_width"],
        "aimed_inside": inside,
        "quads": pixels * quads * (not bounded),
        "quads_bounded": pixels * quads * bounded,
        "quad_taps": pixels * quads * taps,
        "channels": pixels * rest,
        "channel_taps": pixels * rest * taps,
    }


SCALAR: Mapping[str, Kernel] = {
    "SCALAR_CONV_1X1_S8": _point,
    "SCALAR_CONV_2D_S8": _convolution,
    "SCALAR_FULLY_CONNECTED_S8": _fully_connected,
    "SCALAR_DEPTHWISE_CONV_2D_S8": _depthwise,
}
"""By opcode."""
