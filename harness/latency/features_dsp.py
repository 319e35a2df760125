"""Features of tinyhil's own kernels for cores with DSP instructions, after the loops of firmware/kernels/fast/dsp.

Activations are widened to pairs of halves; two rows of them meet groups of four filters, eight pairs a round. Sums
become int8 in three ways: as those of a ReLU, with halves away from zero, and with any bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from harness.engines.plan.windows import windows_along
from harness.latency.steps import Features, StepShape
from targets.schema import Simd

Kernel = Callable[[StepShape, Simd], tuple[str, Features]]
Params = Mapping[str, Any]

_GROUP, _ROUND = 4, 8
_BLOCKS_BYTES, _PLANES_BYTES = 1024, 4096


def _up(count: int, size: int) -> int:
    return -(-count // size)


def _finish_of(p: Params) -> str:
    if p["activation_min"] != -128 or p["activation_max"] != 127:
        return "any"
    return "relu" if p["output_offset"] == -128 else "linear"


def _rows(p: Params, name: str, rows: int, pairs: int, calls: int, channels: int) -> Features:
    """Of th_dsp_two_rows or th_dsp_one_row: `rows` blocks of `pairs` each, times all filters."""
    finish = _finish_of(p)
    groups, rest = _up(channels, _GROUP), channels % _GROUP
    apart = finish == "any"
    return {
        f"{name}_calls": calls
        if rest == 0 and not apart
        else rows * ((channels >= _GROUP) + (rest > 0)),
        f"{name}_rows": rows,
        f"{name}_groups": rows * groups,
        f"{name}_rounds": rows * groups * _up(pairs, _ROUND),
        f"{name}_pairs": rows * groups * pairs,
        f"{name}_relu": rows * groups * (finish == "relu"),
        f"{name}_linear": rows * groups * (finish == "linear"),
        f"{name}_any": rows * channels * apart,
        f"{name}_last": rows * rest * (not apart),
    }


def _widened(name: str, runs: int, count: int, long: int = 0) -> Features:
    """Of `runs` of `count` bytes: `long` at a time (th_dsp_expand: 16), then four, then the rest."""
    whole, rest = (count // long, count % long) if long else (0, count)
    return {
        name: runs,
        **({f"{name}_long": runs * whole, f"{name}_long_in": runs * (whole > 0)} if long else {}),
        f"{name}_quads": runs * (rest // 4),
        f"{name}_quads_in": runs * (rest >= 4),
        f"{name}_rest": runs * (rest % 4 > 0),
        f"{name}_third": runs * (rest % 4 == 3),
    }


def _staged(pairs: int, pixels: int) -> int:
    """Blocks that are laid out before they are multiplied (rows.h)."""
    return max(1, min(_BLOCKS_BYTES // 8 // pairs, _up(pixels, 2)))


def _point(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    pixels = p["batches"] * p["output_height"] * p["output_width"]
    depth, twos, odd = p["input_depth"], pixels // 2, pixels % 2
    pairs = _up(depth, 2)
    calls = _up(twos, _staged(pairs, pixels)) + odd
    return step.opcode, {
        "call": 1.0,
        **_widened("widened", twos, depth),
        "odd": odd,
        "odd_pairs": odd * pairs,
        **_rows(p, "two", twos + odd, pairs, calls, p["output_depth"]),
    }


def _fully_connected(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    batches, depth, channels = p["batches"], p["input_depth"], p["output_depth"]
    pairs, twos, odd = _up(depth, 4) * 2, batches // 2, batches % 2
    return step.opcode, {
        "call": 1.0,
        **_widened("widened", batches, depth, 16),
        **_rows(p, "two", twos, pairs, twos, channels),
        **_rows(p, "one", odd, pairs, odd, channels),
    }


def _convolution(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    batches, taps, depth = p["batches"], p["filter_width"], p["input_depth"]
    rows, columns = windows_along(p, "height", "top"), windows_along(p, "width", "left")
    plain = p["dilation_width"] == 1
    run = taps * depth
    pairs = p["filter_height"] * (_up(run, 2) if plain else taps * _up(depth, 2))
    pixels = batches * len(rows) * len(columns)
    # Neighbours inside from left to right go two at a time, where no line lies outside.
    inside = sum(count == taps for count in columns) if plain else 0
    whole = batches * sum(count == p["filter_height"] for count in rows)
    twos = whole * (inside // 2)
    down, lines = batches * sum(rows), batches * len(rows) * p["filter_height"]
    whole_lines = down * inside - 2 * twos * p["filter_height"]
    part_lines = down * (len(columns) - inside)
    filled = (lines - down) * len(columns)
    calls = _up(pixels, 2 * _staged(pairs, pixels)) + pixels % 2
    return step.opcode, {
        "call": 1.0,
        "rows": batches * len(rows),
        "aimed": lines,
        "pixels": pixels - 2 * twos,
        **_widened("two_lines", twos * p["filter_height"], run),
        **_widened("lines", whole_lines, run, 16),
        **_widened("part_lines", part_lines, run, 16),
        "part_taps": part_lines * taps,
        "part_bytes": part_lines * run,
        "filled_lines": filled,
        "filled_pairs": filled * _up(run, 2),
        "odd_pairs": pixels % 2 * pairs,
        **_rows(p, "two", _up(pixels, 2), pairs, calls, p["output_depth"]),
    }


def _depthwise(step: StepShape, simd: Simd) -> tuple[str, Features]:
    """A window's pixels are pointed to; four channels at a time pass over them."""
    p = step.params
    batches, depth = p["batches"], p["input_depth"]
    pixels = batches * p["output_height"] * p["output_width"]
    taps = p["filter_height"] * p["filter_width"]
    rows, columns = windows_along(p, "height", "top"), windows_along(p, "width", "left")
    lines_inside = batches * sum(rows) * sum(count == p["filter_width"] for count in columns)
    lines = pixels * p["filter_height"]
    quads, rest = depth // 4, depth % 4
    finish = _finish_of(p)
    return step.opcode, {
        "call": 1.0,
        "rows": batches * len(rows),
        "pixels": pixels,
        "lines": lines,
        "aimed": lines_inside * p["filter_width"],
        "aimed_apart": (lines - lines_inside) * p["filter_width"],
        "quads": pixels * quads,
        "quad_taps": pixels * quads * taps,
        "rests": pixels * (rest > 0),
        "rest_taps": pixels * (rest > 0) * taps,
        "rest_channels": pixels * rest * taps,
        "finished": pixels * depth,
        "finished_linear": pixels * depth * (finish == "linear"),
        "finished_any": pixels * depth * (finish == "any"),
    }


