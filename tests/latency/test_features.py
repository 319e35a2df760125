"""Counts of loops against counting them one by one."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engines.plan.compile import compile_program
from harness.engines.plan.kernels import kernel_set, kernel_sets
from harness.latency.features import features
from harness.latency.features_cmsis import matrix_product
from harness.latency.steps import StepShape, steps_of
from harness.latency.windows import taps_inside, whole_windows
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
