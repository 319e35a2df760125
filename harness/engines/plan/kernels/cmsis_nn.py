"""Kernel set "cmsis-nn": which layers CMSIS-NN 4.0.0 can compute exactly, and the scratch memory it wants.

Scratch sizes follow the library's own *_get_buffer_size for each kind of core; when a plan is loaded,
the firmware asks those functions and refuses a plan with less (firmware/kernels/cmsis_nn/checks.c).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from harness.engines.plan.graph import Graph
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import (
    Conv2DParams,
    DepthwiseConv2DParams,
    FullyConnectedParams,
    Pool2DParams,
)
from harness.engines.plan.program import ConstOperand, Operand, ScratchOperand, Step
from targets.schema import Simd

MAX_EXTENT = 16383  # the library keeps extents in 16 bits, and positions in the input signed
MAX_TAPS = 65535  # elements of a filter of one output channel, counted in 16 bits
MAX_DEPTHWISE_WEIGHTS = 1 << 20
_MVE_CHANNELS = 124  # CH_IN_BLOCK_MVE


def rewrites(simd: Simd) -> Mapping[Opcode, Callable[[Step, Graph], Step | None]]:
    """The set's rewrites for cores with the vector instructions `simd`."""
    return {
        Opcode.CONV_2D_S8: lambda step, _: _conv_2d(step, simd),
        Opcode.DEPTHWISE_CONV_2D_S8: lambda step, _: _depthwise_conv_2d(step, simd),
        Opcode.FULLY_CONNECTED_S8: lambda step, _: _fully_connected(step),
        Opcode.AVERAGE_POOL_2D_S8: lambda step, _: _average_pool(step, simd),
        Opcode.MAX_POOL_2D_S8: lambda step, _: _max_pool(step),
    }


def conv_scratch_bytes(p: Conv2DParams, simd: Simd) -> int:
    """`arm_convolve_wrapper_s8_get_buffer_size`."""
    if _pointwise(p):
        return 0
    taps = p.input_depth * p.filter_height * p.filter_width
    if simd == "mve":
        return 0 if _one_by_n(p) else 4 * (-(-taps // 8) * 8)
    return 2 * taps * 2


def depthwise_scratch_bytes(p: DepthwiseConv2DParams, simd: Simd) -> int:
    """`arm_depthwise_conv_wrapper_s8_get_buffer_size`."""
    if p.depth_multiplier != 1 or p.batches != 1 or _dilated(p):
        return 0
    if simd == "mve":
        return 4 * _MVE_CHANNELS * p.filter_height * p.filter_width
    if simd == "dsp":
        return 2 * p.input_depth * p.filter_height * p.filter_width
    return 0


def _pointwise(p: Conv2DParams) -> bool:
    return (
        p.filter_height == p.filter_width == 1
        and p.pad_top == p.pad_left == 0
        and p.dilation_height == p.dilation_width == 1
    )


def _one_by_n(p: Conv2DParams) -> bool:
    return p.input_height == p.filter_height == p.dilation_width == 1 and p.output_width % 4 == 0


def _dilated(p: Conv2DParams | DepthwiseConv2DParams) -> bool:
    return p.dilation_height != 1 or p.dilation_width != 1


def _narrow(p: Conv2DParams | DepthwiseConv2DParams) -> bool:
    """Whether every extent and position fits into what the library counts them in."""
    extents = (
        p.batches, p.input_height, p.input_width, p.input_depth, p.output_height, p.output_width,
        p.filter_height, p.filter_width, p.pad_top, p.pad_left, p.output_height * p.stride_height,
        p.output_width * p.stride_width, p.filter_height * p.dilation_height,
        p.filter_width * p.dilation_width,
    )  # fmt: skip
    return max(extents) <= MAX_EXTENT


def _inside(p: Conv2DParams | DepthwiseConv2DParams) -> bool:
    """Whether every window touches the input."""
    return (
        p.pad_top < p.filter_height * p.dilation_height
        and p.pad_left < p.filter_width * p.dilation_width
        and (p.output_height - 1) * p.stride_height - p.pad_top < p.input_height
        and (p.output_width - 1) * p.stride_width - p.pad_left < p.input_width
    )


def _scratch(size_bytes: int) -> Operand:
    return ScratchOperand(size_bytes) if size_bytes else None


def _conv_2d(step: Step, simd: Simd) -> Step | None:
    p = step.params
    assert isinstance(p, Conv2DParams)
    taps = p.input_depth * p.filter_height * p.filter_width
    if (
        p.filter_depth != p.input_depth
        or taps > MAX_TAPS
        or p.output_depth > MAX_EXTENT
        or not _narrow(p)
        or not _inside(p)
        or (_one_by_n(p) and p.output_height != 1)
    ):
        return None
    scratch = _scratch(conv_scratch_bytes(p, simd))
    return replace(
        step, opcode=Opcode.CMSIS_CONV_2D_S8, operands=(*step.operands, scratch), in_place=()
    )


def _depthwise_conv_2d(step: Step, simd: Simd) -> Step | None:
    p = step.params
    assert isinstance(p, DepthwiseConv2DParams)
    channels = p.input_depth * p.depth_multiplier
    if (
        channels > MAX_EXTENT
        or channels * p.filter_height * p.filter_width > MAX_DEPTHWISE_WEIGHTS
        or p.filter_height * p.filter_width > MAX_TAPS
        or not _narrow(p)
        or not _inside(p)
        # arm_depthwise_conv_3x3_s8 takes the middle column for granted.
        or (
            (p.output_width - 1) * p.stride_width - p.pad_left + 2 > p.input_width
            and p.filter_width == 3
        )
    ):
        return None
    operands = list(step.operands)
    if operands[3] is None:  # the library adds to the address of a missing bias
        operands[3] = ConstOperand(np.zeros(channels, "<i4"))
    operands.append(_scratch(depthwise_scratch_bytes(p, simd)))
    return replace(
        step,
        opcode=Opcode.CMSIS_DEPTHWISE_CONV_2D_S8,
        operands=tuple(operands),
        in_place=(),
    )


def _fully_connected(step: Step) -> Step | None:
    p = step.params
    assert isinstance(p, FullyConnectedParams)
    factors = [o.data.reshape(-1) for o in step.operands[4:6] if isinstance(o, ConstOperand)]
    one = len(factors) == 2 and all((factor == factor[0]).all() for factor in factors)
    if p.filter_offset != 0 or not one:
        return None
    # One each, so that the firmware can tell that they are equal.
    single = (ConstOperand(factor[:1].copy()) for factor in factors)
    return replace(
        step,
        opcode=Opcode.CMSIS_FULLY_CONNECTED_S8,
        operands=(*step.operands[:4], *single),
        in_place=(),
    )


def _average_pool(step: Step, simd: Simd) -> Step | None:
    p = step.params
    assert isinstance(p, Pool2DParams)
    extents = (
        p.input_height, p.input_width, p.output_height * p.stride_height,
        p.output_width * p.stride_width, p.filter_height, p.filter_width,
    )  # fmt: skip
    outside = p.pad_top >= p.filter_height or p.pad_left >= p.filter_width
    if max(extents) > MAX_EXTENT or p.filter_height * p.filter_width > MAX_TAPS or outside:
        return None
    scratch = _scratch(4 * p.depth if simd == "dsp" else 0)
    return replace(
        step,
        opcode=Opcode.CMSIS_AVERAGE_POOL_2D_S8,
        operands=(*step.operands, scratch),
        in_place=(),
    )


def _max_pool(step: Step) -> Step | None:
    return replace(step, opcode=Opcode.CMSIS_MAX_POOL_2D_S8, in_place=())
