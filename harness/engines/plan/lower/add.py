"""ADD and SUB: int8 and int16 with a scale each, plain int32."""

from __future__ import annotations

from harness.engines.plan.graph import DType
from harness.engines.plan.lower.arithmetic import lower_int32
from harness.engines.plan.lower.broadcast import binary_step, broadcast_loops
from harness.engines.plan.lower.context import Context
from harness.engines.plan.opcodes import Arithmetic, Opcode
from harness.engines.plan.params import AddParams
from harness.engines.plan.program import Step
from harness.engines.plan.quantize import (
    Multiplier,
    MultiplierRangeError,
    quantize_multiplier_below_one,
)

_LEFT_SHIFTS = {DType.INT8: 20, DType.INT16: 15}
_OPCODES = {
    (Arithmetic.ADD, DType.INT8): Opcode.ADD_S8,
    (Arithmetic.ADD, DType.INT16): Opcode.ADD_S16,
    (Arithmetic.SUB, DType.INT8): Opcode.SUB_S8,
    (Arithmetic.SUB, DType.INT16): Opcode.SUB_S16,
}


def lower_add(ctx: Context) -> Step:
    """The inputs broadcast as in NumPy; the activation does not apply to int32."""
    return _lower(ctx, Arithmetic.ADD)


def lower_sub(ctx: Context) -> Step:
    """Input 1 minus input 2, otherwise as ADD."""
    return _lower(ctx, Arithmetic.SUB)


def _lower(ctx: Context, operation: Arithmetic) -> Step:
    ctx.count((2,))
    first, second, output = ctx.input(0), ctx.input(1), ctx.output()
    ctx.typed(first, DType.INT8, DType.INT16, DType.INT32)
    ctx.typed(second, first.dtype)
    ctx.typed(output, first.dtype)
    if first.dtype is DType.INT32:
        return lower_int32(ctx, operation)
    loops = broadcast_loops(ctx, first, second, output)
    scale1, zero_point1 = ctx.quantized(first)
    scale2, zero_point2 = ctx.quantized(second)
    output_scale, output_zero_point = ctx.quantized(output)
    low, high = ctx.fused_activation(output)

    # Both inputs are brought to twice the larger scale, some bits up (micro/kernels/add_common.cc).
    left_shift = _LEFT_SHIFTS[first.dtype]
    common = 2 * float(max(scale1, scale2))
    multiplier1 = _below_one(ctx, float(scale1) / common)
    multiplier2 = _below_one(ctx, float(scale2) / common)
    output_multiplier = _below_one(ctx, common / ((1 << left_shift) * float(output_scale)))
    params = AddParams(
        dims=loops.dims,
        input1_strides=loops.strides1,
        input2_strides=loops.strides2,
        left_shift=left_shift,
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
    return binary_step(ctx, _OPCODES[operation, first.dtype], output, first, second, params)


def _below_one(ctx: Context, real: float) -> Multiplier:
    try:
        return quantize_multiplier_below_one(real)
    except MultiplierRangeError as error:
        ctx.refuse(str(error))
