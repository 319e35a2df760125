/* Rows times packed filters, filter by filter. */
#include "kernels/fast/scalar/tile.h"

#include <stdbool.h>

#include "kernels/fast/scalar/sums.h"

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

/* Sums of one or two pairs of rows with one filter; weights: its first quad. */
INLINE void multiply(th_scalar_sums *sums, int32_t pairs, const uint32_t *rows, const int8_t *weights, int32_t quads,
                     int32_t bias, bool tight) {
  th_scalar_sums first = th_scalar_begin(bias, bias, tight ? quads : 2 * quads), second = first;
  for (; quads > 0; --quads, rows += 8, weights += 16) {
    multiply_quad(&first, rows, weights, tight);
    if (pairs == 2) multiply_quad(&second, rows + 1, weights, tight);
  }
  sums[0] = first;
  sums[1] = second;
}

/* The sum of a row: rows of a pair in turn have the lower and the upper half. */
INLINE int32_t sum_of(const th_scalar_sums *sums, int32_t row) {
  return row % 2 != 0 ? th_scalar_upper(&sums[row / 2]) : th_scalar_lower(&sums[row / 2]);
}

/* Outputs of one filter, `channels` bytes apart. */
INLINE void finish(const th_scalar_job *job, const th_scalar_sums *sums, const int32_t *constants, int8_t *output, int32_t count) {
  if (job->to.finish != TH_SCALAR_FINISH_QUICK) {
    for (int32_t row = 0; row < count; ++row, output += job->channels) {
      *output = th_scalar_finished_any(sum_of(sums, row), constants, &job->to);
    }
    return;
  }
  const int32_t factor = constants[0], shift = constants[1], moved = constants[2], low = job->to.low, high = job->to.high;
  const int32_t channels = job->channels;
  *output = th_scalar_finished_quick(sum_of(sums, 0), factor, shift, moved, low, high);
  if (count == 1) return;
  output += channels;
  *output = th_scalar_finished_quick(sum_of(sums, 1), factor, shift, moved, low, high);
  if (count == 2) return;
  output += channels;
  *output = th_scalar_finished_quick(sum_of(sums, 2), factor, shift, moved, low, high);
  if (count == 3) return;
  output += channels;
  *output = th_scalar_finished_quick(sum_of(sums, 3), factor, shift, moved, low, high);
}

void th_scalar_tile(const th_scalar_job *job, int8_t *output, int32_t count) {
  const int32_t *group = job->packed + 1;
  for (int32_t channel = 0; channel < job->channels; channel += TH_SCALAR_GROUP) {
    const int32_t left = job->channels - channel, filters = left < TH_SCALAR_GROUP ? left : TH_SCALAR_GROUP;
    const bool tight = group[16] != 0;
    const int8_t *weights = (const int8_t *)(group + 17);
    for (int32_t filter = 0; filter < filters; ++filter, weights += 4) {
      const int32_t *constants = group + 4 * filter;
      th_scalar_sums sums[2];
      if (count > 2) {
        if (tight) multiply(sums, 2, job->rows, weights, job->quads, constants[0], true);
        else multiply(sums, 2, job->rows, weights, job->quads, constants[0], false);
      } else {
        if (tight) multiply(sums, 1, job->rows, weights, job->quads, constants[0], true);
        else multiply(sums, 1, job->rows, weights, job->quads, constants[0], false);
      }
      finish(job, sums, constants + 1, output + channel + filter, count);
    }
    group += TH_SCALAR_GROUP_WORDS(job->quads);
  }
}
