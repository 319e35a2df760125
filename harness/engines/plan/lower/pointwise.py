"""LOGISTIC, TANH, HARD_SWISH, ELU, LEAKY_RELU and PRELU.

A function of one int8 becomes a table, computed here.
"""

from __future__ import annotations

import math

import numpy as np

from harness.engines.plan import tables
from harness.engines.plan.graph import DType, Tensor
from harness.engines.plan.lower.broadcast import binary_step, broadcast_loops
from harness.engines.plan.lower.context import DTYPE_CODES, Context, tensor_operand
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import (
    LeakyReluS16Params,
    LookupParams,
    PreluParams,
    SigmoidS16Params,
)
from harness.engines.plan.program import ConstOperand, Step
from harness.engines.plan.quantize import Multiplier, MultiplierRangeError

_INT16_SCALE = 2.0**-15


def lower_logistic(ctx: Context) -> Step:
    """int8 (output 2^-8, zero point -128) and int16 (output 2^-15, all zero points 0)."""
    source, output = _tensors(ctx, DType.INT8, DType.INT16)
    scale, zero_point = ctx.quantized(source)
    if source.dtype is DType.INT16:
        return _sigmoid_s16(ctx, Opcode.LOGISTIC_S16, source, output, powers=(0,))
    _fixed(ctx, output, 2.0**-8, -128)
    try:
        return _lookup(ctx, source, output, tables.logistic_table(scale, zero_point))
    except MultiplierRangeError as error:
        ctx.refuse(str(error), source)


def lower_tanh(ctx: Context) -> Step:
    """int8 (output 2^-7, zero point 0) and int16 (output 2^-15, all zero points 0)."""
    source, output = _tensors(ctx, DType.INT8, DType.INT16)
    scale, zero_point = ctx.quantized(source)
    if source.dtype is DType.INT16:
        return _sigmoid_s16(ctx, Opcode.TANH_S16, source, output, powers=(0, 1))
    _fixed(ctx, output, 2.0**-7, 0)
    try:
        return _lookup(ctx, source, output, tables.tanh_table(scale, zero_point))
    except MultiplierRangeError as error:
        ctx.refuse(str(error), source)


def lower_hard_swish(ctx: Context) -> Step:
    """int8."""
    source, output = _tensors(ctx, DType.INT8)
    try:
        table = tables.hard_swish_table(*ctx.quantized(source), *ctx.quantized(output))
    except MultiplierRangeError as error:
        ctx.refuse(str(error))
    return _lookup(ctx, source, output, table)


def lower_elu(ctx: Context) -> Step:
    """int8."""
    source, output = _tensors(ctx, DType.INT8)
    try:
        table = tables.elu_table(*ctx.quantized(source), *ctx.quantized(output))
    except MultiplierRangeError as error:
        ctx.refuse(str(error))
    return _lookup(ctx, source, output, table)


def lower_leaky_relu(ctx: Context) -> Step:
    """int8 and int16."""
    source, output = _tensors(ctx, DType.INT8, DType.INT16)
    input_scale, input_zero_point = ctx.quantized(source)
    output_scale, output_zero_point = ctx.quantized(output)
    alpha = np.float32(ctx.option_float("alpha"))
    ctx.require(math.isfinite(alpha), f"alpha is {alpha}")
    with np.errstate(over="ignore"):
        slope_factor = float(input_scale) * float(alpha) / float(output_scale)
        identity = ctx.multiplier(float(input_scale) / float(output_scale))
    slope = ctx.multiplier(abs(slope_factor))
    if source.dtype is DType.INT8:
        sign = -1 if slope_factor < 0 else 1
        table = tables.leaky_relu_table(identity, slope, sign, input_zero_point, output_zero_point)
        return _lookup(ctx, source, output, table)
    params = LeakyReluS16Params(
        elements=source.elements,
        input_offset=-input_zero_point,
        output_offset=output_zero_point,
        identity_multiplier=identity.significand,
        identity_shift=identity.shift,
        alpha_multiplier=slope.significand,
        alpha_shift=slope.shift,
        alpha_is_negative=int(slope_factor < 0),
    )
    operands = (tensor_operand(output), tensor_operand(source))
    return ctx.step(Opcode.LEAKY_RELU_S16, operands, params, in_place=((0, 1),))


