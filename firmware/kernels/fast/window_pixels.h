/* The pixels under each window of a depthwise convolution, for kernels that take any window. Taps outside of the input point
 * to a pixel of zero points, so nothing behind depends on padding or strides. */
#ifndef TINYHIL_FAST_WINDOW_PIXELS_H
#define TINYHIL_FAST_WINDOW_PIXELS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "kernels/params.h"

/* Bytes of scratch memory: a pointer for every tap, then the pixel of zero points. */
static inline int64_t th_window_pixels_bytes(const th_depthwise_conv_2d_params *p) {
  return (int64_t)p->filter_height * p->filter_width * (int64_t)sizeof(void *) + p->input_depth;
}

/* Points to the pixels under the window at (y0, x0). */
static inline void th_aim(const th_depthwise_conv_2d_params *p, const int8_t **pixels, const int8_t *input, const int8_t *zero,
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

/* Computes all channels of an output pixel from `taps` pointers. job: what the kernel has packed for it. */
typedef void (*th_pixel_fn)(int8_t *output, const int8_t *const *pixels, int32_t taps, const void *job);

/* Every pixel of the output in turn; inlined, so that the call of `pixel` is. Depth multiplier 1. operands: output [batches,
 * output_height, output_width, depth], scratch (th_window_pixels_bytes), input [batches, input_height, input_width, depth]. */
static inline __attribute__((always_inline)) void th_for_each_window(const th_depthwise_conv_2d_params *p, void *const *operands,
                                                                     th_pixel_fn pixel, const void *job) {
  int8_t *output = operands[0];
  const int8_t **pixels = operands[1];
  const int8_t *input = operands[2];
  const int32_t taps = p->filter_height * p->filter_width, depth = p->input_depth;
  int8_t *zero = (int8_t *)(pixels + taps);
  memset(zero, -p->input_offset, (size_t)depth);
  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->input_height * p->input_width * depth) {
    for (int32_t out_y = 0; out_y < p->output_height; ++out_y) {
      for (int32_t out_x = 0; out_x < p->output_width; ++out_x, output += depth) {
        th_aim(p, pixels, input, zero, out_y * p->stride_height - p->pad_top, out_x * p->stride_width - p->pad_left);
        pixel(output, pixels, taps, job);
      }
    }
  }
}

#endif
