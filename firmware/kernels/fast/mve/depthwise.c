/* Depthwise pixels: channels as lanes. Products of int8 fit 16 bits. */
#include "kernels/fast/mve/depthwise.h"

enum { LANES = TH_MVE_DEPTHWISE_LANES, HALF = 8, HALF_CONSTANTS = 24 };

/* constants: multipliers and shifts of a half block. */
static inline __attribute__((always_inline)) int16x8_t finish(int32x4_t even, int32x4_t odd, const int32_t *constants,
                                                              const th_mve_output *to, bool halves_away) {
  even = th_mve_rescale(even, vld1q_s32(constants), vld1q_s32(constants + 8), halves_away);
  odd = th_mve_rescale(odd, vld1q_s32(constants + 4), vld1q_s32(constants + 12), halves_away);
  int16x8_t x = vqmovntq_s32(vqmovnbq_s32(vuninitializedq_s16(), even), odd);
  x = vqaddq_n_s16(x, (int16_t)to->offset);
  return vminq_s16(vmaxq_s16(x, vdupq_n_s16((int16_t)to->low)), vdupq_n_s16((int16_t)to->high));
}

void th_mve_depthwise_pixel(int8_t *output, const int8_t *const *pixels, int32_t taps, const int8_t *packed,
                            int32_t channels, const th_mve_output *to) {
  for (int32_t channel = 0; channel < channels; channel += HALF) {
    const mve_pred16_t inside = vctp16q((uint32_t)(channels - channel));
    const int32_t half = channel % LANES / HALF;
    const int8_t *weights = packed;
    const int8_t *rest = weights + taps * LANES;
    const int32_t *constants = (const int32_t *)rest + half * HALF_CONSTANTS;
    int32x4_t even = vld1q_s32(constants), odd = vld1q_s32(constants + 4);
    weights += half * HALF;
    for (int32_t tap = 0; tap < taps; ++tap, weights += LANES) {
      const int16x8_t product = vmulq_s16(vldrbq_z_s16(pixels[tap] + channel, inside), vldrbq_s16(weights));
      even = vaddq_s32(even, vmovlbq_s16(product));
      odd = vaddq_s32(odd, vmovltq_s16(product));
    }
    vstrbq_p_s16(output + channel, finish(even, odd, constants + 8, to, true), inside);
    if (half == 1) packed = rest + TH_MVE_DEPTHWISE_CONSTANTS;
  }
}
