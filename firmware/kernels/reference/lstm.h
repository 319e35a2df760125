/* What the LSTM kernels share: from the sums of the four gates to the new cell and hidden state, all in int16. */
#ifndef TINYHIL_LSTM_H
#define TINYHIL_LSTM_H

#include <stdint.h>

#include "kernels/fixed_point.h"
#include "kernels/params.h"
#include "kernels/reference/sigmoid.h"

enum th_lstm_gate { TH_GATE_INPUT = 0, TH_GATE_FORGET = 1, TH_GATE_CELL = 2, TH_GATE_OUTPUT = 3 };

static inline int32_t th_saturate_16(int32_t x) { return th_clamp(x, INT16_MIN, INT16_MAX); }

/* a * b, both int16, requantised. */
static inline int32_t th_gate_product(int32_t a, int32_t b, int32_t multiplier, int32_t shift) {
  return th_requantize(a * b, multiplier, shift);
}

/* Updates a unit's cell state; returns its new hidden state before zero point and bounds. gates: Q3.12, in the order of
 * enum th_lstm_gate. table: sigmoid(i / 24) in Q0.16. */
static inline int32_t th_lstm_unit(const th_lstm_params *p, const uint16_t *table, const int32_t *gates,
                                   int16_t *cell) {
  const th_sigmoid_s16_params cell_scale = {0, p->tanh_multiplier, p->tanh_right_shift};
  const int32_t input_gate = th_logistic_q15(table, 3 * gates[TH_GATE_INPUT]);
  const int32_t forget_gate = th_logistic_q15(table, 3 * gates[TH_GATE_FORGET]);
  const int32_t cell_gate = th_tanh_q15(table, 3 * gates[TH_GATE_CELL]);
  const int32_t output_gate = th_logistic_q15(table, 3 * gates[TH_GATE_OUTPUT]);

  const int32_t kept = th_saturate_16(th_gate_product(forget_gate, *cell, p->forget_multiplier, p->forget_shift));
  const int32_t added =
      th_saturate_16(th_gate_product(input_gate, cell_gate, p->update_multiplier, p->update_shift));
  *cell = (int16_t)th_clamp(th_saturate_16(kept + added), -p->cell_clip, p->cell_clip);

  const int32_t squashed = th_tanh_q15(table, th_sigmoid_argument(&cell_scale, *cell));
  return th_gate_product(squashed, output_gate, p->hidden_multiplier, p->hidden_shift);
}

#endif
