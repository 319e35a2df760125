"""FULLY_CONNECTED, int8."""

from __future__ import annotations

import numpy as np

from harness.engines.plan.graph import DType, Tensor
from harness.engines.plan.lower.context import Context, optional_operand, tensor_operand
from harness.engines.plan.lower.weights import (
    Weights,
    channel_multipliers,
    check_accumulator,
    multiplier_operands,
    read_weights,
    symmetric,
)
from harness.engines.plan.opcodes import FullyConnectedParams, Opcode
from harness.engines.plan.program import ConstOperand, Step

# How far the bias's scale may be off, in output steps (GetQuantizedConvolutionMultipler).
MAX_BIAS_SCALE_ERROR = 0.02


def lower_fully_connected(ctx: Context) -> Step:
    """Input of any shape that holds rows of I elements, filter (O, I), bias int32 (O,).

    The filter is quantised per tensor, with any zero point, or along dimension 0.
    """
    ctx.count((2, 3))
    source, output = ctx.input(0), ctx.output()
    ctx.typed(source, DType.INT8)
    ctx.typed(output, DType.INT8)
    ctx.option_str("weights_format", ("DEFAULT",))
    weights = read_weights(ctx, rank=2, channel_axis=0)
    output_depth, input_depth = weights.filter.shape
    ctx.require(
        source.elements % input_depth == 0,
        f"{source.elements} elements are not rows of {input_depth}",
        source,
    )
    batches = source.elements // input_depth
    if ctx.option_bool("keep_num_dims"):
        ctx.require(
            source.shape[-1:] == (input_depth,), f"the last dimension is not {input_depth}", source
        )
        ctx.shaped(output, (*source.shape[:-1], output_depth))
    ctx.require(
        output.shape[-1:] == (output_depth,) and output.elements == batches * output_depth,
        f"shape {output.shape} is not {batches} rows of {output_depth}",
        output,
    )
    _, input_zero_point = ctx.quantized(source)
    _, output_zero_point = ctx.quantized(output)
    low, high = ctx.fused_activation(output)
    if ctx.quantization(weights.filter).per_channel:
        symmetric(ctx, weights.filter)
        filter_zero_point = 0
        multipliers, shifts = channel_multipliers(ctx, weights, output_depth, source, output)
    else:
        filter_zero_point = int(ctx.quantization(weights.filter).zero_points[0])
        multipliers, shifts = _tensor_multiplier(ctx, weights, output_depth, source, output)
    check_accumulator(ctx, weights, 0, input_zero_point, filter_zero_point)
    params = FullyConnectedParams(
        batches=batches,
        input_depth=input_depth,
        output_depth=output_depth,
        input_offset=-input_zero_point,
        filter_offset=-filter_zero_point,
        output_offset=output_zero_point,
        activation_min=low,
        activation_max=high,
    )
    return ctx.step(
        Opcode.FULLY_CONNECTED_S8,
        (
            tensor_operand(output),
            tensor_operand(source),
            tensor_operand(weights.filter),
            optional_operand(weights.bias),
            multipliers,
            shifts,
        ),
        params,
        macs=output.elements * input_depth,
    )


def _tensor_multiplier(
    ctx: Context, weights: Weights, channels: int, source: Tensor, output: Tensor
) -> tuple[ConstOperand, ConstOperand]:
    """The scales' product is rounded to float32 here (`GetQuantizedConvolutionMultipler`)."""
    input_scale, _ = ctx.quantized(source)
    output_scale, _ = ctx.quantized(output)
    filter_scale = np.float32(ctx.quantization(weights.filter).scales[0])
    if weights.bias is not None:
        quant = weights.bias.quant
        bias_scale = float(quant.scales[0]) if quant is not None and len(quant.scales) else 0.0
        error = abs(float(input_scale) * float(filter_scale) - bias_scale) / float(output_scale)
        ctx.require(
            error <= MAX_BIAS_SCALE_ERROR,
            f"the scale {bias_scale} is not the product of the input's and the filter's",
            weights.bias,
        )
    real = float(input_scale) * float(filter_scale) / float(output_scale)
    return multiplier_operands([ctx.multiplier(real)], channels)
