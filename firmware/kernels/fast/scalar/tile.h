/* Four rows of activations times packed filters.
 *
 * Rows are laid out in words: word 2 * tap is activation `tap` of row 0 + 2^16 * that of row 1, the next one the same of
 * rows 2 and 3. One product with a weight is two products, and sums stay apart while those of row 0 (2) fit 16 bits: for
 * two taps always, for four where the filters say so. Then the upper half is taken out. */
#ifndef TINYHIL_FAST_SCALAR_TILE_H
#define TINYHIL_FAST_SCALAR_TILE_H

#include <stdint.h>

#include "kernels/fast/scalar/requantize.h"

enum {
  TH_SCALAR_ROWS = 4,
  TH_SCALAR_TAP_BYTES = 8, /* of four rows */
};

typedef struct {
  const uint32_t *rows; /* [4 * quads][2] */
  const int32_t *packed;
  int32_t quads;
  int32_t channels;
  th_scalar_output to;
} th_scalar_job;

/* output: `channels` bytes for each of `count` rows, 1 to 4. */
void th_scalar_tile(const th_scalar_job *job, int8_t *output, int32_t count);

/* Bytes of four rows. */
static inline int64_t th_scalar_rows_bytes(int64_t quads) { return 4 * TH_SCALAR_TAP_BYTES * quads; }

/* Lays out `count` activations of each of four rows; returns where the next ones go. */
static inline uint32_t *th_scalar_expand(uint32_t *to, const int8_t *const from[TH_SCALAR_ROWS], int32_t count) {
  const int8_t *a = from[0], *b = from[1], *c = from[2], *d = from[3];
  for (; count > 0; --count, to += 2) {
    to[0] = (uint32_t)*a++ + ((uint32_t)*b++ << 16);
    to[1] = (uint32_t)*c++ + ((uint32_t)*d++ << 16);
  }
  return to;
}

#endif
