/* Fixed-point arithmetic of the quantised kernels, bit for bit that of TensorFlow Lite's reference kernels
 * (double rounding). Defined for every argument in the stated ranges: where the original relies on wrapping signed
 * arithmetic, it is done in unsigned here. */
#ifndef TINYHIL_FIXED_POINT_H
#define TINYHIL_FIXED_POINT_H

#include <stdint.h>

/* The value of `bits` read as two's complement. */
static inline int32_t th_from_bits(uint32_t bits) {
  return bits <= (uint32_t)INT32_MAX ? (int32_t)bits : -(int32_t)(UINT32_MAX - bits) - 1;
}

/* a + b, wrapping. */
static inline int32_t th_wrapping_add(int32_t a, int32_t b) { return th_from_bits((uint32_t)a + (uint32_t)b); }

/* x * 2^shift, wrapping; shift in [0, 31]. */
static inline int32_t th_wrapping_shift_left(int32_t x, int32_t shift) { return th_from_bits((uint32_t)x << shift); }

static inline int32_t th_clamp(int32_t x, int32_t low, int32_t high) {
  const int32_t raised = x < low ? low : x;
  return raised > high ? high : raised;
}

/* High half of 2*a*b, rounded to nearest, halves towards +infinity; saturates the one product that does not fit
 * (a == b == INT32_MIN). */
static inline int32_t th_doubling_high_mul(int32_t a, int32_t b) {
  if (a == INT32_MIN && b == INT32_MIN) return INT32_MAX;
  const int64_t product = (int64_t)a * (int64_t)b;
  const int64_t nudge = product >= 0 ? (INT64_C(1) << 30) : 1 - (INT64_C(1) << 30);
  return (int32_t)((product + nudge) / (INT64_C(1) << 31));
}

/* x / 2^exponent, rounded to nearest, halves away from zero; exponent in [0, 31]. */
static inline int32_t th_rounding_shift_right(int32_t x, int32_t exponent) {
  const int32_t mask = (int32_t)((UINT32_C(1) << exponent) - 1u);
  const int32_t remainder = x & mask;
  const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

/* x * multiplier * 2^(shift - 31); multiplier >= 0, shift in [-31, 31]. A left shift wraps. */
static inline int32_t th_requantize(int32_t x, int32_t multiplier, int32_t shift) {
  const int32_t left = shift > 0 ? shift : 0;
  const int32_t right = shift > 0 ? 0 : -shift;
  return th_rounding_shift_right(th_doubling_high_mul(th_wrapping_shift_left(x, left), multiplier), right);
}

/* An accumulator on its way to an int8 output: requantised, moved by the zero point, bounded. */
static inline int32_t th_scale_offset_clamp(int32_t acc, int32_t multiplier, int32_t shift, int32_t offset, int32_t low,
                                            int32_t high) {
  return th_clamp(th_wrapping_add(th_requantize(acc, multiplier, shift), offset), low, high);
}

/* x * multiplier * 2^(shift - 31) for 64-bit accumulators: the multiplier is rounded to 15 bits, the product once. x in
 * [-2^47, 2^47), multiplier >= 0, shift in [-31, 7]. Of a result beyond 32 bits the low ones are kept. */
static inline int32_t th_requantize_wide(int64_t x, int32_t multiplier, int32_t shift) {
  const int64_t reduced = multiplier < 0x7FFF0000 ? (multiplier + (INT32_C(1) << 15)) >> 16 : 0x7FFF;
  const int32_t right = 15 - shift;
  return th_from_bits((uint32_t)((x * reduced + (INT64_C(1) << (right - 1))) >> right));
}

/* x * 2^exponent, saturating; exponent in [1, 30]. */
static inline int32_t th_saturating_shift_left(int32_t x, int32_t exponent) {
  const int32_t threshold = (int32_t)((UINT32_C(1) << (31 - exponent)) - 1u);
  if (x > threshold) return INT32_MAX;
  if (x < -threshold) return INT32_MIN;
  return th_wrapping_shift_left(x, exponent);
}

/* exp(a) for a <= 0. a: Q5.26; result: Q0.31, exp(0) is INT32_MAX. (gemmlowp's algorithm: a fourth-order expansion
 * around -1/8 on [-1/4, 0), then one factor per set bit of what was taken away.) */
static inline int32_t th_exp_on_negative(int32_t a) {
  static const int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
  if (a == 0) return INT32_MAX;

  const int32_t quarter = INT32_C(1) << 24;
  const int32_t a_mod_quarter = (a & (quarter - 1)) - quarter;
  const int32_t x = th_wrapping_add(th_saturating_shift_left(a_mod_quarter, 5), INT32_C(1) << 28);
  const int32_t x2 = th_doubling_high_mul(x, x);
  const int32_t x3 = th_doubling_high_mul(x2, x);
  const int32_t x4 = th_doubling_high_mul(x2, x2);
  const int32_t third = 715827883;      /* 1/3 */
  const int32_t exp_eighth = 1895147668; /* exp(-1/8) */
  const int32_t high_terms =
      th_rounding_shift_right(th_doubling_high_mul(th_rounding_shift_right(x4, 2) + x3, third) + x2, 1);
  int32_t result = exp_eighth + th_doubling_high_mul(exp_eighth, x + high_terms);

  const uint32_t remainder = (uint32_t)a_mod_quarter - (uint32_t)a;
  for (int32_t i = 0; i < 7; ++i) {
    if (remainder & (UINT32_C(1) << (24 + i))) result = th_doubling_high_mul(result, factors[i]);
  }
  return result;
}

/* 1 / (1 + a) for a in [0, 1). a, result: Q0.31. (gemmlowp's algorithm: three Newton-Raphson steps in Q2.29.) */
static inline int32_t th_reciprocal_of_one_plus(int32_t a) {
  const int32_t half_denominator = (int32_t)(((int64_t)a + INT32_MAX + 1) / 2);
  const int32_t one = INT32_C(1) << 29;
  int32_t x = 1515870810 + th_doubling_high_mul(half_denominator, -1010580540); /* 48/17 - 32/17 d */
  for (int32_t i = 0; i < 3; ++i) {
    const int32_t error = one - th_doubling_high_mul(half_denominator, x);
    x = th_wrapping_add(x, th_saturating_shift_left(th_doubling_high_mul(x, error), 2));
  }
  return th_saturating_shift_left(x, 1);
}

/* 1 / x for x > 0. x: Q12.19; result: Q0.31, to be divided by 2^*bits_over_unit. */
static inline int32_t th_reciprocal(int32_t x, int32_t *bits_over_unit) {
  uint32_t normalized = (uint32_t)x;
  int32_t headroom = 0;
  while (!(normalized & (UINT32_C(1) << 31))) {
    normalized <<= 1;
    ++headroom;
  }
  *bits_over_unit = 12 - headroom;
  return th_reciprocal_of_one_plus((int32_t)(normalized - (UINT32_C(1) << 31)));
}

#endif
