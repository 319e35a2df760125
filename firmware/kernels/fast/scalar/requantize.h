/* One sum to int8, as the packed constants say (filters.h). */
#ifndef TINYHIL_FAST_SCALAR_REQUANTIZE_H
#define TINYHIL_FAST_SCALAR_REQUANTIZE_H

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
  const int64_t product = (int64_t)x * factor + (INT64_C(1) << 31);
  return th_wrapping_add(x, (int32_t)(product >> 32));
}

#endif

/* TH_SCALAR_FINISH_ANY; constants: the three words that it takes. Not inlined: rare, and large. */
int8_t th_scalar_finished_any(int32_t sum, const int32_t *constants, const th_scalar_output *to);

/* TH_SCALAR_FINISH_QUICK. */
static inline int8_t th_scalar_finished_quick(int32_t sum, int32_t factor, int32_t shift, int32_t moved, int32_t low, int32_t high) {
  const int32_t x = th_scalar_scaled(sum, factor);
  return (int8_t)th_clamp(th_wrapping_add(th_wrapping_add(x, x >> 31), moved) >> (shift & 31), low, high);
}

/* Either. */
static inline int8_t th_scalar_finished(int32_t sum, const int32_t *constants, const th_scalar_output *to) {
  if (to->finish != TH_SCALAR_FINISH_QUICK) return th_scalar_finished_any(sum, constants, to);
  return th_scalar_finished_quick(sum, constants[0], constants[1], constants[2], to->low, to->high);
}

#endif
