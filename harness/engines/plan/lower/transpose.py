"""TRANSPOSE, DEPTH_TO_SPACE and SPACE_TO_DEPTH: elements in another order."""

from __future__ import annotations

from harness.engines.plan.graph import DType, Tensor
from harness.engines.plan.lower.context import Context
from harness.engines.plan.lower.movement import MOVED, Loop, copy_step, strides
from harness.engines.plan.program import Step

MAX_BLOCK = 1 << 12

# Those of TFLM's and LiteRT's kernels.
_BLOCK_TYPES = (DType.INT8, DType.UINT8, DType.INT32, DType.INT64)


def lower_transpose(ctx: Context) -> Step:
    """Input 1: the input's dimensions in the output's order, a constant."""
    ctx.count((2,))
    source, output = _tensors(ctx)
    order = ctx.integers(ctx.input(1))
    ctx.require(
        sorted(order) == list(range(len(source.shape))),
        f"{order} is not an order of {len(source.shape)} dimensions",
        ctx.input(1),
    )
    ctx.shaped(output, tuple(source.shape[i] for i in order))
    return _permute(ctx, source, output, source.shape, order)


def lower_depth_to_space(ctx: Context) -> Step:
    """[n, h, w, b * b * c] -> [n, h * b, w * b, c]."""
    ctx.count((1,))
    source, output = _tensors(ctx, _BLOCK_TYPES)
    block = ctx.option_int("block_size", 1, MAX_BLOCK)
    ctx.ranked(source, 4)
    batches, height, width, depth = source.shape
    ctx.require(depth % block**2 == 0, f"{depth} channels for blocks of {block} x {block}", source)
    channels = depth // block**2
    ctx.shaped(output, (batches, height * block, width * block, channels))
    shape = (batches, height, width, block, block, channels)
    return _permute(ctx, source, output, shape, [0, 1, 3, 2, 4, 5])


def lower_space_to_depth(ctx: Context) -> Step:
    """[n, h * b, w * b, c] -> [n, h, w, b * b * c]."""
    ctx.count((1,))
    source, output = _tensors(ctx, _BLOCK_TYPES)
    block = ctx.option_int("block_size", 1, MAX_BLOCK)
    ctx.ranked(source, 4)
    batches, height, width, depth = source.shape
    ctx.require(
        height % block == 0 and width % block == 0,
        f"{height} x {width} does not divide into blocks of {block} x {block}",
        source,
    )
    ctx.shaped(output, (batches, height // block, width // block, depth * block**2))
    shape = (batches, height // block, block, width // block, block, depth)
    return _permute(ctx, source, output, shape, [0, 1, 3, 2, 4, 5])


def _tensors(ctx: Context, dtypes: tuple[DType, ...] = MOVED) -> tuple[Tensor, Tensor]:
    source, output = ctx.input(0), ctx.output()
    ctx.typed(source, *dtypes)
    ctx.typed(output, source.dtype)
    return source, output


def _permute(
    ctx: Context, source: Tensor, output: Tensor, shape: tuple[int, ...], order: list[int]
) -> Step:
    """Both tensors as dense ones: the source of `shape`, the output of its dimensions in `order`."""
    input_strides = strides(shape)
    output_strides = strides(tuple(shape[i] for i in order))
    loops = [
        Loop(shape[i], input_strides[i], output_stride)
        for i, output_stride in zip(order, output_strides, strict=True)
    ]
    return copy_step(ctx, output, source, loops)
