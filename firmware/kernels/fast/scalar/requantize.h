/* One sum to int8, as the packed constants say (filters.h). */
#ifndef TINYHIL_FAST_SCALAR_REQUANTIZE_H
#define TINYHIL_FAST_SCALAR_REQUANTIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/fast/scalar/filters.h"
#include "kernels/fixed_point.h"

typedef struct {
  int32_t finish; /* th_scalar_finish */
  int32_t offset; /* the output's zero point */
  int32_t low;
  int32_t high;
} th_scalar_output;

#if defined(__ARM_ARCH_6M__)

/* x + x * factor / 2^32, rounded, halves up; |x| < 2^29, factor even and negative. Armv6-M multiplies 32 by 32 bits to 32:
 * four products of halves. */
static inline int32_t th_scalar_scaled(int32_t x, int32_t factor) {
  const int32_t half = factor >> 1, top = half >> 16, x_top = x >> 16;
  const uint32_t bottom = (uint32_t)half & 0xFFFFu, x_bottom = (uint32_t)x & 0xFFFFu;
  const uint32_t middle = (uint32_t)x_top * bottom + x_bottom * (uint32_t)top + (x_bottom * bottom >> 16) + (1u << 14);
  return th_from_bits((uint32_t)x + 2u * (uint32_t)x_top * (uint32_t)top + (uint32_t)((int32_t)middle >> 15));
}

#else

/* x + x * factor / 2^32, rounded, halves up. */
static inline int32_t th_scalar_scaled(int32_t x, int32_t factor) {
  const int64_t product = (int64_t)x * factor;
  return th_from_bits((uint32_t)x + (uint32_t)((uint64_t)product >> 32) + ((uint32_t)product >> 31));
}

#endif

/* constants: the three words of the finish. Not inlined: rare, and large. */
int8_t th_scalar_finished(int32_t sum, const int32_t *constants, const th_scalar_output *to);

/* TH_SCALAR_FINISH_QUICK: to the output before it is bounded. */
static inline int32_t th_scalar_unbounded(int32_t sum, int32_t factor, int32_t shift, int32_t moved) {
  const int32_t x = th_scalar_scaled(sum, factor);
  return th_from_bits((uint32_t)x + (uint32_t)(x >> 31) + (uint32_t)moved) >> (shift & 31);
}

/* Bounded to int8. */
static inline int8_t th_scalar_int8(int32_t x) {
#if defined(__ARM_ARCH_7M__)
  int32_t bounded;
  __asm__("ssat %0, #8, %1" : "=r"(bounded) : "r"(x));
  return (int8_t)bounded;
#else
  return (int8_t)th_clamp(x, INT8_MIN, INT8_MAX);
#endif
}

/* Whether the bounds are those of int8, which take the least work. */
static inline bool th_scalar_bounds_are_int8(const th_scalar_output *to) { return to->low == INT8_MIN && to->high == INT8_MAX; }

/* Four sums, each with its constants: the bias, which is not used, and the three words of the finish. */
static inline __attribute__((always_inline)) void th_scalar_finish_four(int8_t *output, const int32_t sums[4], const int32_t *constants,
                                                                        const th_scalar_output *to) {
  if (to->finish != TH_SCALAR_FINISH_QUICK || !th_scalar_bounds_are_int8(to)) {
    for (int32_t i = 0; i < 4; ++i) output[i] = th_scalar_finished(sums[i], constants + 4 * i + 1, to);
    return;
  }
  output[0] = th_scalar_int8(th_scalar_unbounded(sums[0], constants[1], constants[2], constants[3]));
  output[1] = th_scalar_int8(th_scalar_unbounded(sums[1], constants[5], constants[6], constants[7]));
  output[2] = th_scalar_int8(th_scalar_unbounded(sums[2], constants[9], constants[10], constants[11]));
  output[3] = th_scalar_int8(th_scalar_unbounded(sums[3], constants[13], constants[14], constants[15]));
}

#endif
