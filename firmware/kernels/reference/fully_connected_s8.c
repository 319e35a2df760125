/* FULLY_CONNECTED, int8 x int8 -> int8, per channel. */
#include <stddef.h>

#include "kernels/fixed_point.h"
#include "kernels/params.h"
#include "kernels/reference/reference.h"

/* operands: output [batches, output_depth], input [batches, input_depth], filter [output_depth, input_depth], bias int32
 * [output_depth] or NULL, multipliers and shifts int32 [output_depth]. */
void th_fully_connected_s8(const void *params, void *const *operands) {
  const th_fully_connected_params *p = params;
  int8_t *output = operands[0];
  const int8_t *input = operands[1];
  const int8_t *filter = operands[2];
  const int32_t *bias = operands[3];
  const int32_t *multipliers = operands[4];
  const int32_t *shifts = operands[5];

  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->input_depth) {
    const int8_t *weights = filter;
    for (int32_t channel = 0; channel < p->output_depth; ++channel, weights += p->input_depth) {
      int32_t acc = bias != NULL ? bias[channel] : 0;
      for (int32_t i = 0; i < p->input_depth; ++i) {
        acc += (weights[i] + p->filter_offset) * (input[i] + p->input_offset);
      }
      *output++ = (int8_t)th_scale_offset_clamp(acc, multipliers[channel], shifts[channel], p->output_offset,
                                                p->activation_min, p->activation_max);
    }
  }
}
