"""SVDF: int8 with int8 or int16 state."""

from __future__ import annotations

from harness.engines.plan.graph import DType, Tensor
from harness.engines.plan.lower.context import Context, optional_operand, tensor_operand
from harness.engines.plan.lower.weights import Weights, check_accumulator
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import SvdfParams
from harness.engines.plan.program import Step

# The bias's scale may differ by this from state times time weights (micro/kernels/svdf_common.cc).
MAX_BIAS_SCALE_ERROR = 1e-5


def lower_svdf(ctx: Context) -> Step:
    """Inputs: (B, I), feature weights (F, I), time weights (F, M), bias (U,), state (B, F * M).

    F = U * rank. Weights are constants, the state is a variable with the time weights' type. As in
    TFLM, the fused activation has no effect: the output's bounds are those of int8.
    """
    ctx.count((5,))
    source, output = ctx.input(0), ctx.output()
    features, times, state = ctx.input(1), ctx.input(2), ctx.input(4)
    bias = ctx.optional_input(3)
    for tensor in (source, output, features):
        ctx.typed(tensor, DType.INT8)
    ctx.typed(times, DType.INT8, DType.INT16)
    ctx.typed(state, times.dtype)
    ctx.require(state.state is not None, "must be a variable", state)
    ctx.require(source.state is None, "is a variable itself", source)
    ctx.option_str("fused_activation_function", ("NONE", "RELU", "RELU6", "RELU_N1_TO_1"))
    rank = ctx.option_int("rank")
    for tensor in (source, features, times):
        ctx.ranked(tensor, 2)
    batches, input_depth = source.shape
    filters, memory = times.shape
    ctx.require(filters % rank == 0, f"{filters} filters are not units of {rank}", times)
    units = filters // rank
    ctx.shaped(features, (filters, input_depth))
    ctx.shaped(state, (batches, filters * memory))
    ctx.shaped(output, (batches, units))
    _, input_zero_point = ctx.quantized(source)
    for tensor in (features, times):
        ctx.constant(tensor)
        _, zero_point = ctx.quantized(tensor)
        ctx.require(zero_point == 0, "the zero point of weights is not 0", tensor)
    check_accumulator(ctx, Weights(features, None), 0, input_zero_point, 0)
    _check_bias(ctx, bias, units, times, state)
    _, state_zero_point = ctx.quantized(state)
    _, output_zero_point = ctx.quantized(output)
    to_state = ctx.multiplier(_effective_scale(ctx, source, features, state))
    to_output = ctx.multiplier(_effective_scale(ctx, state, times, output))
    params = SvdfParams(
        batches=batches,
        input_depth=input_depth,
        units=units,
        rank=rank,
        memory=memory,
        input_offset=-input_zero_point,
        state_multiplier=to_state.significand,
        state_shift=to_state.shift,
        state_offset=state_zero_point,
        output_multiplier=to_output.significand,
        output_shift=to_output.shift,
        output_offset=output_zero_point,
    )
    return ctx.step(
        Opcode.SVDF_S16 if times.dtype is DType.INT16 else Opcode.SVDF_S8,
        (
            tensor_operand(output),
            tensor_operand(state),
            tensor_operand(source),
            tensor_operand(features),
            tensor_operand(times),
            optional_operand(bias),
        ),
        params,
        macs=batches * filters * (input_depth + memory),
        output_count=2,
    )


def _effective_scale(ctx: Context, a: Tensor, b: Tensor, target: Tensor) -> float:
    scale_a, scale_b, scale = (ctx.quantized(tensor)[0] for tensor in (a, b, target))
    return float(scale_a) * float(scale_b) / float(scale)


def _check_bias(
    ctx: Context, bias: Tensor | None, units: int, times: Tensor, state: Tensor
) -> None:
    if bias is None:
        return
    ctx.typed(bias, DType.INT32)
    ctx.constant(bias)
    ctx.shaped(bias, (units,))
    scale, _ = ctx.quantized(bias)
    product = float(ctx.quantized(state)[0]) * float(ctx.quantized(times)[0])
    ctx.require(
        abs(float(scale) - product) < MAX_BIAS_SCALE_ERROR,
        f"the scale {scale} is not the product of the state's and the time weights'",
        bias,
    )
