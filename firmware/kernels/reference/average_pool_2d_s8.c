/* AVERAGE_POOL_2D, int8 -> int8: the mean of what lies inside the input, halves rounded away from zero. */
#include "kernels/fixed_point.h"
#include "kernels/params.h"
#include "kernels/reference/reference.h"

/* operands: output [batches, output_height, output_width, depth], input [batches, input_height, input_width, depth]. */
void th_average_pool_2d_s8(const void *params, void *const *operands) {
  const th_pool_2d_params *p = params;
  int8_t *output = operands[0];
  const int8_t *input = operands[1];
  const int32_t input_row = p->input_width * p->depth;

  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->input_height * input_row) {
    for (int32_t out_y = 0; out_y < p->output_height; ++out_y) {
      const int32_t in_y0 = out_y * p->stride_height - p->pad_top;
      const th_taps rows = th_taps_inside(in_y0, 1, p->filter_height, p->input_height);
      for (int32_t out_x = 0; out_x < p->output_width; ++out_x) {
        const int32_t in_x0 = out_x * p->stride_width - p->pad_left;
        const th_taps columns = th_taps_inside(in_x0, 1, p->filter_width, p->input_width);
        const int32_t count = (rows.end - rows.first) * (columns.end - columns.first);
        for (int32_t channel = 0; channel < p->depth; ++channel) {
          int32_t sum = 0;
          for (int32_t y = rows.first; y < rows.end; ++y) {
            const int8_t *in_line = input + (in_y0 + y) * input_row + channel;
            for (int32_t x = columns.first; x < columns.end; ++x) sum += in_line[(in_x0 + x) * p->depth];
          }
          *output++ = (int8_t)th_clamp(th_rounded_quotient(sum, count), p->activation_min, p->activation_max);
        }
      }
    }
  }
}
