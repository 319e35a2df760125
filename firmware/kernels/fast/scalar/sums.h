/* Two sums in one word: a product of a weight with a + 2^16 * b is two products. Parts of the sums, whose lower half fits 16
 * bits, are added up as a word; then the upper half is taken out. */
#ifndef TINYHIL_FAST_SCALAR_SUMS_H
#define TINYHIL_FAST_SCALAR_SUMS_H

#include <stdint.h>

#include "kernels/fixed_point.h"

enum { TH_SCALAR_HALF = 1 << 15 }; /* makes the lower half of a part positive, so that it borrows nothing from the upper */

typedef struct {
  uint32_t upper; /* the sum of upper halves */
  uint32_t all;   /* of all parts: 2^16 * upper + lower + TH_SCALAR_HALF for each */
} th_scalar_sums;

/* Sums of so many parts, which begin with these biases. */
static inline th_scalar_sums th_scalar_begin(int32_t lower, int32_t upper, int32_t parts) {
  return (th_scalar_sums){(uint32_t)upper, ((uint32_t)upper << 16) + (uint32_t)lower - (uint32_t)TH_SCALAR_HALF * (uint32_t)parts};
}

/* A part, with TH_SCALAR_HALF in it. */
static inline void th_scalar_take(th_scalar_sums *sums, uint32_t part) {
  sums->all += part;
  sums->upper += (uint32_t)((int32_t)part >> 16);
}

static inline int32_t th_scalar_upper(const th_scalar_sums *sums) { return th_from_bits(sums->upper); }
static inline int32_t th_scalar_lower(const th_scalar_sums *sums) { return th_from_bits(sums->all - (sums->upper << 16)); }

#endif
