/* Rows of activations times packed filters. */
#ifndef TINYHIL_FAST_MVE_GEMM_H
#define TINYHIL_FAST_MVE_GEMM_H

#include "kernels/fast/mve/requantize.h"

typedef struct {
  int32_t depth; /* of a row and of a filter */
  int32_t channels;
  const int8_t *filters;    /* pairs of filters, 16 weights of one, 16 of the other, ...; filled up with zeros, for depths of up
                               to 16 to whole groups of four; 16 bytes behind them are loaded but not used */
  const int32_t *constants; /* biases, multipliers, shifts, th_mve_quads(channels) each */
  th_mve_output output;
} th_mve_gemm;

enum { TH_MVE_GEMM_PAST = 16, TH_MVE_GEMM_PIXELS = 16, TH_MVE_GEMM_ROW_BYTES = 2304 };

/* Channels as constants count them: whole vectors. */
static inline int32_t th_mve_quads(int32_t channels) { return (channels + 3) / 4 * 4; }

/* Channels that packed filters are filled up to a multiple of. */
static inline int32_t th_mve_gemm_group(int32_t depth) { return depth <= 16 ? 4 : 2; }

/* How many rows are worth laying out before they are multiplied: 2 to TH_MVE_GEMM_PIXELS, even. */
static inline int32_t th_mve_gemm_rows(int32_t depth) {
  const int32_t rows = TH_MVE_GEMM_ROW_BYTES / depth / 2 * 2;
  return rows < 2 ? 2 : rows < TH_MVE_GEMM_PIXELS ? rows : TH_MVE_GEMM_PIXELS;
}

/* rows: `pixels` of `depth` bytes; output: `pixels` of `channels` bytes. */
void th_mve_gemm_pixels(const th_mve_gemm *g, const int8_t *rows, int8_t *output, int32_t pixels);

#endif
