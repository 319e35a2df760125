"""FULLY_CONNECTED, int8 or int16 with int8 weights."""

from __future__ import annotations

from harness.engines.plan.graph import DType, Tensor
from harness.engines.plan.lower.context import Context
from harness.engines.plan.lower.weights import (
    Weights,
    accumulator_bits,
    activation_pair,
    channel_multipliers,
    check_accumulator,
    check_wide_accumulator,
    read_weights,
    symmetric,
    weighted_operands,
)
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import FullyConnectedParams
from harness.engines.plan.program import Step

# How far the bias's scale may be off, in output steps (GetQuantizedConvolutionMultipler).
MAX_BIAS_SCALE_ERROR = 0.02


def lower_fully_connected(ctx: Context) -> Step:
    """Input of any shape that holds rows of I elements, filter (O, I), bias (O,).

    The filter is int8, quantised per tensor, with any zero point, or along dimension 0; the bias
    int32, or int64 for int16 activations, which then have 64-bit accumulators.
    """
    ctx.count((2, 3))
    source, output = ctx.input(0), ctx.output()
    wide = activation_pair(ctx, source, output)
    ctx.option_str("weights_format", ("DEFAULT",))
    bias_types = (DType.INT32, DType.INT64) if wide else (DType.INT32,)
    weights = read_weights(ctx, rank=2, channel_axis=0, bias_types=bias_types)
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
    filter_quant = ctx.quantization(weights.filter)
    if filter_quant.per_channel:
        symmetric(ctx, weights.filter)
    else:
        _check_bias_scale(ctx, weights, source, output)
    filter_zero_point = int(filter_quant.zero_points[0])
    # The source of GetQuantizedConvolutionMultipler rounds the product of the scales to float32
    # when there is one scale; TFLM and LiteRT as published do not (tests/operators/test_precision).
    bits = accumulator_bits(ctx, weights, wide=wide)
    multipliers, shifts = channel_multipliers(
        ctx, weights, output_depth, source, output, accumulator_bits=bits
    )
    if wide:
        check_wide_accumulator(ctx, weights, 0, filter_zero_point)
    else:
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
        accumulator_bits=bits,
    )
    return ctx.step(
        Opcode.FULLY_CONNECTED_S16 if wide else Opcode.FULLY_CONNECTED_S8,
        weighted_operands(output, source, weights, multipliers, shifts),
        params,
        macs=output.elements * input_depth,
    )


def _check_bias_scale(ctx: Context, weights: Weights, source: Tensor, output: Tensor) -> None:
    """TensorFlow Lite's own condition, which it sets for filters quantised per tensor only."""
    if weights.bias is None:
        return
    input_scale, _ = ctx.quantized(source)
    output_scale, _ = ctx.quantized(output)
    filter_scale = float(ctx.quantization(weights.filter).scales[0])
    quant = weights.bias.quant
    bias_scale = float(quant.scales[0]) if quant is not None and len(quant.scales) else 0.0
    error = abs(float(input_scale) * filter_scale - bias_scale) / float(output_scale)
    ctx.require(
        error <= MAX_BIAS_SCALE_ERROR,
        f"the scale {bias_scale} is not the product of the input's and the filter's",
        weights.bias,
    )
