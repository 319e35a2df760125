"""ADD, int8, with broadcasting."""

from __future__ import annotations

from harness.engines.plan.graph import DType
from harness.engines.plan.lower.context import Context, tensor_operand
from harness.engines.plan.opcodes import ADD_MAX_DIMS, AddParams, Opcode
from harness.engines.plan.program import Step
from harness.engines.plan.quantize import (
    Multiplier,
    MultiplierRangeError,
    quantize_multiplier_below_one,
)

LEFT_SHIFT = 20


def lower_add(ctx: Context) -> Step:
    """The inputs broadcast as in NumPy; each tensor has its own scale and zero point."""
    ctx.count((2,))
    first, second, output = ctx.input(0), ctx.input(1), ctx.output()
    for tensor in (first, second, output):
        ctx.typed(tensor, DType.INT8)
    dims, strides1, strides2 = _loops(ctx, first.shape, second.shape, output.shape)
    scale1, zero_point1 = ctx.quantized(first)
    scale2, zero_point2 = ctx.quantized(second)
    output_scale, output_zero_point = ctx.quantized(output)
    low, high = ctx.fused_activation(output)

    # Both inputs are brought to twice the larger scale, 20 bits up (micro/kernels/add_common.cc).
    common = 2 * float(max(scale1, scale2))
    multiplier1 = _below_one(ctx, float(scale1) / common)
    multiplier2 = _below_one(ctx, float(scale2) / common)
    output_multiplier = _below_one(ctx, common / ((1 << LEFT_SHIFT) * float(output_scale)))
    params = AddParams(
        dims=dims,
        input1_strides=strides1,
        input2_strides=strides2,
        left_shift=LEFT_SHIFT,
        input1_offset=-zero_point1,
        input1_multiplier=multiplier1.significand,
        input1_shift=multiplier1.shift,
        input2_offset=-zero_point2,
        input2_multiplier=multiplier2.significand,
        input2_shift=multiplier2.shift,
        output_offset=output_zero_point,
        output_multiplier=output_multiplier.significand,
        output_shift=output_multiplier.shift,
        activation_min=low,
        activation_max=high,
    )
    in_place = tuple(
        (0, position)
        for position, tensor in ((1, first), (2, second))
        if tensor.elements == output.elements
    )
    return ctx.step(
        Opcode.ADD_S8,
        (tensor_operand(output), tensor_operand(first), tensor_operand(second)),
        params,
        in_place=in_place,
    )


def _below_one(ctx: Context, real: float) -> Multiplier:
    try:
        return quantize_multiplier_below_one(real)
    except MultiplierRangeError as error:
        ctx.refuse(str(error))


def _loops(
    ctx: Context, shape1: tuple[int, ...], shape2: tuple[int, ...], output: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """The loop nest: extents and both inputs' strides, each ADD_MAX_DIMS long, outermost first.

    Neighbouring dimensions that both inputs pass in the same way become one.
    """
    rank = max(len(shape1), len(shape2))
    padded1 = (1,) * (rank - len(shape1)) + shape1
    padded2 = (1,) * (rank - len(shape2)) + shape2
    compatible = all(a == b or 1 in (a, b) for a, b in zip(padded1, padded2, strict=True))
    expected = tuple(max(pair) for pair in zip(padded1, padded2, strict=True))
    ctx.require(
        compatible and output == expected,
        f"shapes {shape1} and {shape2} do not broadcast to {output}",
    )
    loops: list[tuple[int, int, int]] = []  # innermost first
    size1 = size2 = 1
    for extent, extent1, extent2 in zip(
        reversed(expected), reversed(padded1), reversed(padded2), strict=True
    ):
        if extent == 1:
            continue
        stride1 = size1 if extent1 > 1 else 0
        stride2 = size2 if extent2 > 1 else 0
        size1 *= extent1
        size2 *= extent2
        if loops:
            inner, inner1, inner2 = loops[-1]
            if stride1 == inner * inner1 and stride2 == inner * inner2:
                loops[-1] = (inner * extent, inner1, inner2)
                continue
        loops.append((extent, stride1, stride2))
    ctx.require(
        len(loops) <= ADD_MAX_DIMS,
        f"broadcasting alternates over more than {ADD_MAX_DIMS} dimensions",
    )
    loops += [(1, 0, 0)] * (ADD_MAX_DIMS - len(loops))
    dims, strides1, strides2 = zip(*reversed(loops), strict=True)
    return dims, strides1, strides2
