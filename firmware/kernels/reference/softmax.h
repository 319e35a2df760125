/* What the softmax kernels share: exp in Q0.31, the row's sum in Q12.19. */
#ifndef TINYHIL_REFERENCE_SOFTMAX_H
#define TINYHIL_REFERENCE_SOFTMAX_H

#include "kernels/fixed_point.h"
#include "kernels/params.h"

/* What a row's elements are scaled with. */
typedef struct {
  int32_t maximum;
  int32_t reciprocal; /* of the sum of exponentials, Q0.31 ... */
  int32_t bits_over_unit; /* ... divided by 2^this */
} th_softmax_row;

/* exp of a difference in [diff_min, 0], Q0.31. Not inlined: half a kilobyte, used twice. */
__attribute__((noinline, unused)) static int32_t th_softmax_exp(const th_softmax_s8_params *p, int32_t difference) {
  return th_exp_on_negative(
      th_doubling_high_mul(th_wrapping_shift_left(difference, p->input_left_shift), p->input_multiplier));
}

/* row: `depth` elements, depth <= 4095 so that the sum stays below 2^31. */
static inline th_softmax_row th_softmax_prepare(const th_softmax_s8_params *p, const int8_t *row) {
  th_softmax_row scale = {INT8_MIN, 0, 0};
  for (int32_t i = 0; i < p->depth; ++i) {
    if (row[i] > scale.maximum) scale.maximum = row[i];
  }
  int32_t sum = 0;
  for (int32_t i = 0; i < p->depth; ++i) {
    const int32_t difference = row[i] - scale.maximum;
    if (difference >= p->diff_min) sum += th_rounding_shift_right(th_softmax_exp(p, difference), 12);
  }
  scale.reciprocal = th_reciprocal(sum, &scale.bits_over_unit);
  return scale;
}

/* The output for one element, as a signed integer of output_bits (8 or 16). */
static inline int32_t th_softmax_probability(const th_softmax_s8_params *p, const th_softmax_row *scale, int8_t value,
                                             int32_t output_bits) {
  const int32_t low = -(INT32_C(1) << (output_bits - 1));
  const int32_t difference = value - scale->maximum;
  const int32_t exponent = scale->bits_over_unit + 31 - output_bits;
  if (difference < p->diff_min || exponent > 31) return low; /* past 31 bits everything rounds to zero */
  const int32_t product = th_doubling_high_mul(scale->reciprocal, th_softmax_exp(p, difference));
  return th_clamp(th_rounding_shift_right(product, exponent) + low, low, -low - 1);
}

#endif
