"""UNIDIRECTIONAL_SEQUENCE_LSTM: int8 or int16 with int8 weights and an int16 cell state."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.engines.plan.graph import DType, Tensor
from harness.engines.plan.lower.context import Context, tensor_operand
from harness.engines.plan.lower.weights import Weights, check_accumulator, check_wide_accumulator
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import LstmParams
from harness.engines.plan.program import ConstOperand, Step
from harness.engines.plan.quantize import Multiplier, round_half_away
from harness.engines.plan.tables import sigmoid_table

# Positions of the 24 inputs (micro/kernels/lstm_shared.h); gates: input, forget, cell, output.
INPUTS = 24
INPUT_WEIGHTS = (1, 2, 3, 4)
RECURRENT_WEIGHTS = (5, 6, 7, 8)
BIASES = (12, 13, 14, 15)
HIDDEN_STATE, CELL_STATE = 18, 19
ABSENT = {
    "peephole connections": (9, 10, 11),
    "a projection": (16, 17),
    "layer normalisation": (20, 21, 22, 23),
}
GATE_SCALE = 2.0**-12
ACTIVATED_SCALE = 2.0**-15
NO_CLIP = 32768
# The cell state times 3 * 2^(15 - 3 + power) must stay below 2^31, and a right shift below 32 bits.
CELL_SCALE_POWERS = range(-27, 3)


@dataclass(frozen=True)
class _Sizes:
    batches: int
    time_steps: int
    input_depth: int
    state_depth: int
    time_major: bool


def lower_unidirectional_sequence_lstm(ctx: Context) -> Step:
    """Input (B, T, I), or (T, B, I) with the option time_major; output the same with S instead of I.

    As in TFLM, the output is the hidden state's bytes, quantised as that is; the cell state's zero point
    is not looked at; tanh takes the power of two that is nearest to the cell state's scale.

    Weights (S, I) and (S, S), constants quantised per tensor with zero point 0; biases (S,), int32,
    for int16 activations int64. The two states are variables of B * S elements.
    """
    _check_inputs(ctx)
    source, output = ctx.input(0), ctx.output()
    hidden, cell = ctx.input(HIDDEN_STATE), ctx.input(CELL_STATE)
    ctx.typed(source, DType.INT8, DType.INT16)
    for tensor in (output, hidden):
        ctx.typed(tensor, source.dtype)
    ctx.typed(cell, DType.INT16)
    for tensor in (hidden, cell):
        ctx.require(tensor.state is not None, "must be a variable", tensor)
    ctx.require(hidden.index != cell.index, "both states are one tensor", hidden)
    wide = source.dtype is DType.INT16
    sizes = _sizes(ctx, source, output, hidden, cell)
    offsets = [-ctx.quantized(tensor)[1] for tensor in (source, hidden)]
    cell_scale, _ = ctx.quantized(cell)
    input_weights = _weights(ctx, INPUT_WEIGHTS, (sizes.state_depth, sizes.input_depth))
    recurrent_weights = _weights(ctx, RECURRENT_WEIGHTS, (sizes.state_depth, sizes.state_depth))
    biases = _biases(ctx, sizes.state_depth, DType.INT64 if wide else DType.INT32)
    _check_sums(ctx, input_weights, biases, -offsets[0], wide=wide)
    _check_sums(ctx, recurrent_weights, [None] * len(biases), -offsets[1], wide=wide)
    to_gate = [_gate_multiplier(ctx, source, w, wide=wide) for w in input_weights]
    recurrent_to_gate = [_gate_multiplier(ctx, hidden, w, wide=wide) for w in recurrent_weights]
    forget = ctx.multiplier(ACTIVATED_SCALE * float(cell_scale) / float(cell_scale))
    update = ctx.multiplier(ACTIVATED_SCALE * ACTIVATED_SCALE / float(cell_scale))
    to_hidden = ctx.multiplier(ACTIVATED_SCALE**2 / float(ctx.quantized(hidden)[0]))
    tanh_multiplier, tanh_right_shift = _tanh_scale(ctx, cell, cell_scale)
    params = LstmParams(
        batches=sizes.batches,
        time_steps=sizes.time_steps,
        batch_stride=1 if sizes.time_major else sizes.time_steps,
        time_stride=sizes.batches if sizes.time_major else 1,
        input_depth=sizes.input_depth,
        state_depth=sizes.state_depth,
        input_offset=offsets[0],
        hidden_offset=offsets[1],
        input_multipliers=tuple(m.significand for m in to_gate),
        input_shifts=tuple(m.shift for m in to_gate),
        recurrent_multipliers=tuple(m.significand for m in recurrent_to_gate),
        recurrent_shifts=tuple(m.shift for m in recurrent_to_gate),
        forget_multiplier=forget.significand,
        forget_shift=forget.shift,
        update_multiplier=update.significand,
        update_shift=update.shift,
        hidden_multiplier=to_hidden.significand,
        hidden_shift=to_hidden.shift,
        cell_clip=_cell_clip(ctx, cell_scale),
        tanh_multiplier=tanh_multiplier,
        tanh_right_shift=tanh_right_shift,
    )
    steps = sizes.batches * sizes.time_steps
    return ctx.step(
        Opcode.LSTM_S16 if wide else Opcode.LSTM_S8,
        (
            tensor_operand(output),
            tensor_operand(hidden),
            tensor_operand(cell),
            tensor_operand(source),
            _stacked(ctx, input_weights),
            _stacked(ctx, recurrent_weights),
            _stacked(ctx, biases),
            ConstOperand(sigmoid_table()),
        ),
        params,
        macs=4 * steps * sizes.state_depth * (sizes.input_depth + sizes.state_depth),
        output_count=3,
    )


def _check_inputs(ctx: Context) -> None:
    ctx.count((INPUTS,))
    for name, positions in ABSENT.items():
        present = any(ctx.op.inputs[position] >= 0 for position in positions)
        ctx.require(not present, f"{name} cannot be run")
    ctx.require(not ctx.option_bool("diagonal_recurrent_tensors"), "diagonal recurrent weights")
    ctx.option_str("fused_activation_function", ("TANH",))


def _sizes(ctx: Context, source: Tensor, output: Tensor, hidden: Tensor, cell: Tensor) -> _Sizes:
    ctx.ranked(source, 3)
    ctx.ranked(hidden, 2)
    time_major = ctx.option_bool("time_major")
    outer, inner, input_depth = source.shape
    batches, time_steps = (inner, outer) if time_major else (outer, inner)
    state_depth = hidden.shape[1]
    ctx.shaped(hidden, (batches, state_depth))
    ctx.require(cell.elements == hidden.elements, f"not {hidden.elements} elements", cell)
    ctx.shaped(output, (outer, inner, state_depth))
    return _Sizes(batches, time_steps, input_depth, state_depth, time_major)


def _weights(ctx: Context, positions: Sequence[int], shape: tuple[int, int]) -> list[Tensor]:
    tensors = [ctx.input(position) for position in positions]
    for tensor in tensors:
        ctx.typed(tensor, DType.INT8)
        ctx.shaped(tensor, shape)
        ctx.constant(tensor)
        _, zero_point = ctx.quantized(tensor)
        ctx.require(zero_point == 0, "the zero point of weights is not 0", tensor)
    return tensors


def _biases(ctx: Context, state_depth: int, dtype: DType) -> list[Tensor]:
    tensors = [ctx.input(position) for position in BIASES]
    for tensor in tensors:
        ctx.typed(tensor, dtype)
        ctx.shaped(tensor, (state_depth,))
        ctx.constant(tensor)
    return tensors


def _check_sums(
    ctx: Context,
    weights: Sequence[Tensor],
    biases: Sequence[Tensor | None],
    zero_point: int,
    *,
    wide: bool,
) -> None:
    for tensor, bias in zip(weights, biases, strict=True):
        if wide:
            check_wide_accumulator(ctx, Weights(tensor, bias), 0, input_zero_point=zero_point)
        else:
            check_accumulator(ctx, Weights(tensor, bias), 0, zero_point, 0)


def _gate_multiplier(ctx: Context, source: Tensor, weights: Tensor, *, wide: bool) -> Multiplier:
    source_scale, weights_scale = ctx.quantized(source)[0], ctx.quantized(weights)[0]
    return ctx.multiplier(float(source_scale) * float(weights_scale) / GATE_SCALE, wide=wide)


def _tanh_scale(ctx: Context, cell: Tensor, scale: np.float32) -> tuple[int, int]:
    """Factor and right shift from the cell state to the table's steps (lstm_internal::Tanh)."""
    # `CheckedLog2`, whose answer whether the scale is a power of two nobody asks for.
    log2 = np.log(scale) * (np.float32(1) / np.log(np.float32(2)))
    power = round_half_away(float(log2))
    ctx.require(
        power in CELL_SCALE_POWERS,
        f"the scale {scale} is not between 2^{CELL_SCALE_POWERS[0]} and 2^{CELL_SCALE_POWERS[-1]}",
        cell,
    )
    left_shift = 15 + power - 3
    return (3 << left_shift, 0) if left_shift >= 0 else (3, -left_shift)


def _cell_clip(ctx: Context, scale: np.float32) -> int:
    clip = float(np.float32(ctx.option_float("cell_clip")))
    ctx.require(math.isfinite(clip), f"the option cell_clip is {clip}")
    return int(min(clip / float(scale), 32767.0)) if clip > 0 else NO_CLIP


def _stacked(ctx: Context, tensors: Sequence[Tensor]) -> ConstOperand:
    return ConstOperand(np.stack([ctx.constant(tensor) for tensor in tensors]))
