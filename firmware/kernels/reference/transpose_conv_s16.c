/* TRANSPOSE_CONV, int16 x int8 -> int16, per channel; no zero points. */
#include <stddef.h>

#include "kernels/fixed_point.h"
#include "kernels/params.h"
#include "kernels/reference/reference.h"
#include "kernels/reference/transpose_conv.h"

/* operands: output [batches, output_height, output_width, output_depth], input [batches, input_height, input_width,
 * input_depth], filter [output_depth, filter_height, filter_width, input_depth], bias int64 [output_depth] or NULL,
 * multipliers and shifts int32 [output_depth]. */
void th_transpose_conv_s16(const void *params, void *const *operands) {
  const th_transpose_conv_params *p = params;
  int16_t *output = operands[0];
  const int16_t *input = operands[1];
  const int8_t *filter = operands[2];
  const int64_t *bias = operands[3];
  const int32_t *multipliers = operands[4];
  const int32_t *shifts = operands[5];

  const int32_t filter_row = p->filter_width * p->input_depth;
  const int32_t input_row = p->input_width * p->input_depth;

  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->input_height * input_row) {
    for (int32_t out_y = 0; out_y < p->output_height; ++out_y) {
      const th_phase rows = th_taps_reaching(out_y + p->pad_top, p->stride_height, p->filter_height, p->input_height);
      for (int32_t out_x = 0; out_x < p->output_width; ++out_x) {
        const th_phase columns =
            th_taps_reaching(out_x + p->pad_left, p->stride_width, p->filter_width, p->input_width);
        for (int32_t channel = 0; channel < p->output_depth; ++channel) {
          const int8_t *channel_filter = filter + channel * p->filter_height * filter_row;
          int64_t acc = bias != NULL ? bias[channel] : 0;
          for (int32_t y = rows.first, in_y = rows.origin; y < rows.end; y += p->stride_height, --in_y) {
            for (int32_t x = columns.first, in_x = columns.origin; x < columns.end; x += p->stride_width, --in_x) {
              const int16_t *in = input + in_y * input_row + in_x * p->input_depth;
              const int8_t *weights = channel_filter + y * filter_row + x * p->input_depth;
              for (int32_t c = 0; c < p->input_depth; ++c) acc += weights[c] * in[c];
            }
          }
          const int32_t scaled = th_requantize_wide(acc, multipliers[channel], shifts[channel]);
          *output++ = (int16_t)th_clamp(scaled, p->activation_min, p->activation_max);
        }
      }
    }
  }
}
