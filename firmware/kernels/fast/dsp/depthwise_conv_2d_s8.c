/* DEPTHWISE_CONV_2D, int8, per channel, depth multiplier 1, dilated, any window: four channels of a pixel at a time. */
#include "kernels/fast/dsp/depthwise.h"
#include "kernels/fast/dsp/dsp.h"
#include "kernels/fast/dsp/requantize.h"
#include "kernels/fast/dsp/simd.h"
#include "kernels/fast/window_pixels.h"
#include "kernels/params.h"

/* Four channels, or the last ones, of the pixel at pixels[tap] + first. */
static uint32_t channels_of(const int8_t *pixel, int32_t count) {
  if (count >= 4) return th_load_4(pixel);
  uint32_t bytes = 0;
  for (int32_t i = 0; i < count; ++i) bytes |= ((uint32_t)pixel[i] & 0xFFu) << (8 * i);
  return bytes;
}

typedef struct {
  const int32_t *packed; /* the first group */
  int32_t depth;
  th_dsp_output to;
} depthwise_job;

static void multiply(int8_t *output, const int8_t *const *pixels, int32_t taps, const void *context) {
  const depthwise_job *job = context;
  const int32_t *packed = job->packed, depth = job->depth;
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
    for (int32_t i = 0; i < 4 && i < count; ++i) output[first + i] = th_dsp_finished(sums[i], constants + 4 * i + 1, &job->to);
    packed = constants + 16;
  }
}

/* operands: output, scratch, input (window_pixels.h), packed weights (depthwise.h). */
void th_dsp_depthwise_conv_2d_s8(const void *params, void *const *operands) {
  const th_depthwise_conv_2d_params *p = params;
  const int32_t *packed = operands[3];
  const depthwise_job job = {packed + 1, p->input_depth, {packed[0], p->output_offset, p->activation_min, p->activation_max}};
  th_for_each_window(p, operands, multiply, &job);
}
