/* CONV_2D, int16 x int8 -> int16, per channel, grouped, dilated; no zero points. */
#include "kernels/fixed_point.h"
#include "kernels/params.h"
#include "kernels/reference/accumulate.h"
#include "kernels/reference/reference.h"

/* operands: output [batches, output_height, output_width, output_depth], input [batches, input_height, input_width,
 * input_depth], filter [output_depth, filter_height, filter_width, filter_depth], bias of accumulator_bits
 * [output_depth] or NULL, multipliers and shifts int32 [output_depth]. */
void th_conv_2d_s16(const void *params, void *const *operands) {
  const th_conv_2d_params *p = params;
  int16_t *output = operands[0];
  const int16_t *input = operands[1];
  const int8_t *filter = operands[2];
  const int32_t *multipliers = operands[4];
  const int32_t *shifts = operands[5];

  const int32_t filters_per_group = p->output_depth / (p->input_depth / p->filter_depth);
  const int32_t filter_row = p->filter_width * p->filter_depth;
  const int32_t input_row = p->input_width * p->input_depth;

  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->input_height * input_row) {
    for (int32_t out_y = 0; out_y < p->output_height; ++out_y) {
      const int32_t in_y0 = out_y * p->stride_height - p->pad_top;
      const th_taps rows = th_taps_inside(in_y0, p->dilation_height, p->filter_height, p->input_height);
      for (int32_t out_x = 0; out_x < p->output_width; ++out_x) {
        const int32_t in_x0 = out_x * p->stride_width - p->pad_left;
        const th_taps columns = th_taps_inside(in_x0, p->dilation_width, p->filter_width, p->input_width);
        for (int32_t channel = 0; channel < p->output_depth; ++channel) {
          const int32_t first_input_channel = channel / filters_per_group * p->filter_depth;
          const int8_t *channel_filter = filter + channel * p->filter_height * filter_row;
          int64_t acc = th_bias(operands[3], p->accumulator_bits, channel);
          for (int32_t y = rows.first; y < rows.end; ++y) {
            const int16_t *in_line = input + (in_y0 + y * p->dilation_height) * input_row + first_input_channel;
            for (int32_t x = columns.first; x < columns.end; ++x) {
              const int16_t *in = in_line + (in_x0 + x * p->dilation_width) * p->input_depth;
              const int8_t *weights = channel_filter + y * filter_row + x * p->filter_depth;
              for (int32_t c = 0; c < p->filter_depth; ++c) acc += weights[c] * in[c];
            }
          }
          const int32_t scaled =
              th_scale_accumulator(acc, p->accumulator_bits, multipliers[channel], shifts[channel]);
          *output++ = (int16_t)th_clamp(scaled, p->activation_min, p->activation_max);
        }
      }
    }
  }
}