def lower_prelu(ctx: Context) -> Step:
    """int8 and int16; the slopes (input 1) are int8 and broadcast."""
    ctx.count((2,))
    source, slopes, output = ctx.input(0), ctx.input(1), ctx.output()
    ctx.typed(source, DType.INT8, DType.INT16)
    ctx.typed(output, source.dtype)
    ctx.typed(slopes, DType.INT8)
    loops = broadcast_loops(ctx, source, slopes, output)
    input_scale, input_zero_point = ctx.quantized(source)
    slope_scale, slope_zero_point = ctx.quantized(slopes)
    output_scale, output_zero_point = ctx.quantized(output)
    identity = ctx.multiplier(float(input_scale) / float(output_scale))
    slope = ctx.multiplier(float(input_scale) * float(slope_scale) / float(output_scale))
    params = PreluParams(
        dims=loops.dims,
        input1_strides=loops.strides1,
        input2_strides=loops.strides2,
        dtype=DTYPE_CODES[source.dtype],
        input_offset=-input_zero_point,
        slope_offset=-slope_zero_point,
        output_offset=output_zero_point,
        identity_multiplier=identity.significand,
        identity_shift=identity.shift,
        slope_multiplier=slope.significand,
        slope_shift=slope.shift,
    )
    return binary_step(ctx, Opcode.PRELU, output, source, slopes, params)


def _tensors(ctx: Context, *dtypes: DType) -> tuple[Tensor, Tensor]:
    ctx.count((1,))
    source, output = ctx.input(0), ctx.output()
    ctx.typed(source, *dtypes)
    ctx.typed(output, source.dtype)
    ctx.shaped(output, source.shape)
    return source, output


def _fixed(ctx: Context, tensor: Tensor, scale: float, zero_point: int) -> None:
    """Refuse unless the tensor is quantised like this: kernels take it for granted."""
    found = ctx.quantized(tensor)
    ctx.require(
        abs(float(found[0]) - scale) <= 0.001 * scale and found[1] == zero_point,
        f"scale {found[0]} and zero point {found[1]} instead of {scale} and {zero_point}",
        tensor,
    )


def _lookup(ctx: Context, source: Tensor, output: Tensor, table: tables.Table) -> Step:
    operands = (tensor_operand(output), tensor_operand(source), ConstOperand(table))
    params = LookupParams(elements=source.elements)
    return ctx.step(Opcode.LOOKUP_S8, operands, params, in_place=((0, 1),))


def _sigmoid_s16(
    ctx: Context, opcode: Opcode, source: Tensor, output: Tensor, powers: tuple[int, ...]
) -> Step:
    """`powers`: inputs of scale 2^(power - 12) are shifted instead of multiplied."""
    scale, zero_point = ctx.quantized(source)
    ctx.require(zero_point == 0, f"int16 with the zero point {zero_point}", source)
    _fixed(ctx, output, _INT16_SCALE, 0)
    factor = _input_factor(ctx, source, float(scale), powers)
    params = SigmoidS16Params(
        elements=source.elements,
        input_multiplier=factor.significand,
        input_right_shift=factor.shift,
    )
    operands = (
        tensor_operand(output),
        tensor_operand(source),
        ConstOperand(tables.sigmoid_table()),
    )
    return ctx.step(opcode, operands, params, in_place=((0, 1),))


def _input_factor(
    ctx: Context, source: Tensor, scale: float, powers: tuple[int, ...]
) -> Multiplier:
    """significand * 2^-shift brings the input to steps of 1/(3 * 2^12) (micro/kernels/tanh.cc)."""
    # `CheckedLog2` takes a scale for a power of two where its logarithm is within 0.001 of one.
    log2 = math.log2(scale)
    power = 12 + round(log2)
    if abs(log2 - round(log2)) < 1e-3 and power in powers:
        return Multiplier(3 << power, 0)
    real, shift = scale * 4096 * 3, 0
    while real <= 32767 / 2 and shift <= 30:
        real, shift = real * 2, shift + 1
    ctx.require(real < 32768, f"the scale {scale} is too large", source)
    return Multiplier(int(real), shift)
