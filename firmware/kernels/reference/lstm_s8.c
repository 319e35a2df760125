/* UNIDIRECTIONAL_SEQUENCE_LSTM, int8 x int8 -> int8, int16 cell state. */
#include <string.h>

#include "kernels/fixed_point.h"
#include "kernels/params.h"
#include "kernels/reference/lstm.h"
#include "kernels/reference/reference.h"

/* A unit's sum over one vector, requantised to Q3.12, int16. */
static int32_t gate_sum(const int8_t *vector, const int8_t *weights, int32_t depth, int32_t offset, int32_t bias,
                        int32_t multiplier, int32_t shift) {
  int32_t acc = bias;
  for (int32_t i = 0; i < depth; ++i) acc += weights[i] * (vector[i] + offset);
  return th_saturate_16(th_requantize(acc, multiplier, shift));
}

/* One unit at one time; returns its new hidden state. */
static int8_t step(const th_lstm_params *p, void *const *operands, int32_t unit, const int8_t *input,
                   const int8_t *hidden, int16_t *cell) {
  int32_t gates[TH_LSTM_GATES];
  for (int32_t gate = 0; gate < TH_LSTM_GATES; ++gate) {
    const int32_t row = gate * p->state_depth + unit;
    const int8_t *input_weights = (const int8_t *)operands[4] + row * p->input_depth;
    const int8_t *recurrent_weights = (const int8_t *)operands[5] + row * p->state_depth;
    const int32_t bias = ((const int32_t *)operands[6])[row];
    gates[gate] =
        th_saturate_16(gate_sum(input, input_weights, p->input_depth, p->input_offset, bias,
                                p->input_multipliers[gate], p->input_shifts[gate]) +
                       gate_sum(hidden, recurrent_weights, p->state_depth, p->hidden_offset, 0,
                                p->recurrent_multipliers[gate], p->recurrent_shifts[gate]));
  }
  const int32_t scaled = th_lstm_unit(p, operands[7], gates, cell);
  return (int8_t)th_clamp(th_wrapping_add(scaled, -p->hidden_offset), INT8_MIN, INT8_MAX);
}

/* operands: output [batches * time_steps rows, state_depth], hidden state [batches, state_depth], cell state int16
 * [batches, state_depth], input [batches * time_steps rows, input_depth], input weights [4, state_depth, input_depth],
 * recurrent weights [4, state_depth, state_depth], biases int32 [4, state_depth], table uint16 [256]: sigmoid(i / 24)
 * in Q0.16. */
void th_lstm_s8(const void *params, void *const *operands) {
  const th_lstm_params *p = params;

  for (int32_t batch = 0; batch < p->batches; ++batch) {
    int8_t *hidden = (int8_t *)operands[1] + batch * p->state_depth;
    int16_t *cell = (int16_t *)operands[2] + batch * p->state_depth;
    for (int32_t time = 0; time < p->time_steps; ++time) {
      const int32_t row = batch * p->batch_stride + time * p->time_stride;
      int8_t *output = (int8_t *)operands[0] + row * p->state_depth;
      const int8_t *input = (const int8_t *)operands[3] + row * p->input_depth;
      for (int32_t unit = 0; unit < p->state_depth; ++unit) {
        output[unit] = step(p, operands, unit, input, hidden, &cell[unit]);
      }
      memcpy(hidden, output, (size_t)p->state_depth * sizeof *hidden);
    }
  }
}
