/* Two rows of activations times packed filters. */
#ifndef TINYHIL_FAST_MVE_GEMM_H
#define TINYHIL_FAST_MVE_GEMM_H

#include "kernels/fast/mve/requantize.h"

typedef struct {
  int32_t depth; /* of a row and of a filter */
  int32_t channels;
  const int8_t *filters;    /* pairs of filters, 16 weights of one, 16 of the other, ...; the last ones padded with 0 */
  const int32_t *constants; /* biases, multipliers, shifts, th_mve_quads(channels) each */
  th_mve_output output;
} th_mve_gemm;

/* Channels as constants and accumulators count them: whole vectors. */
static inline int32_t th_mve_quads(int32_t channels) { return (channels + 3) / 4 * 4; }

/* rows: `depth` bytes each; output: `channels` bytes each. With one pixel both may be the same, its second one is not written. */
void th_mve_gemm_pixels(const th_mve_gemm *g, const int8_t *row0, const int8_t *row1, int8_t *output, int32_t pixels);

#endif
