"""QUANTIZE (from float32, or between integer types) and DEQUANTIZE."""

from __future__ import annotations

from harness.engines.plan.graph import DType, Tensor
from harness.engines.plan.lower.context import DTYPE_CODES, Context, tensor_operand
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import DequantizeParams, QuantizeParams, RequantizeParams
from harness.engines.plan.program import Step

# The pairs of micro/kernels/quantize_common.cc.
_REQUANTIZE_PAIRS = frozenset(
    {
        (DType.INT8, DType.INT8),
        (DType.INT8, DType.UINT8),
        (DType.INT8, DType.INT16),
        (DType.INT8, DType.INT32),
        (DType.UINT8, DType.INT8),
        (DType.INT16, DType.INT8),
        (DType.INT16, DType.INT16),
        (DType.INT16, DType.INT32),
        (DType.INT32, DType.INT8),
        (DType.INT32, DType.INT16),
    }
)


def lower_quantize(ctx: Context) -> Step:
    """float32 -> int8 or int16, or any pair of _REQUANTIZE_PAIRS."""
    ctx.count((1,))
    source, output = ctx.input(0), ctx.output()
    ctx.shaped(output, source.shape)
    if source.dtype is DType.FLOAT32:
        return _quantize(ctx, source, output)
    ctx.require(
        (source.dtype, output.dtype) in _REQUANTIZE_PAIRS,
        f"from {source.dtype.value} to {output.dtype.value} is not supported",
    )
    input_scale, input_zero_point = ctx.quantized(source)
    output_scale, output_zero_point = ctx.quantized(output)
    multiplier = ctx.multiplier(float(input_scale) / float(output_scale))
    params = RequantizeParams(
        elements=source.elements,
        input_dtype=DTYPE_CODES[source.dtype],
        output_dtype=DTYPE_CODES[output.dtype],
        input_offset=_negated(ctx, source, input_zero_point),
        output_multiplier=multiplier.significand,
        output_shift=multiplier.shift,
        output_offset=output_zero_point,
    )
    same_size = source.dtype.size_bytes == output.dtype.size_bytes
    return ctx.step(
        Opcode.REQUANTIZE,
        (tensor_operand(output), tensor_operand(source)),
        params,
        in_place=((0, 1),) if same_size else (),
    )


def lower_dequantize(ctx: Context) -> Step:
    """int8, uint8 or int16 -> float32."""
    ctx.count((1,))
    source, output = ctx.input(0), ctx.output()
    ctx.typed(source, DType.INT8, DType.UINT8, DType.INT16)
    ctx.typed(output, DType.FLOAT32)
    ctx.shaped(output, source.shape)
    scale, zero_point = ctx.quantized(source)
    params = DequantizeParams(
        elements=source.elements,
        input_dtype=DTYPE_CODES[source.dtype],
        zero_point=zero_point,
        scale=float(scale),
    )
    return ctx.step(Opcode.DEQUANTIZE, (tensor_operand(output), tensor_operand(source)), params)


def _quantize(ctx: Context, source: Tensor, output: Tensor) -> Step:
    ctx.typed(output, DType.INT8, DType.INT16)
    scale, zero_point = ctx.quantized(output)
    params = QuantizeParams(
        elements=source.elements,
        output_dtype=DTYPE_CODES[output.dtype],
        zero_point=zero_point,
        scale=float(scale),
    )
    return ctx.step(Opcode.QUANTIZE, (tensor_operand(output), tensor_operand(source)), params)


def _negated(ctx: Context, tensor: Tensor, zero_point: int) -> int:
    ctx.require(zero_point > -(2**31), f"the zero point {zero_point} is out of range", tensor)
    return -zero_point
