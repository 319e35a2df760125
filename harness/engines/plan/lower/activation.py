"""RELU and RELU6 as operators of their own, int8 and int16."""

from __future__ import annotations

from harness.engines.plan.graph import DType, Tensor
from harness.engines.plan.lower.context import Context, tensor_operand
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import ReluParams
from harness.engines.plan.program import Step
from harness.engines.plan.quantize import (
    INTEGER_RANGES,
    Multiplier,
    MultiplierRangeError,
    quantize_real,
)


def lower_relu(ctx: Context) -> Step:
    """Input and output of one shape, each with its own quantisation; int16 with zero points 0."""
    source, output = _tensors(ctx)
    if source.dtype is DType.INT16:
        ctx.symmetric_int16(source)
        ctx.symmetric_int16(output)
    input_scale, _ = ctx.quantized(source)
    output_scale, output_zero_point = ctx.quantized(output)
    # TFLM's source divides in float32, its published build in float64 (tests/operators/
    # test_precision); the oracle is the build.
    multiplier = ctx.multiplier(float(input_scale) / float(output_scale))
    return _step(ctx, source, output, multiplier, output_zero_point, output_zero_point)


def lower_relu6(ctx: Context) -> Step:
    """TFLM bounds by the input's scale and does not rescale, whatever the output's is."""
    source, output = _tensors(ctx)
    scale, zero_point = ctx.quantized(source)
    try:
        six = quantize_real(6.0, scale, zero_point)
    except MultiplierRangeError as error:
        ctx.refuse(str(error), source)
    identity = Multiplier(1 << 30, 1)
    return _step(ctx, source, output, identity, zero_point, zero_point, six)


def _tensors(ctx: Context) -> tuple[Tensor, Tensor]:
    ctx.count((1,))
    source, output = ctx.input(0), ctx.output()
    ctx.typed(source, DType.INT8, DType.INT16)
    ctx.typed(output, source.dtype)
    ctx.shaped(output, source.shape)
    return source, output


def _step(
    ctx: Context,
    source: Tensor,
    output: Tensor,
    multiplier: Multiplier,
    offset: int,
    low: int,
    high: int | None = None,
) -> Step:
    """`offset`: added after rescaling; `low` and `high` bound the sum, besides the type."""
    _, input_zero_point = ctx.quantized(source)
    least, most = INTEGER_RANGES[output.dtype.value]
    params = ReluParams(
        elements=source.elements,
        input_offset=-input_zero_point,
        output_multiplier=multiplier.significand,
        output_shift=multiplier.shift,
        output_offset=offset,
        activation_min=max(low, least),
        activation_max=most if high is None else min(high, most),
    )
    opcode = Opcode.RELU_S8 if source.dtype is DType.INT8 else Opcode.RELU_S16
    operands = (tensor_operand(output), tensor_operand(source))
    return ctx.step(opcode, operands, params, in_place=((0, 1),))
