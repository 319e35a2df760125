"""RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR."""

from __future__ import annotations

import math

import numpy as np

from harness.engines.plan.graph import DType, Tensor
from harness.engines.plan.lower.context import Context, tensor_operand
from harness.engines.plan.lower.movement import MOVED
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import ResizeBilinearParams, ResizeNearestNeighborParams
from harness.engines.plan.program import ConstOperand, Step

# Scales have ten fractional bits; extents below this keep index * scale within 31 bits.
MAX_EXTENT = 1 << 15
_ONE = 1 << 10


def lower_resize_nearest_neighbor(ctx: Context) -> Step:
    """Input 1: the output's height and width, a constant. Any type."""
    source, output = _tensors(ctx, MOVED)
    batches, input_height, input_width, depth = source.shape
    _, output_height, output_width, _ = output.shape
    params = ResizeNearestNeighborParams(
        batches=batches,
        input_height=input_height,
        input_width=input_width,
        output_height=output_height,
        output_width=output_width,
        pixel_bytes=depth * source.dtype.size_bytes,
    )
    rows = _nearest(ctx, input_height, output_height)
    columns = _nearest(ctx, input_width, output_width)
    operands = (tensor_operand(output), tensor_operand(source), rows, columns)
    return ctx.step(Opcode.RESIZE_NEAREST_NEIGHBOR, operands, params)


def lower_resize_bilinear(ctx: Context) -> Step:
    """Input 1: the output's height and width, a constant. int8, whose scale is not looked at."""
    source, output = _tensors(ctx, (DType.INT8,))
    half_pixel, corners = ctx.option_bool("half_pixel_centers"), ctx.option_bool("align_corners")
    ctx.require(
        not (half_pixel and corners), "half_pixel_centers and align_corners exclude each other"
    )
    batches, input_height, input_width, depth = source.shape
    _, output_height, output_width, _ = output.shape
    params = ResizeBilinearParams(
        batches=batches,
        input_height=input_height,
        input_width=input_width,
        depth=depth,
        output_height=output_height,
        output_width=output_width,
        height_scale=_scale(ctx, input_height, output_height),
        width_scale=_scale(ctx, input_width, output_width),
        half_pixel_centers=int(half_pixel),
    )
    operands = (tensor_operand(output), tensor_operand(source))
    return ctx.step(Opcode.RESIZE_BILINEAR_S8, operands, params)


def _tensors(ctx: Context, dtypes: tuple[DType, ...]) -> tuple[Tensor, Tensor]:
    ctx.count((2,))
    source, size, output = ctx.input(0), ctx.input(1), ctx.output()
    ctx.typed(source, *dtypes)
    ctx.typed(output, source.dtype)
    ctx.ranked(source, 4)
    ctx.typed(size, DType.INT32)
    extents = ctx.integers(size)
    ctx.require(len(extents) == 2, f"{len(extents)} elements instead of height and width", size)
    ctx.shaped(output, (source.shape[0], *extents, source.shape[3]))
    for tensor in (source, output):
        ctx.require(max(tensor.shape[1:3]) < MAX_EXTENT, "too high or wide", tensor)
    return source, output


def _nearest(ctx: Context, input_size: int, output_size: int) -> ConstOperand:
    """The input's index for each output index, in float32 (`GetNearestNeighbor`)."""
    corners = ctx.option_bool("align_corners")
    if corners and output_size > 1:
        scale = np.float32(input_size - 1) / np.float32(output_size - 1)
    else:
        scale = np.float32(input_size) / np.float32(output_size)
    offset = np.float32(0.5 if ctx.option_bool("half_pixel_centers") else 0)
    indices = []
    for index in range(output_size):
        place = float((np.float32(index) + offset) * scale)
        # TFLite rounds halves up here: places are never negative.
        nearest = math.floor(place + 0.5) if corners else math.floor(place)
        indices.append(max(0, min(nearest, input_size - 1)))
    return ConstOperand(np.array(indices, "<i4"))


def _scale(ctx: Context, input_size: int, output_size: int) -> int:
    """Input elements for one of the output in units of 2^-10 (`ResizeBilinearInteger`)."""
    if ctx.option_bool("align_corners") and output_size > 1:
        input_steps, output_steps = input_size - 1, output_size - 1
    else:
        input_steps, output_steps = input_size, output_size
    scale = (_ONE * input_steps + output_steps // 2) // output_steps
    last = (output_size - 1) * scale
    if ctx.option_bool("half_pixel_centers"):
        last += scale // 2 - _ONE // 2
    # The rounded scale can lead past the end; TFLM would read outside of the input there.
    ctx.require(
        last // _ONE < input_size,
        f"{input_size} elements enlarged to {output_size}: ten bits of precision are too few",
    )
    return scale
