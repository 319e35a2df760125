/* FULLY_CONNECTED, int16 x int8 -> int16, per channel; the activations have no zero points. */
#include "kernels/fixed_point.h"
#include "kernels/params.h"
#include "kernels/reference/accumulate.h"
#include "kernels/reference/reference.h"

/* operands: output [batches, output_depth], input [batches, input_depth], filter [output_depth, input_depth], bias of
 * accumulator_bits [output_depth] or NULL, multipliers and shifts int32 [output_depth]. */
void th_fully_connected_s16(const void *params, void *const *operands) {
  const th_fully_connected_params *p = params;
  int16_t *output = operands[0];
  const int16_t *input = operands[1];
  const int8_t *filter = operands[2];
  const int32_t *multipliers = operands[4];
  const int32_t *shifts = operands[5];

  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->input_depth) {
    const int8_t *weights = filter;
    for (int32_t channel = 0; channel < p->output_depth; ++channel, weights += p->input_depth) {
      int64_t acc = th_bias(operands[3], p->accumulator_bits, channel);
      for (int32_t i = 0; i < p->input_depth; ++i) acc += (weights[i] + p->filter_offset) * input[i];
      const int32_t scaled = th_scale_accumulator(acc, p->accumulator_bits, multipliers[channel], shifts[channel]);
      *output++ = (int16_t)th_clamp(scaled, p->activation_min, p->activation_max);
    }
  }
}