def _planes(step: StepShape, simd: Simd) -> tuple[str, Features]:
    """Four channels are laid out as planes of pairs, then each plane gives four outputs of a line at a time."""
    p = step.params
    batches, depth, stride = p["batches"], p["input_depth"], p["stride_height"]
    turned = p["output_height"] > p["output_width"]
    across, along = ("height", "width") if turned else ("width", "height")
    sides = {"height": "top", "width": "left"}
    columns, lines = p[f"output_{across}"], p[f"output_{along}"]
    line_pairs = _up((columns - 1) * stride + 3, 2)
    room = _PLANES_BYTES // (16 * line_pairs)
    band = min(1 if room < 3 else (room - 3) // stride + 1, lines)
    bands = _up(lines, band)
    pad, width = p[f"pad_{sides[across]}"], p[f"input_{across}"]
    under = (lines - 1) * stride + 3
    inside = _inside(under, p[f"pad_{sides[along]}"], p[f"input_{along}"])
    pixels = min(width + pad, 2 * line_pairs)
    quads, rest = depth // 4, depth % 4
    quick, slow = (quads, rest > 0) if pad <= 1 else (0, quads + (rest > 0))
    fours, left = columns // 4, columns % 4
    relu = p["output_offset"] == -128
    full, two = fours + (left == 3), int(left in (1, 2))
    each = batches * depth * lines
    return f"{step.opcode}/{stride}x{stride}", {
        "call": 1.0,
        "quads": batches * (quads + (rest > 0)),
        "bands": batches * (quads + (rest > 0)) * bands,
        "kept": batches * (quads + (rest > 0)) * (bands - 1) * (3 - stride) * line_pairs,
        "quick_lines": batches * quick * inside,
        "quick_pairs": batches * quick * inside * _up(pixels, 2),
        "quick_zeros": batches * quick * inside * (line_pairs - _up(pixels, 2)),
        "slow_lines": batches * slow * inside,
        "slow_pairs": batches * slow * inside * line_pairs,
        "slow_channels": batches * slow * inside * line_pairs * (rest or 4),
        "filled_lines": batches * (quads + (rest > 0)) * (under - inside),
        "filled": batches * (quads + (rest > 0)) * (under - inside) * line_pairs,
        "strips": batches * depth * bands,
        "lines": each,
        "fours": each * full,
        "twos": each * two,
        "fours_linear": each * full * (not relu),
        "twos_linear": each * two * (not relu),
    }


@lru_cache(maxsize=4096)
def _inside(lines: int, pad: int, extent: int) -> int:
    """How many of `lines` from -pad on lie inside."""
    return sum(0 <= line - pad < extent for line in range(lines))


DSP: Mapping[str, Kernel] = {
    "DSP_CONV_1X1_S8": _point,
    "DSP_CONV_2D_S8": _convolution,
    "DSP_FULLY_CONNECTED_S8": _fully_connected,
    "DSP_DEPTHWISE_CONV_2D_S8": _depthwise,
    "DSP_DEPTHWISE_3X3_S8": _planes,
}
"""By opcode."""
