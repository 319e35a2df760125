/* DEPTHWISE_CONV_2D, int8, per channel, depth multiplier 1, dilated, any window: four channels of a pixel at a time. */
#include "kernels/fast/scalar/depthwise.h"
#include "kernels/fast/scalar/requantize.h"
#include "kernels/fast/scalar/scalar.h"
#include "kernels/fast/window_pixels.h"
#include "kernels/params.h"

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

typedef struct {
  const int32_t *packed; /* the first group */
  int32_t depth;
  th_scalar_output to;
} depthwise_job;

static void multiply(int8_t *output, const int8_t *const *pixels, int32_t taps, const void *context) {
  const depthwise_job *job = context;
  const int32_t *group = job->packed, depth = job->depth;
  int32_t channel = 0;
  for (; channel + 4 <= depth; channel += 4, output += 4, group += TH_SCALAR_DEPTHWISE_WORDS(taps)) {
    multiply_four(output, pixels, taps, channel, group, &job->to);
  }
  for (int32_t lane = 0; channel < depth; ++channel, ++lane) {
    multiply_one(output++, pixels, taps, channel, group, lane, &job->to);
  }
}

/* operands: output, scratch, input (window_pixels.h), packed weights (depthwise.h). */
void th_scalar_depthwise_conv_2d_s8(const void *params, void *const *operands) {
  const th_depthwise_conv_2d_params *p = params;
  const int32_t *packed = operands[3];
  const depthwise_job job = {packed + 1, p->input_depth, {packed[0], p->output_offset, p->activation_min, p->activation_max}};
  th_for_each_window(p, operands, multiply, &job);
}
