"""SOFTMAX, int8 -> int8 or int16, and int16 -> int16."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from harness.engines.plan.graph import DType, Tensor
from harness.engines.plan.lookup import lookup_table
from harness.engines.plan.lower.context import Context, tensor_operand
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import SoftmaxParams, SoftmaxS16Params
from harness.engines.plan.program import ConstOperand, Step
from harness.engines.plan.quantize import MultiplierRangeError, softmax_multiplier

# The sum of exponentials has 12 integer bits, and each is at most 1.
MAX_DEPTH = 4095
# In int16 it has 16 integer bits.
MAX_DEPTH_INT16 = 65535


def lower_softmax(ctx: Context) -> Step:
    """Over the last dimension.

    From int8 the output has the lowest zero point and scale 2^-8 or 2^-16; int16 has zero point 0,
    its output scale 2^-15.
    """
    ctx.count((1,))
    source, output = ctx.input(0), ctx.output()
    ctx.typed(source, DType.INT8, DType.INT16)
    ctx.typed(output, DType.INT16, *((source.dtype,) if source.dtype is DType.INT8 else ()))
    ctx.require(len(source.shape) >= 1, "a scalar has no softmax", source)
    ctx.shaped(output, source.shape)
    if source.dtype is DType.INT16:
        return _lower_int16(ctx, source, output)
    depth = source.shape[-1]
    ctx.require(depth <= MAX_DEPTH, f"rows of {depth} are longer than {MAX_DEPTH}", source)

    wide = output.dtype is DType.INT16
    required_scale, required_zero_point = (2.0**-16, -32768) if wide else (2.0**-8, -128)
    _check_output(ctx, output, required_scale, required_zero_point, 0.001 if wide else 0.0)
    beta = _beta(ctx)
    input_scale, _ = ctx.quantized(source)
    try:
        multiplier, diff_min = softmax_multiplier(beta, float(input_scale))
    except MultiplierRangeError as error:
        ctx.refuse(str(error), source)
    params = SoftmaxParams(
        rows=source.elements // depth,
        depth=depth,
        input_multiplier=multiplier.significand,
        input_left_shift=multiplier.shift,
        diff_min=diff_min,
    )
    return ctx.step(
        Opcode.SOFTMAX_S8_S16 if wide else Opcode.SOFTMAX_S8,
        (tensor_operand(output), tensor_operand(source)),
        params,
        in_place=() if wide else ((0, 1),),
    )


def _check_output(
    ctx: Context, output: Tensor, scale: float, zero_point: int, tolerance: float
) -> None:
    """Refuse unless the output is quantised so, its scale within `tolerance` of the demanded one."""
    output_scale, output_zero_point = ctx.quantized(output)
    ctx.require(
        abs(float(output_scale) - scale) <= tolerance * scale and output_zero_point == zero_point,
        f"scale {output_scale} and zero point {output_zero_point} "
        f"instead of {scale} and {zero_point}",
        output,
    )


def _beta(ctx: Context) -> float:
    beta = ctx.option_float("beta")
    ctx.require(
        math.isfinite(beta) and beta > 0,
        f"beta is {beta}, not a positive number",
    )
    return float(np.float32(beta))


def _lower_int16(ctx: Context, source: Tensor, output: Tensor) -> Step:
    depth = source.shape[-1]
    ctx.require(
        depth <= MAX_DEPTH_INT16, f"rows of {depth} are longer than {MAX_DEPTH_INT16}", source
    )
    _check_output(ctx, output, 2.0**-15, 0, 0.001)
    input_scale, input_zero_point = ctx.quantized(source)
    ctx.require(input_zero_point == 0, "the zero point of int16 is not 0", source)
    # Differences of [-65535, 0] steps of this size are [-10, 0], where exp is tabulated.
    multiplier = ctx.multiplier(float(input_scale) * _beta(ctx) / (10.0 / 65535.0))
    params = SoftmaxS16Params(
        rows=source.elements // depth,
        depth=depth,
        input_multiplier=multiplier.significand,
        input_shift=multiplier.shift,
    )
    return ctx.step(
        Opcode.SOFTMAX_S16,
        (tensor_operand(output), tensor_operand(source), *_tables()),
        params,
        in_place=((0, 1),),
    )


@cache
def _tables() -> tuple[ConstOperand, ConstOperand]:
    """exp over [-10, 0] and 1 / (1 + x) over [0, 1]."""
    output_step = np.float32(2.0 / 65535)
    return (
        ConstOperand(lookup_table(math.exp, np.float32(10 / 65535), 32767, output_step)),
        ConstOperand(lookup_table(_reciprocal, np.float32(1 / 65535), -32768, output_step)),
    )


def _reciprocal(x: float) -> float:
    return 1 / (1 + x)
