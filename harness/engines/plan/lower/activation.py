"""RELU and RELU6 as operators of their own, int8."""

from __future__ import annotations

from harness.engines.plan.graph import DType, Tensor
from harness.engines.plan.lower.context import Context, tensor_operand
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import ReluParams
from harness.engines.plan.program import Step
from harness.engines.plan.quantize import Multiplier, MultiplierRangeError, quantize_real


def lower_relu(ctx: Context) -> Step:
    """Input and output of one shape, each with its own quantisation."""
    source, output = _tensors(ctx)
    input_scale, _ = ctx.quantized(source)
    output_scale, output_zero_point = ctx.quantized(output)
    # TFLM's source divides in float32, its published build in float64 (tests/operators/
    # test_precision); the oracle is the build.
    multiplier = ctx.multiplier(float(input_scale) / float(output_scale))
    return _step(ctx, source, output, multiplier, (output_zero_point, 127))


def lower_relu6(ctx: Context) -> Step:
    """Input and output of one shape and one quantisation (TFLM bounds, it does not rescale)."""
    source, output = _tensors(ctx)
    scale, zero_point = ctx.quantized(source)
    ctx.require(
        ctx.quantized(output) == (scale, zero_point), "input and output are quantised differently"
    )
    try:
        six = quantize_real(6.0, scale, zero_point)
    except MultiplierRangeError as error:
        ctx.refuse(str(error), source)
    identity = Multiplier(1 << 30, 1)
    return _step(ctx, source, output, identity, (zero_point, min(six, 127)))


def _tensors(ctx: Context) -> tuple[Tensor, Tensor]:
    ctx.count((1,))
    source, output = ctx.input(0), ctx.output()
    ctx.typed(source, DType.INT8)
    ctx.typed(output, DType.INT8)
    ctx.shaped(output, source.shape)
    return source, output


def _step(
    ctx: Context, source: Tensor, output: Tensor, multiplier: Multiplier, bounds: tuple[int, int]
) -> Step:
    _, input_zero_point = ctx.quantized(source)
    _, output_zero_point = ctx.quantized(output)
    params = ReluParams(
        elements=source.elements,
        input_offset=-input_zero_point,
        output_multiplier=multiplier.significand,
        output_shift=multiplier.shift,
        output_offset=output_zero_point,
        activation_min=bounds[0],
        activation_max=bounds[1],
    )
    return ctx.step(
        Opcode.RELU_S8, (tensor_operand(output), tensor_operand(source)), params, in_place=((0, 1),)
    )
