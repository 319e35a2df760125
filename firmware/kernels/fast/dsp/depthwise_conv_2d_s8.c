/* DEPTHWISE_CONV_2D, int8, per channel, depth multiplier 1, dilated, any window: four channels of a pixel at a time. Taps
 * outside of the input point to a pixel of zero points, so nothing in the loops depends on padding or strides. */
#include "kernels/fast/dsp/depthwise.h"
#include "kernels/fast/dsp/dsp.h"
#include "kernels/fast/dsp/requantize.h"
#include "kernels/fast/dsp/simd.h"
#include "kernels/params.h"

/* Points to the pixels under the window at (y0, x0). */
static void aim(const th_depthwise_conv_2d_params *p, const int8_t **pixels, const int8_t *input, const int8_t *zero,
                int32_t y0, int32_t x0) {
  const int32_t depth = p->input_depth;
  for (int32_t y = 0; y < p->filter_height; ++y, y0 += p->dilation_height) {
    const bool row = y0 >= 0 && y0 < p->input_height;
    int32_t column = x0;
    for (int32_t x = 0; x < p->filter_width; ++x, column += p->dilation_width) {
      const bool inside = row && column >= 0 && column < p->input_width;
      *pixels++ = inside ? input + (y0 * p->input_width + column) * depth : zero;
    }
  }
}

/* Four channels, or the last ones, of the pixel at pixels[tap] + first. */
static uint32_t channels_of(const int8_t *pixel, int32_t count) {
  if (count >= 4) return th_load_4(pixel);
  uint32_t bytes = 0;
  for (int32_t i = 0; i < count; ++i) bytes |= ((uint32_t)pixel[i] & 0xFFu) << (8 * i);
  return bytes;
}

static void multiply(int8_t *output, const int8_t *const *pixels, int32_t taps, const int32_t *packed, int32_t depth,
                     const th_dsp_output *to) {
  for (int32_t first = 0; first < depth; first += 4) {
    const uint32_t *weights = (const uint32_t *)packed;
    const int32_t *constants = packed + 2 * taps;
    const int32_t count = depth - first;
    int32_t sums[4] = {constants[0], constants[4], constants[8], constants[12]};
    for (int32_t tap = 0; tap < taps; ++tap, weights += 2) {
      const uint32_t bytes = channels_of(pixels[tap] + first, count);
      const uint32_t even = th_sxtb16(bytes), odd = th_sxtb16_odd(bytes);
      sums[0] = th_smlabb(even, weights[0], sums[0]);
      sums[2] = th_smlatt(even, weights[0], sums[2]);
      sums[1] = th_smlabb(odd, weights[1], sums[1]);
      sums[3] = th_smlatt(odd, weights[1], sums[3]);
    }
    for (int32_t i = 0; i < 4 && i < count; ++i) output[first + i] = th_dsp_finished(sums[i], constants + 4 * i + 1, to);
    packed = constants + 16;
  }
}

/* operands: output [batches, output_height, output_width, depth], scratch (a pointer for every tap, then a pixel), input
 * [batches, input_height, input_width, depth], packed weights (depthwise.h). */
void th_dsp_depthwise_conv_2d_s8(const void *params, void *const *operands) {
  const th_depthwise_conv_2d_params *p = params;
  int8_t *output = operands[0];
  const int8_t **pixels = operands[1];
  const int8_t *input = operands[2];
  const int32_t *packed = operands[3];
  const int32_t taps = p->filter_height * p->filter_width, depth = p->input_depth;
  int8_t *zero = (int8_t *)(pixels + taps);
  const th_dsp_output to = {packed[0], p->output_offset, p->activation_min, p->activation_max};
  memset(zero, -p->input_offset, (size_t)depth);
  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->input_height * p->input_width * depth) {
    for (int32_t out_y = 0; out_y < p->output_height; ++out_y) {
      for (int32_t out_x = 0; out_x < p->output_width; ++out_x, output += depth) {
        aim(p, pixels, input, zero, out_y * p->stride_height - p->pad_top, out_x * p->stride_width - p->pad_left);
        multiply(output, pixels, taps, packed + 1, depth, &to);
      }
    }
  }
}
