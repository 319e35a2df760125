/* Sizes in checks: 64 bits wide, and no product that could leave them. */
#ifndef TINYHIL_EXTENT_H
#define TINYHIL_EXTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engines/plan/plan_format.h"

/* No extent, stride or padding is larger; so no sum of two products of two leaves 63 bits. */
enum { TH_EXTENT_LIMIT = 1 << 28 };

/* Whether each of `count` values is in [low, TH_EXTENT_LIMIT]. */
static inline bool th_extents(const int32_t *values, size_t count, int32_t low) {
  for (size_t i = 0; i < count; ++i) {
    if (values[i] < low || values[i] > TH_EXTENT_LIMIT) return false;
  }
  return true;
}

/* Product of extents (each in [0, TH_EXTENT_LIMIT]), or INT32_MAX + 1 when it is larger than INT32_MAX. */
static inline int64_t th_product(const int32_t *extents, size_t count) {
  int64_t product = 1;
  for (size_t i = 0; i < count; ++i) {
    product *= extents[i];
    if (product > INT32_MAX) return INT64_C(1) << 31;
  }
  return product;
}

/* Whether an operand holds the elements of these extents; element_bytes at most 8. An absent one holds nothing. */
static inline bool th_holds(const th_operand *operand, int64_t elements, int64_t element_bytes) {
  return elements <= INT32_MAX && elements * element_bytes <= operand->bytes;
}

/* Whether two operands share no byte. Scratch memory that holds pointers must be apart from what the kernel writes. */
static inline bool th_apart(const th_operand *a, const th_operand *b) {
  return (uint64_t)a->ref + a->bytes <= b->ref || (uint64_t)b->ref + b->bytes <= a->ref;
}

/* Whether a kernel can shift by each of `count` values. limit: 31, or 7 for 64-bit accumulators. */
static inline bool th_shifts(const int32_t *values, size_t count, int32_t limit) {
  for (size_t i = 0; i < count; ++i) {
    if (values[i] < -31 || values[i] > limit) return false;
  }
  return true;
}

#define TH_EXTENTS(low, ...) \
  th_extents((const int32_t[]){__VA_ARGS__}, sizeof((const int32_t[]){__VA_ARGS__}) / sizeof(int32_t), low)
#define TH_PRODUCT(...) \
  th_product((const int32_t[]){__VA_ARGS__}, sizeof((const int32_t[]){__VA_ARGS__}) / sizeof(int32_t))

/* operands[first], operands[first + 1]: int32 per channel (multipliers, shifts); operands[first - 1]: the bias, of
 * bias_bytes each, or absent. */
static inline bool th_holds_channels(const th_operand *operands, int32_t first, int32_t channels, int64_t bias_bytes) {
  const th_operand *bias = &operands[first - 1];
  return (bias->bytes == 0 || (bias->ref % bias_bytes == 0 && th_holds(bias, channels, bias_bytes))) &&
         th_holds(&operands[first], channels, 4) && th_holds(&operands[first + 1], channels, 4);
}

#endif
