/* DEPTHWISE_CONV_2D, int8, per channel, depth multiplier 1, dilated. Taps outside of the input point to a pixel of zero
 * points, so nothing in the loops depends on padding or strides. */
#include "kernels/fast/mve/bytes.h"
#include "kernels/fast/mve/depthwise.h"
#include "kernels/fast/mve/mve.h"
#include "kernels/params.h"

/* Points to the pixels under the window at (y0, x0). */
static void aim(const th_depthwise_conv_2d_params *p, const int8_t **pixels, const int8_t *input, const int8_t *zero,
                int32_t y0, int32_t x0) {
  const int32_t depth = p->input_depth, step = p->dilation_width * depth;
  const int32_t end = x0 + (p->filter_width - 1) * p->dilation_width;
  for (int32_t y = 0; y < p->filter_height; ++y, y0 += p->dilation_height) {
    const bool row = y0 >= 0 && y0 < p->input_height;
    const int32_t first = row ? (y0 * p->input_width + x0) * depth : 0;
    if (row && x0 >= 0 && end < p->input_width) {
      const int8_t *pixel = input + first;
      for (int32_t x = 0; x < p->filter_width; ++x, pixel += step) *pixels++ = pixel;
    } else {
      int32_t column = x0;
      for (int32_t x = 0; x < p->filter_width; ++x, column += p->dilation_width) {
        *pixels++ = row && column >= 0 && column < p->input_width ? input + (first + x * step) : zero;
      }
    }
  }
}

/* operands: output [batches, output_height, output_width, depth], scratch (a pointer for every tap, then a pixel), input
 * [batches, input_height, input_width, depth], packed weights and constants (depthwise.h). */
void th_mve_depthwise_conv_2d_s8(const void *params, void *const *operands) {
  const th_depthwise_conv_2d_params *p = params;
  int8_t *output = operands[0];
  const int8_t **pixels = operands[1];
  const int8_t *input = operands[2];
  const int8_t *packed = operands[3];
  const int32_t taps = p->filter_height * p->filter_width, depth = p->input_depth;
  int8_t *zero = (int8_t *)(pixels + taps);
  const th_mve_output to = th_mve_output_of(p->output_offset, p->activation_min, p->activation_max);
  th_mve_fill(zero, -p->input_offset, depth);
  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->input_height * p->input_width * depth) {
    for (int32_t out_y = 0; out_y < p->output_height; ++out_y) {
      for (int32_t out_x = 0; out_x < p->output_width; ++out_x, output += depth) {
        aim(p, pixels, input, zero, out_y * p->stride_height - p->pad_top, out_x * p->stride_width - p->pad_left);
        th_mve_depthwise_pixel(output, pixels, taps, packed, depth, &to);
      }
    }
  }
}
