"""SOFTMAX, int8 -> int8 or int16."""

from __future__ import annotations

import math

import numpy as np

from harness.engines.plan.graph import DType
from harness.engines.plan.lower.context import Context, tensor_operand
from harness.engines.plan.opcodes import Opcode, SoftmaxParams
from harness.engines.plan.program import Step
from harness.engines.plan.quantize import MultiplierRangeError, softmax_multiplier

# The sum of exponentials has 12 integer bits, and each is at most 1.
MAX_DEPTH = 4095


def lower_softmax(ctx: Context) -> Step:
    """Over the last dimension; the output has the lowest zero point and scale 2^-8 or 2^-16."""
    ctx.count((1,))
    source, output = ctx.input(0), ctx.output()
    ctx.typed(source, DType.INT8)
    ctx.typed(output, DType.INT8, DType.INT16)
    ctx.require(len(source.shape) >= 1, "a scalar has no softmax", source)
    ctx.shaped(output, source.shape)
    depth = source.shape[-1]
    ctx.require(depth <= MAX_DEPTH, f"rows of {depth} are longer than {MAX_DEPTH}", source)

    wide = output.dtype is DType.INT16
    output_scale, output_zero_point = ctx.quantized(output)
    required_scale, required_zero_point = (2.0**-16, -32768) if wide else (2.0**-8, -128)
    tolerance = 0.001 * required_scale if wide else 0.0
    ctx.require(
        abs(float(output_scale) - required_scale) <= tolerance
        and output_zero_point == required_zero_point,
        f"scale {output_scale} and zero point {output_zero_point} "
        f"instead of {required_scale} and {required_zero_point}",
        output,
    )
    beta = ctx.option_float("beta")
    ctx.require(
        math.isfinite(beta) and beta > 0,
        f"beta is {beta}, not a positive number",
    )
    input_scale, _ = ctx.quantized(source)
    try:
        multiplier, diff_min = softmax_multiplier(float(np.float32(beta)), float(input_scale))
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
