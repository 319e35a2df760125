/* What the kernels of int16 activations and int8 weights share: the accumulator's way to an output. */
#ifndef TINYHIL_ACCUMULATE_H
#define TINYHIL_ACCUMULATE_H

#include <stdbool.h>
#include <stddef.h>

#include "kernels/fixed_point.h"

/* A bias per channel: int32 where the accumulators have 32 bits, else int64. NULL: none. */
static inline int64_t th_bias(const void *biases, int32_t accumulator_bits, int32_t channel) {
  if (biases == NULL) return 0;
  return accumulator_bits == 32 ? ((const int32_t *)biases)[channel] : ((const int64_t *)biases)[channel];
}

/* 32 bits: the sum wraps, then rounds twice; 64 bits: th_requantize_wide. */
static inline int32_t th_scale_accumulator(int64_t acc, int32_t accumulator_bits, int32_t multiplier, int32_t shift) {
  return accumulator_bits == 32 ? th_requantize(th_from_bits((uint32_t)acc), multiplier, shift)
                                : th_requantize_wide(acc, multiplier, shift);
}

#endif
