"""ADD and SUB: int8 and int16 with a scale each, plain int32."""

from __future__ import annotations

from dataclasses import dataclass

from harness.engines.plan.graph import DType, Tensor
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
    _, zero_point1 = ctx.quantized(first)
    _, zero_point2 = ctx.quantized(second)
    _, output_zero_point = ctx.quantized(output)
    low, high = ctx.fused_activation(output)

    factors = addition_factors(ctx, first, second, output)
    params = AddParams(
        dims=loops.dims,
        input1_strides=loops.strides1,
        input2_strides=loops.strides2,
        left_shift=factors.left_shift,
        input1_offset=-zero_point1,
        input1_multiplier=factors.input1.significand,
        input1_shift=factors.input1.shift,
        input2_offset=-zero_point2,
        input2_multiplier=factors.input2.significand,
        input2_shift=factors.input2.shift,
        output_offset=output_zero_point,
        output_multiplier=factors.output.significand,
        output_shift=factors.output.shift,
        activation_min=low,
        activation_max=high,
    )
    return binary_step(ctx, _OPCODES[operation, first.dtype], output, first, second, params)


@dataclass(frozen=True)
class AdditionFactors:
    """How inputs, some bits up, are brought to a common scale, and their sum to the output's."""

    left_shift: int
    input1: Multiplier
    input2: Multiplier
    output: Multiplier


def addition_factors(
    ctx: Context, first: Tensor, second: Tensor, output: Tensor
) -> AdditionFactors:
    """The common scale is twice the larger one (micro/kernels/add_common.cc).

    Raises:
        UnsupportedModelError: a factor is not between 0 and 1.
    """
    scale1, scale2, output_scale = (ctx.quantized(t)[0] for t in (first, second, output))
    left_shift = _LEFT_SHIFTS[first.dtype]
    common = 2 * float(max(scale1, scale2))
    return AdditionFactors(
        left_shift,
        _below_one(ctx, float(scale1) / common),
        _below_one(ctx, float(scale2) / common),
        _below_one(ctx, common / ((1 << left_shift) * float(output_scale))),
    )


def _below_one(ctx: Context, real: float) -> Multiplier:
    try:
        return quantize_multiplier_below_one(real)
    except MultiplierRangeError as error:
        ctx.refuse(str(error))
