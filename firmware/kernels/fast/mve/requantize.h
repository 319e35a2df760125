/* Accumulators to int8, four channels at a time. */
#ifndef TINYHIL_FAST_MVE_REQUANTIZE_H
#define TINYHIL_FAST_MVE_REQUANTIZE_H

#include <arm_mve.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
  int32_t offset; /* output's zero point */
  int32_t low;
  int32_t high;
  bool halves_away; /* whether negative halves show in the output */
} th_mve_output;

/* VRSHL rounds halves up, the reference away from zero: no difference where all below the zero point is cut off. */
static inline th_mve_output th_mve_output_of(int32_t offset, int32_t low, int32_t high) {
  return (th_mve_output){offset, low, high, low < offset};
}

/* shift <= 0. */
static inline int32x4_t th_mve_rescale(int32x4_t acc, int32x4_t multiplier, int32x4_t shift, bool halves_away) {
  int32x4_t x = vqrdmulhq_s32(acc, multiplier); /* halves up, as th_doubling_high_mul */
  if (halves_away) x = vaddq_s32(x, vshrq_n_s32(vandq_s32(x, shift), 31));
  return vrshlq_s32(x, shift);
}

static inline __attribute__((always_inline)) void th_mve_requantize_as(int8_t *output, int32_t pixel_stride, const int32_t *acc,
                                                                       int32_t acc_stride, const int32_t *multipliers,
                                                                       const int32_t *shifts, int32_t channels, int32_t pixels,
                                                                       const th_mve_output *to, bool halves_away) {
  const int32x4_t low = vdupq_n_s32(to->low), high = vdupq_n_s32(to->high);
  const int32_t offset = to->offset;
  while (channels > 0) {
    const mve_pred16_t inside = vctp32q((uint32_t)channels);
    const int32x4_t multiplier = vld1q_s32(multipliers), shift = vld1q_s32(shifts);
    int32x4_t x = th_mve_rescale(vld1q_s32(acc), multiplier, shift, halves_away);
    x = vminq_s32(vmaxq_s32(vaddq_n_s32(x, offset), low), high);
    vstrbq_p_s32(output, x, inside);
    if (pixels == 2) {
      int32x4_t y = th_mve_rescale(vld1q_s32(acc + acc_stride), multiplier, shift, halves_away);
      y = vminq_s32(vmaxq_s32(vaddq_n_s32(y, offset), low), high);
      vstrbq_p_s32(output + pixel_stride, y, inside);
    }
    acc += 4, multipliers += 4, shifts += 4, output += 4, channels -= 4;
  }
}

/* output: `pixels` (1 or 2) rows of `channels`, pixel_stride apart; acc: as many rows, acc_stride apart, each with room for
 * whole vectors, as multipliers and shifts. */
static inline void th_mve_requantize(int8_t *output, int32_t pixel_stride, const int32_t *acc, int32_t acc_stride,
                                     const int32_t *multipliers, const int32_t *shifts, int32_t channels, int32_t pixels,
                                     const th_mve_output *to) {
  if (pixels == 2 && !to->halves_away) {
    th_mve_requantize_as(output, pixel_stride, acc, acc_stride, multipliers, shifts, channels, 2, to, false);
  } else if (pixels == 2) {
    th_mve_requantize_as(output, pixel_stride, acc, acc_stride, multipliers, shifts, channels, 2, to, true);
  } else {
    th_mve_requantize_as(output, pixel_stride, acc, acc_stride, multipliers, shifts, channels, 1, to, true);
  }
}

#endif
