/* The inner loop in C, and what chooses it. */
#include "kernels/fast/scalar/multiply.h"

#if defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_7M__)

void th_scalar_multiply(th_scalar_sums sums[TH_SCALAR_FILTERS][2], __attribute__((unused)) int32_t pairs, const uint32_t *rows,
                        const int8_t *weights, int32_t quads, bool tight) {
  if (tight) th_scalar_multiply_tight(sums[0], rows, weights, rows + 8 * quads);
  else th_scalar_multiply_loose(sums[0], rows, weights, rows + 8 * quads);
}

#else

#define INLINE static inline __attribute__((always_inline))

/* Four taps of a pair of rows. */
INLINE void multiply_quad(th_scalar_sums *sums, const uint32_t *rows, const int8_t *weights, bool tight) {
  uint32_t part = TH_SCALAR_HALF + rows[0] * (uint32_t)weights[0];
  part += rows[2] * (uint32_t)weights[1];
  if (!tight) {
    th_scalar_take(sums, part);
    part = TH_SCALAR_HALF;
  }
  part += rows[4] * (uint32_t)weights[2];
  part += rows[6] * (uint32_t)weights[3];
  th_scalar_take(sums, part);
}

INLINE void multiply(th_scalar_sums sums[TH_SCALAR_FILTERS][2], int32_t pairs, const uint32_t *rows, const int8_t *weights,
                     int32_t quads, bool tight) {
  th_scalar_sums a = sums[0][0], b = sums[0][1], c = sums[1][0], d = sums[1][1];
  for (; quads > 0; --quads, rows += 8, weights += 16) {
    multiply_quad(&a, rows, weights, tight);
    if (pairs == 2) multiply_quad(&b, rows + 1, weights, tight);
    multiply_quad(&c, rows, weights + 4, tight);
    if (pairs == 2) multiply_quad(&d, rows + 1, weights + 4, tight);
  }
  sums[0][0] = a, sums[0][1] = b, sums[1][0] = c, sums[1][1] = d;
}

void th_scalar_multiply(th_scalar_sums sums[TH_SCALAR_FILTERS][2], int32_t pairs, const uint32_t *rows, const int8_t *weights,
                        int32_t quads, bool tight) {
  if (pairs == 2) {
    if (tight) multiply(sums, 2, rows, weights, quads, true);
    else multiply(sums, 2, rows, weights, quads, false);
  } else {
    if (tight) multiply(sums, 1, rows, weights, quads, true);
    else multiply(sums, 1, rows, weights, quads, false);
  }
}

#endif
