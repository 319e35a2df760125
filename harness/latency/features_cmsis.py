"""Features of CMSIS-NN 4.0.0's kernels, after the loops of its sources for each kind of core.

With DSP instructions a matrix product takes two rows by two columns at a time, sixteen, then four, then one element
deep; with MVE four rows by one column, sixteen elements deep; without either it is plain C.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from harness.engines.plan.windows import taps_along, whole_windows
from harness.latency.steps import Features, StepShape
from targets.schema import Simd

Kernel = Callable[[StepShape, Simd], tuple[str, Features]]

Axis = tuple[int, int, int, int, int, int]
"""Arguments of whole_windows."""

_AXES = (("height", "top"), ("width", "left"))
_MVE_BLOCK = 124
_LARGE_FILL = 8
"""Elements from which memset writes words: 16 bytes of int16."""


def _deep(prefix: str, count: int, depth: int, simd: Simd, wide: bool = True) -> Features:
    """`count` inner products of `depth` elements each."""
    if simd == "mve":
        return {prefix: count, f"{prefix}_16": count * -(-depth // 16)}
    if simd == "none":
        return {prefix: count, f"{prefix}_1": count * depth}
    rest = depth % 16 if wide else depth
    return {
        prefix: count,
        **(_loop(f"{prefix}_16", count, depth // 16) if wide else {}),
        **_loop(f"{prefix}_4", count, rest // 4),
        **_loop(f"{prefix}_1", count, rest % 4),
    }


def _loop(name: str, count: int, turns: int) -> Features:
    """A loop of `turns`, passed `count` times: its turns, and how often it is entered at all."""
    return {name: count * turns, f"{name}_in": count * (turns > 0)}


def matrix_product(left: int, right: int, depth: int, simd: Simd) -> Features:
    """Of arm_nn_mat_mult_nt_t_s8: `left` rows of activations, `right` rows of weights, `depth` elements each."""
    if simd == "mve":
        fours, ones = left // 4, left % 4
        return {
            "fours": fours,
            **_deep("four", fours * right, depth, simd),
            "ones": ones,
            **_deep("one", ones * right, depth, simd),
            "one_quads": ones * (right // 4),
            "one_rest": ones * (right % 4),
        }
    pairs, odd = right // 2, right % 2
    return {
        "pairs": pairs,
        "pair_sums": pairs * depth,
        **_deep("two_by_two", pairs * (left // 2), depth, simd),
        **_deep("one_by_two", pairs * (left % 2), depth, simd),
        "odd_sums": odd * depth,
        **_deep("odd", odd * left, depth, simd),
    }


def _convolution(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    batches, depth, outputs = p["batches"], p["input_depth"], p["output_depth"]
    pixels = batches * p["output_height"] * p["output_width"]
    point = p["filter_height"] == p["filter_width"] == 1 and p["pad_top"] == p["pad_left"] == 0
    plain = p["dilation_height"] == p["dilation_width"] == 1
    if point and plain:
        # One product for all pixels; with strides one for each row of them.
        strided = p["stride_height"] != 1 or p["stride_width"] != 1
        products = batches * p["output_height"] if strided else 1
        product = matrix_product(pixels // products, outputs, depth, simd)
        scaled = {name: count * products for name, count in product.items()}
        return f"{step.opcode}/1x1", {"call": 1.0, "products": products, **scaled}
    line = p["input_height"] == p["filter_height"] == 1
    kind = "1xn" if line and p["output_width"] % 4 == 0 and p["dilation_width"] == 1 else "im2col"
    return f"{step.opcode}/{kind}", {
        "call": 1.0,
        "rows": batches * p["output_height"],
        **_columns(p, simd),
        **_column_products(p, simd),
    }


def _columns(p: Mapping[str, int], simd: Simd) -> Features:
    """Of laying out the windows of all pixels."""
    pixels = p["batches"] * p["output_height"] * p["output_width"]
    down, across = (taps_along(p, *axis) for axis in _AXES)
    inside = p["batches"] * down * across
    outside = pixels * p["filter_height"] * p["filter_width"] - inside
    depth = p["input_depth"]
    head = {"pixels": pixels, "filter_rows": pixels * p["filter_height"], "copies": inside}
    blocks = {"copied_blocks": inside * -(-depth // 16)}
    copied = blocks if simd == "mve" else _copied(inside, depth)
    return {**head, **copied, **_filled(outside, depth)}


def _copied(copies: int, depth: int) -> Features:
    """Of arm_q7_to_q15_with_offset: four elements at a time, then one."""
    return {
        **_loop("copied_blocks", copies, depth // 4),
        **_loop("copied_rest", copies, depth % 4),
    }


def _filled(fills: int, depth: int) -> Features:
    """Of memset, which takes small areas byte by byte."""
    return {
        "fills": fills,
        "filled": fills * depth,
        "large_fills": fills * (depth >= _LARGE_FILL),
    }


def _column_products(p: Mapping[str, int], simd: Simd) -> Features:
    """Of the products of laid out windows with all filters."""
    outputs = p["output_depth"]
    pixels = p["output_height"] * p["output_width"]
    batches = p["batches"]
    depth = p["filter_height"] * p["filter_width"] * p["input_depth"]
    if simd == "mve":
        padded, whole = _groups_of_four(_axis(p, *_AXES[0]), _axis(p, *_AXES[1]))
        rest = pixels % 4
        return {
            **_deep("whole", batches * whole * outputs, depth, simd),
            **_deep("padded", batches * padded * outputs, depth, simd),
            "left": batches * rest,
            **_deep("left_over", batches * rest * outputs, depth, simd),
        }
    pairs, odd = batches * (pixels // 2), batches * (pixels % 2)
    return {
        "products": pairs,
        **_deep("two_by_two", pairs * (outputs // 2), depth, simd, wide=False),
        **_deep("odd", pairs * (outputs % 2), depth, simd, wide=False),
        **_deep("last", odd * outputs, depth, simd, wide=False),
    }


def _axis(p: Mapping[str, int], axis: str, side: str) -> Axis:
    return (
        p[f"input_{axis}"],
        p[f"output_{axis}"],
        p[f"filter_{axis}"],
        p[f"stride_{axis}"],
        p[f"pad_{side}"],
        p[f"dilation_{axis}"],
    )


@lru_cache(maxsize=4096)
def _groups_of_four(vertical: Axis, horizontal: Axis) -> tuple[int, int]:
    """How many groups of four pixels have a window that reaches outside, and how many have none."""
    down, across = whole_windows(*vertical), whole_windows(*horizontal)
    pixels = [a and b for a in down for b in across]
    groups = [all(pixels[i : i + 4]) for i in range(0, len(pixels) - 3, 4)]
    return groups.count(False), groups.count(True)


def _depthwise(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    batches, depth = p["batches"], p["input_depth"]
    rows = batches * p["output_height"]
    pixels = rows * p["output_width"]
    down, across = (taps_along(p, *axis) for axis in _AXES)
    taps = p["filter_height"] * p["filter_width"]
    inside = batches * down * across
    head = {"call": 1.0, "rows": rows, "pixels": pixels}
    plain = p["depth_multiplier"] == batches == p["dilation_height"] == p["dilation_width"] == 1
    if not plain or (simd == "none" and taps != 9):
        channels = depth * p["depth_multiplier"]
        return f"{step.opcode}/generic", {
            **head,
            "outputs": pixels * channels,
            "filter_rows": batches * channels * p["output_width"] * down,
            "taps": inside * channels,
        }
    if simd == "mve":
        return f"{step.opcode}/blocks", {**head, **_mve_depthwise(p, pixels, inside, taps)}
    if p["filter_height"] == p["filter_width"] == 3 and max(p["pad_top"], p["pad_left"]) <= 1:
        quads, rest = depth // 4, depth % 4
        filter_rows = p["output_width"] * down
        return f"{step.opcode}/3x3", {
            **head,
            **_loop("quads", pixels, quads),
            "quad_rows": filter_rows * quads,
            "quad_taps": inside * quads,
            **_loop("channels", pixels, rest),
            "channel_rows": filter_rows * rest,
            "channel_taps": inside * rest,
        }
    return f"{step.opcode}/im2col", {**head, **_laid_out_depthwise(p, pixels, inside, taps)}


def _laid_out_depthwise(p: Mapping[str, int], pixels: int, inside: int, taps: int) -> Features:
    """Of arm_depthwise_conv_s8_opt with DSP instructions: rows outside are filled at once, others tap by tap."""
    depth = p["input_depth"]
    quads, rest = depth // 4, depth % 4
    filter_rows = p["output_width"] * taps_along(p, "height", "top")
    outside = filter_rows * p["filter_width"] - inside
    return {
        "row_fills": p["output_width"] * _outside(*_axis(p, *_AXES[0])),
        "filled_rows": (pixels * p["filter_height"] - filter_rows) * p["filter_width"] * depth,
        "filter_rows": filter_rows,
        "copies": inside,
        **_copied(inside, depth),
        **_filled(outside, depth),
        **_loop("quads", pixels, quads),
        **_loop("quad_taps", pixels * quads, taps // 2),
        "quad_odd_taps": pixels * quads * (taps % 2),
        **_loop("channels", pixels, rest),
        "channel_taps": pixels * rest * taps,
    }


@lru_cache(maxsize=4096)
def _outside(
    input_extent: int, output_extent: int, taps: int, stride: int, pad: int, dilation: int
) -> int:
    """How many windows reach outside before the input along one axis, and how many behind it."""
    first = [at * stride - pad for at in range(output_extent)]
    return sum((at < 0) + (at + taps > input_extent) for at in first)


def _mve_depthwise(p: Mapping[str, int], pixels: int, inside: int, taps: int) -> Features:
    """Of arm_depthwise_conv_s8_opt with MVE: blocks of 124 channels, four pixels at a time, four channels deep."""
    depth = p["input_depth"]
    widths = [min(_MVE_BLOCK, depth - at) for at in range(0, depth, _MVE_BLOCK)]
    sixteens = sum(-(-width // 16) for width in widths)
    quads = sum(-(-width // 4) for width in widths)
    padded, whole = _groups_of_four(_axis(p, *_AXES[0]), _axis(p, *_AXES[1]))
    outside = pixels * taps - inside
    rest = pixels % 4
    return {
        "blocks": len(widths),
        "block_pixels": len(widths) * pixels,
        "copies": inside * len(widths),
        "copied": inside * sixteens,
        "fills": outside * len(widths),
        "filled": outside * sixteens,
        "whole": whole * quads,
        "whole_taps": whole * quads * taps,
        "padded": padded * quads,
        "padded_taps": padded * quads * taps,
        "left_over": rest * quads,
        "left_over_taps": rest * quads * taps,
    }


def _fully_connected(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    rows = 4 if simd == "mve" else 3 if simd == "none" else 2
    batches, outputs, depth = p["batches"], p["output_depth"], p["input_depth"]
    return step.opcode, {
        "call": 1.0,
        "batches": batches,
        **_deep("blocks", batches * (outputs // rows), depth, simd),
        **_deep("rest", batches * (outputs % rows), depth, simd),
    }


def _pool(step: StepShape, simd: Simd) -> tuple[str, Features]:
    p = step.params
    rows = p["batches"] * p["output_height"]
    pixels = rows * p["output_width"]
    down, across = (taps_along(p, *axis) for axis in _AXES)
    inside = p["batches"] * down * across
    depth = p["depth"]
    blocks = -(-depth // 16)
    return step.opcode, {
        "call": 1.0,
        "rows": rows,
        "pixels": pixels,
        "blocks": pixels * blocks,
        "outputs": pixels * depth,
        "taps": inside,
        "tap_blocks": inside * blocks,
        "tap_channels": inside * depth,
        "tap_quads": inside * (depth // 4),
    }


CMSIS: Mapping[str, Kernel] = {
    "CMSIS_CONV_2D_S8": _convolution,
    "CMSIS_DEPTHWISE_CONV_2D_S8": _depthwise,
    "CMSIS_FULLY_CONNECTED_S8": _fully_connected,
    "CMSIS_AVERAGE_POOL_2D_S8": _pool,
    "CMSIS_MAX_POOL_2D_S8": _pool,
}
"""By opcode."""
