/* What LOGISTIC and TANH of int16 share: the input on the scale of a table of sigmoid(i / 24), Q0.16. */
#ifndef TINYHIL_SIGMOID_H
#define TINYHIL_SIGMOID_H

#include <stdint.h>

#include "kernels/params.h"

enum { TH_SIGMOID_ENTRIES = 256 };

/* value * input_multiplier * 2^-input_right_shift, halves rounded towards +infinity. */
static inline int32_t th_sigmoid_argument(const th_sigmoid_s16_params *p, int32_t value) {
  const int32_t half = p->input_right_shift > 0 ? INT32_C(1) << (p->input_right_shift - 1) : 0;
  return (value * p->input_multiplier + half) >> p->input_right_shift;
}

/* The table at magnitude / 2^bits, linearly interpolated, with `bits` more fractional bits; past its end: `beyond`. */
static inline int32_t th_sigmoid_interpolate(const uint16_t *table, uint32_t magnitude, int32_t bits, int32_t beyond) {
  const uint32_t index = magnitude >> bits;
  if (index >= TH_SIGMOID_ENTRIES - 1) return beyond;
  const uint32_t fraction = magnitude & ((UINT32_C(1) << bits) - 1u);
  const uint32_t step = (uint32_t)table[index + 1] - table[index];
  return (int32_t)(((uint32_t)table[index] << bits) + fraction * step);
}

/* sigmoid of x / (24 * 512), Q0.15. */
static inline int16_t th_logistic_q15(const uint16_t *table, int32_t x) {
  const uint32_t magnitude = (uint32_t)(x < 0 ? -x : x);
  const int32_t upper = th_sigmoid_interpolate(table, magnitude, 9, INT16_MAX * (INT32_C(1) << 10)); /* Q25 */
  const int32_t value = x >= 0 ? upper : (INT32_C(1) << 25) - 1 - upper;
  return (int16_t)((value + (INT32_C(1) << 9)) >> 10);
}

/* tanh of x / (48 * 256) = 2 sigmoid(2x) - 1, Q0.15. */
static inline int16_t th_tanh_q15(const uint16_t *table, int32_t x) {
  const int32_t half = INT32_C(1) << 23; /* Q24 */
  const uint32_t magnitude = (uint32_t)(x < 0 ? -x : x);
  const int32_t upper = th_sigmoid_interpolate(table, magnitude, 8, UINT16_MAX * (INT32_C(1) << 8));
  const int32_t value = x >= 0 ? upper - half : half - upper - 1;
  return (int16_t)((value + (INT32_C(1) << 7)) >> 8);
}

#endif
