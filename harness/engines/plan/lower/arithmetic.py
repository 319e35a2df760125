"""MUL, MAXIMUM and MINIMUM, and what all arithmetic on plain int32 shares."""

from __future__ import annotations

from harness.engines.plan.graph import DType
from harness.engines.plan.lower.broadcast import binary_step, broadcast_loops
from harness.engines.plan.lower.context import DTYPE_CODES, Context
from harness.engines.plan.opcodes import Arithmetic, Opcode
from harness.engines.plan.params import ArithmeticS32Params, MaximumMinimumParams, MulParams
from harness.engines.plan.program import Step

INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1

_INT32_BOUNDS = {
    "NONE": (INT32_MIN, INT32_MAX),
    "RELU": (0, INT32_MAX),
    "RELU6": (0, 6),
    "RELU_N1_TO_1": (-1, 1),
}


def lower_int32(ctx: Context, operation: Arithmetic) -> Step:
    """ADD, SUB or MUL of int32 tensors without a scale; the caller has checked their types."""
    first, second, output = ctx.input(0), ctx.input(1), ctx.output()
    for tensor in (first, second, output):
        ctx.require(tensor.quant is None, "int32 with a scale", tensor)
    loops = broadcast_loops(ctx, first, second, output)
    activation = ctx.option_str("fused_activation_function", tuple(_INT32_BOUNDS))
    # TFLM's ADD ignores the activation (micro/kernels/add.cc); SUB and MUL apply it.
    low, high = _INT32_BOUNDS["NONE" if operation is Arithmetic.ADD else activation]
    params = ArithmeticS32Params(
        dims=loops.dims,
        input1_strides=loops.strides1,
        input2_strides=loops.strides2,
        operation=int(operation),
        activation_min=low,
        activation_max=high,
    )
    return binary_step(ctx, Opcode.ARITHMETIC_S32, output, first, second, params)


def lower_mul(ctx: Context) -> Step:
    """int8 and int16 (zero points 0) with a scale each, plain int32; the inputs broadcast."""
    ctx.count((2,))
    first, second, output = ctx.input(0), ctx.input(1), ctx.output()
    ctx.typed(first, DType.INT8, DType.INT16, DType.INT32)
    ctx.typed(second, first.dtype)
    ctx.typed(output, first.dtype)
    if first.dtype is DType.INT32:
        return lower_int32(ctx, Arithmetic.MUL)
    loops = broadcast_loops(ctx, first, second, output)
    scale1, zero_point1 = ctx.quantized(first)
    scale2, zero_point2 = ctx.quantized(second)
    output_scale, output_zero_point = ctx.quantized(output)
    if first.dtype is DType.INT16:
        for tensor, zero_point in (
            (first, zero_point1),
            (second, zero_point2),
            (output, output_zero_point),
        ):
            ctx.require(zero_point == 0, f"int16 with the zero point {zero_point}", tensor)
    low, high = ctx.fused_activation(output)
    multiplier = ctx.multiplier(float(scale1) * float(scale2) / float(output_scale))
    params = MulParams(
        dims=loops.dims,
        input1_strides=loops.strides1,
        input2_strides=loops.strides2,
        input1_offset=-zero_point1,
        input2_offset=-zero_point2,
        output_offset=output_zero_point,
        output_multiplier=multiplier.significand,
        output_shift=multiplier.shift,
        activation_min=low,
        activation_max=high,
    )
    opcode = Opcode.MUL_S8 if first.dtype is DType.INT8 else Opcode.MUL_S16
    return binary_step(ctx, opcode, output, first, second, params)


def lower_maximum(ctx: Context) -> Step:
    """int8, int16 and int32; compares stored values, whatever their scales, as TFLM does."""
    return _extremum(ctx, is_maximum=True)


def lower_minimum(ctx: Context) -> Step:
    """As MAXIMUM."""
    return _extremum(ctx, is_maximum=False)


def _extremum(ctx: Context, *, is_maximum: bool) -> Step:
    ctx.count((2,))
    first, second, output = ctx.input(0), ctx.input(1), ctx.output()
    ctx.typed(first, DType.INT8, DType.INT16, DType.INT32)
    ctx.typed(second, first.dtype)
    ctx.typed(output, first.dtype)
    loops = broadcast_loops(ctx, first, second, output)
    params = MaximumMinimumParams(
        dims=loops.dims,
        input1_strides=loops.strides1,
        input2_strides=loops.strides2,
        dtype=DTYPE_CODES[first.dtype],
        is_maximum=int(is_maximum),
    )
    return binary_step(ctx, Opcode.MAXIMUM_MINIMUM, output, first, second, params)
