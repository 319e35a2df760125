/* DEPTHWISE_CONV_2D, int8, per channel, depth multiplier 1, dilated, any window: four channels of a pixel at a time. Taps
 * outside of the input point to a pixel of zero points, so nothing in the loops depends on padding or strides. */
#include <stdbool.h>
#include <string.h>

#include "kernels/fast/scalar/depthwise.h"
#include "kernels/fast/scalar/requantize.h"
#include "kernels/fast/scalar/scalar.h"
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

/* sums += four channels of a pixel, times a tap's weights. */
static inline void multiply_tap(uint32_t sums[4], const int8_t *pixel, const int8_t *weights) {
#if defined(__ARM_ARCH_7M__)
  /* Loads in a row take one cycle each, others two. */
  int32_t x0, x1, w0, w1;
  __asm__(
      "ldrsb %[x0], [%[x]]\n"
      "ldrsb %[x1], [%[x], #1]\n"
      "ldrsb %[w0], [%[w]]\n"
      "ldrsb %[w1], [%[w], #1]\n"
      "mla %[a], %[x0], %[w0], %[a]\n"
      "mla %[b], %[x1], %[w1], %[b]\n"
      "ldrsb %[x0], [%[x], #2]\n"
      "ldrsb %[x1], [%[x], #3]\n"
      "ldrsb %[w0], [%[w], #2]\n"
      "ldrsb %[w1], [%[w], #3]\n"
      "mla %[c], %[x0], %[w0], %[c]\n"
      "mla %[d], %[x1], %[w1], %[d]\n"
      : [a] "+r"(sums[0]), [b] "+r"(sums[1]), [c] "+r"(sums[2]), [d] "+r"(sums[3]), [x0] "=&r"(x0), [x1] "=&r"(x1),
        [w0] "=&r"(w0), [w1] "=&r"(w1)
      : [x] "r"(pixel), [w] "r"(weights)
      : "memory");
#else
  sums[0] += (uint32_t)(pixel[0] * weights[0]);
  sums[1] += (uint32_t)(pixel[1] * weights[1]);
  sums[2] += (uint32_t)(pixel[2] * weights[2]);
  sums[3] += (uint32_t)(pixel[3] * weights[3]);
#endif
}

/* Four channels of an output pixel. Not inlined: its loop takes all registers there are. */
__attribute__((noinline)) static void multiply_four(int8_t *output, const int8_t *const *pixels, int32_t taps, int32_t channel,
                                                    const int32_t *group, const th_scalar_output *to) {
  const int8_t *weights = (const int8_t *)(group + 16);
  uint32_t sums[4] = {(uint32_t)group[0], (uint32_t)group[4], (uint32_t)group[8], (uint32_t)group[12]};
  for (const int8_t *const *const end = pixels + taps; pixels < end; weights += 4) multiply_tap(sums, *pixels++ + channel, weights);
  const int32_t found[4] = {th_from_bits(sums[0]), th_from_bits(sums[1]), th_from_bits(sums[2]), th_from_bits(sums[3])};
  th_scalar_finish_four(output, found, group, to);
}

/* One channel, of a group that is not complete. */
static void multiply_one(int8_t *output, const int8_t *const *pixels, int32_t taps, int32_t channel, const int32_t *group,
                         int32_t lane, const th_scalar_output *to) {
  const int8_t *weights = (const int8_t *)(group + 16) + lane;
  uint32_t sum = (uint32_t)group[4 * lane];
  for (; taps > 0; --taps, weights += 4) sum += (uint32_t)((*pixels++)[channel] * *weights);
  *output = th_scalar_finished(th_from_bits(sum), group + 4 * lane + 1, to);
}

/* operands: output [batches, output_height, output_width, depth], scratch (a pointer for every tap, then a pixel), input
 * [batches, input_height, input_width, depth], packed weights (depthwise.h). */
void th_scalar_depthwise_conv_2d_s8(const void *params, void *const *operands) {
  const th_depthwise_conv_2d_params *p = params;
  int8_t *output = operands[0];
  const int8_t **pixels = operands[1];
  const int8_t *input = operands[2];
  const int32_t *packed = operands[3];
  const int32_t taps = p->filter_height * p->filter_width, depth = p->input_depth;
  int8_t *zero = (int8_t *)(pixels + taps);
  const th_scalar_output to = {packed[0], p->output_offset, p->activation_min, p->activation_max};
  memset(zero, -p->input_offset, (size_t)depth);
  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->input_height * p->input_width * depth) {
    for (int32_t out_y = 0; out_y < p->output_height; ++out_y) {
      for (int32_t out_x = 0; out_x < p->output_width; ++out_x) {
        const int32_t *group = packed + 1;
        aim(p, pixels, input, zero, out_y * p->stride_height - p->pad_top, out_x * p->stride_width - p->pad_left);
        int32_t channel = 0;
        for (; channel + 4 <= depth; channel += 4, output += 4, group += TH_SCALAR_DEPTHWISE_WORDS(taps)) {
          multiply_four(output, pixels, taps, channel, group, &to);
        }
        for (int32_t lane = 0; channel < depth; ++channel, ++lane) {
          multiply_one(output++, pixels, taps, channel, group, lane, &to);
        }
      }
    }
  }
}
