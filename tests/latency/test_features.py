"""Counts of loops against counting them one by one."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engines.plan.compile import compile_program
from harness.engines.plan.kernels import kernel_set, kernel_sets
from harness.engines.plan.windows import taps_inside, whole_windows
from harness.latency.features import features
from harness.latency.features_cmsis import matrix_product
from harness.latency.steps import StepShape, steps_of
from models.arch.randomise import random_parameters
from models.arch.to_tflite import to_tflite
from models.spaces import SPACES
from targets.schema import Simd

EXTENT = st.integers(1, 12)


def positions(
    extent: int, outputs: int, taps: int, stride: int, pad: int, dilation: int
) -> np.ndarray:
    """Whether each tap of each window lies inside."""
    at = np.arange(outputs)[:, None] * stride - pad + np.arange(taps)[None, :] * dilation
    return (at >= 0) & (at < extent)


@given(EXTENT, EXTENT, st.integers(1, 5), st.integers(1, 3), st.integers(0, 6), st.integers(1, 3))
def test_taps_inside_are_those_that_lie_inside(
    extent: int, outputs: int, taps: int, stride: int, pad: int, dilation: int
) -> None:
    inside = positions(extent, outputs, taps, stride, pad, dilation)
    arguments = (extent, outputs, taps, stride, pad, dilation)
    assert taps_inside(*arguments) == int(inside.sum())
    assert list(whole_windows(*arguments)) == inside.all(1).tolist()


def steps(space: str, seed: int, kernels: str, simd: Simd) -> tuple[StepShape, ...]:
    arch = SPACES[space].member(seed)
    data = to_tflite(arch, random_parameters(arch, seed))
    return steps_of(compile_program(data, arch.name, kernel_set(kernels, simd))[0])


@pytest.mark.parametrize("space", ["ds-cnn-kws", "cnn-cifar10", "ibn-vww"])
def test_counts_without_padding_are_the_multiply_accumulates(space: str) -> None:
    seen = 0
    for step in steps(space, 3, "reference", "dsp"):
        family, counts = features(step, "dsp")
        p = step.params
        if family == "CONV_2D_S8":
            rows = positions(
                p["input_height"], p["output_height"], p["filter_height"],
                p["stride_height"], p["pad_top"], p["dilation_height"],
            ).sum()  # fmt: skip
            columns = positions(
                p["input_width"], p["output_width"], p["filter_width"],
                p["stride_width"], p["pad_left"], p["dilation_width"],
            ).sum()  # fmt: skip
            assert counts["macs"] == rows * columns * p["filter_depth"] * p["output_depth"]
            assert counts["macs"] <= step.macs
            taps = p["filter_height"] * p["filter_width"]
            if rows * columns == p["output_height"] * p["output_width"] * taps:
                assert counts["macs"] == step.macs
                seen += 1
    assert seen or space == "cnn-cifar10"


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 70), st.sampled_from(get_args(Simd)))
def test_blocks_of_a_matrix_product_make_up_all_of_it(
    left: int, right: int, depth: int, simd: Simd
) -> None:
    counts = matrix_product(left, right, depth, simd)

    def deep(name: str) -> float:
        """Products that the blocks of one kind of sum stand for, each over the whole depth."""
        if simd == "mve":
            assert counts[f"{name}_16"] == counts[name] * -(-depth // 16)
            return counts[name] * depth
        blocks = {16: f"{name}_16", 4: f"{name}_4", 1: f"{name}_1"}
        return sum(size * counts.get(key, 0) for size, key in blocks.items())

    sizes = {"four": 4, "one": 1} if simd == "mve" else {"two_by_two": 4, "one_by_two": 2, "odd": 1}
    assert sum(size * deep(name) for name, size in sizes.items()) == left * right * depth


@pytest.mark.parametrize("simd", get_args(Simd))
def test_every_step_of_every_space_has_finite_counts_of_one_name_each(simd: Simd) -> None:
    names: dict[str, tuple[str, ...]] = {}
    for kernels in kernel_sets(simd):
        for space in ("ds-cnn-kws", "cnn-cifar10", "fc-autoencoder", "lstm", "gru"):
            for step in steps(space, 1, kernels, simd):
                family, counts = features(step, simd)
                assert all(np.isfinite(count) and count >= 0 for count in counts.values())
                assert names.setdefault(family, tuple(counts)) == tuple(counts)
    assert len(names) > 5


def convolution(draw: st.DataObject, opcode: str, square: int = 0) -> StepShape:
    """A step of any shape; `square`: the filter's sides."""
    height, width, depth, outputs = (draw.draw(st.integers(1, n)) for n in (9, 20, 40, 40))
    filters = (square, square) if square else (draw.draw(st.integers(1, 4)) for _ in range(2))
    down, across = filters
    stride = draw.draw(st.integers(1, 2))
    return StepShape(
        opcode=opcode,
        kind="",
        source_index=0,
        macs=0,
        params={
            "batches": 1,
            "input_height": (height - 1) * stride + down - 2 * (down // 2),
            "input_width": (width - 1) * stride + across - 2 * (across // 2),
            "input_depth": depth,
            "output_height": height,
            "output_width": width,
            "output_depth": outputs,
            "filter_height": down,
            "filter_width": across,
            "filter_depth": depth,
            "depth_multiplier": 1,
            "stride_height": stride,
            "stride_width": stride,
            "pad_top": down // 2,
            "pad_left": across // 2,
            "dilation_height": 1,
            "dilation_width": 1,
            "output_offset": draw.draw(st.sampled_from([-128, 3])),
            "activation_min": draw.draw(st.sampled_from([-128, 3])),
            "activation_max": 127,
        },
        input_bytes=0,
        output_bytes=0,
        constant_bytes=0,
        scratch_bytes=0,
    )


@given(st.data())
def test_mve_convolutions_turn_as_often_as_their_loops(data: st.DataObject) -> None:
    """The loops of gemm.c and finish.c, walked one by one."""
    step = convolution(data, "MVE_CONV_2D_S8")
    _, counts = features(step, "mve")
    p = step.params
    depth = p["filter_height"] * p["filter_width"] * p["input_depth"]
    left, room = p["output_height"] * p["output_width"], min(16, max(2, 2304 // depth // 2 * 2))
    walked = dict.fromkeys(("jobs", "quad_rows", "pair_rows", "long_turns", "finished"), 0)
    while left > 0:
        pixels, left = min(left, room), left - room
        walked["jobs"] += 1
        for channel in range(0, p["output_depth"], 16):
            channels = min(16, p["output_depth"] - channel)
            if depth <= 16:
                walked["quad_rows"] += -(-channels // 4) * pixels
            elif depth <= 32:
                walked["pair_rows"] += -(-channels // 2) * pixels
            else:
                walked["long_turns"] += -(-pixels // 2) * -(-channels // 2) * (depth // 16)
            walked["finished"] += -(-channels // 4) * pixels
    finished = sum(counts.pop(f"finished_{way}") for way in ("up", "away", "others"))
    assert walked == {
        **{name: counts[name] for name in walked if name in counts},
        "finished": finished,
    }


@given(st.data())
def test_mve_depthwise_convolutions_turn_every_line_that_is_needed_once(
    data: st.DataObject,
) -> None:
    """The loops of depthwise_conv_3x3_s8.c, walked one by one."""
    step = convolution(data, "MVE_DEPTHWISE_CONV_3X3_S8", square=3)
    _, counts = features(step, "mve")
    p = step.params
    outputs = 2 if p["stride_height"] == 1 else 1
    patches = -(-p["output_width"] // outputs)
    parts = -(-patches // 8)
    groups = -(-patches // parts)
    inside = outside = groups_turned = 0
    for _ in range(0, p["input_depth"], 16):
        for _ in range(0, p["output_width"], groups * outputs):
            turned = -p["pad_top"]
            for out_y in range(0, p["output_height"], outputs):
                y = out_y * p["stride_height"] - p["pad_top"]
                turned = max(turned, y)
                while turned < y + outputs + 2:
                    within = 0 <= turned < p["input_height"]
                    inside, outside = inside + within, outside + (not within)
                    groups_turned += groups * within
                    turned += 1
    assert (counts["lines"], counts["filled_lines"]) == (inside, outside)
    assert counts["run_groups"] + counts["single_groups"] == groups_turned


@given(st.data(), st.sampled_from([("DSP_CONV_2D_S8", "dsp"), ("SCALAR_CONV_2D_S8", "none")]))
def test_every_line_of_a_window_is_laid_out_or_filled(
    data: st.DataObject, kernel: tuple[str, Simd]
) -> None:
    opcode, simd = kernel
    step = convolution(data, opcode)
    _, counts = features(step, simd)
    p = step.params
    lines = p["output_height"] * p["output_width"] * p["filter_height"]
    if simd == "dsp":
        laid = 2 * counts["two_lines"] + sum(counts[f"{k}lines"] for k in ("", "part_", "filled_"))
        assert laid == lines
        assert counts["two_lines_quads"] == counts["two_lines"] * (
            p["filter_width"] * p["input_depth"] // 4
        )
    else:
        assert counts["lines"] == lines
        taps = counts["lines_apart"] * p["filter_width"]
        assert counts["copied"] + counts["filled"] == taps
