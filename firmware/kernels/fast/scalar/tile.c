/* Rows times packed filters, filter by filter. */
#include "kernels/fast/scalar/tile.h"

#include <stdbool.h>

#define INLINE static inline __attribute__((always_inline))

enum { HALF = 1 << 15 }; /* makes lower halves positive, so that they borrow nothing */

/* Two sums each: of the upper halves, and of all. */
typedef struct {
  uint32_t upper;
  uint32_t all;
} pair_sums;

INLINE void take(pair_sums *sums, uint32_t part) {
  sums->all += part;
  sums->upper += (uint32_t)((int32_t)part >> 16);
}

/* Four taps of a pair of rows. */
INLINE void multiply_quad(pair_sums *sums, const uint32_t *rows, const int8_t *weights, bool tight) {
  uint32_t part = HALF + rows[0] * (uint32_t)weights[0];
  part += rows[2] * (uint32_t)weights[1];
  if (!tight) {
    take(sums, part);
    part = HALF;
  }
  part += rows[4] * (uint32_t)weights[2];
  part += rows[6] * (uint32_t)weights[3];
  take(sums, part);
}

/* sums[pair]: begins with the bias, ends with the sums of the rows of `pairs` pairs. */
INLINE void multiply(pair_sums *sums, int32_t pairs, const uint32_t *rows, const int8_t *weights, int32_t quads, bool tight) {
  const uint32_t borrowed = (uint32_t)HALF * (uint32_t)quads * (tight ? 1u : 2u);
  pair_sums first = {sums[0].upper, sums[0].upper * 0x10001u - borrowed}, second = first;
  for (; quads > 0; --quads, rows += 8, weights += 16) {
    multiply_quad(&first, rows, weights, tight);
    if (pairs == 2) multiply_quad(&second, rows + 1, weights, tight);
  }
  sums[0] = first;
  sums[1] = second;
}

void th_scalar_tile(const th_scalar_job *job, int8_t *output, int32_t count) {
  const int32_t *group = job->packed + 1;
  for (int32_t channel = 0; channel < job->channels; channel += TH_SCALAR_GROUP) {
    const int32_t left = job->channels - channel, filters = left < TH_SCALAR_GROUP ? left : TH_SCALAR_GROUP;
    const bool tight = group[16] != 0;
    const int8_t *weights = (const int8_t *)(group + 17);
    for (int32_t filter = 0; filter < filters; ++filter, weights += 4) {
      const int32_t *constants = group + 4 * filter;
      pair_sums sums[2] = {{(uint32_t)constants[0], 0}, {0, 0}};
      if (count > 2) {
        if (tight) multiply(sums, 2, job->rows, weights, job->quads, true);
        else multiply(sums, 2, job->rows, weights, job->quads, false);
      } else {
        if (tight) multiply(sums, 1, job->rows, weights, job->quads, true);
        else multiply(sums, 1, job->rows, weights, job->quads, false);
      }
      int8_t *to = output + channel + filter;
      for (int32_t row = 0; row < count; ++row, to += job->channels) {
        const pair_sums *pair = &sums[row / 2];
        const uint32_t sum = row % 2 != 0 ? pair->upper : pair->all - (pair->upper << 16);
        *to = th_scalar_finished(th_from_bits(sum), constants + 1, &job->to);
      }
    }
    group += th_scalar_group_bytes(job->quads) / 4;
  }
}

INLINE void multiply_row_quad(uint32_t *sums, const int8_t *row, const int8_t *weights) {
  for (int32_t filter = 0; filter < TH_SCALAR_GROUP; ++filter) {
    for (int32_t tap = 0; tap < 4; ++tap) sums[filter] += (uint32_t)(row[tap] * weights[4 * filter + tap]);
  }
}

void th_scalar_row(const th_scalar_job *job, const int8_t *row, int32_t taps, int8_t *output) {
  const int32_t *group = job->packed + 1;
  const int32_t whole = taps / 4;
  int8_t last[4] = {0};
  for (int32_t i = 0; i < taps % 4; ++i) last[i] = row[4 * whole + i];
  for (int32_t channel = 0; channel < job->channels; channel += TH_SCALAR_GROUP, output += TH_SCALAR_GROUP) {
    const int32_t left = job->channels - channel, filters = left < TH_SCALAR_GROUP ? left : TH_SCALAR_GROUP;
    const int8_t *weights = (const int8_t *)(group + 17), *from = row;
    uint32_t sums[TH_SCALAR_GROUP] = {(uint32_t)group[0], (uint32_t)group[4], (uint32_t)group[8], (uint32_t)group[12]};
    for (int32_t quad = 0; quad < whole; ++quad, from += 4, weights += 16) multiply_row_quad(sums, from, weights);
    if (whole < job->quads) multiply_row_quad(sums, last, weights);
    for (int32_t filter = 0; filter < filters; ++filter) {
      output[filter] = th_scalar_finished(th_from_bits(sums[filter]), group + 4 * filter + 1, &job->to);
    }
    group += th_scalar_group_bytes(job->quads) / 4;
  }
}
