/* Rows times packed filters, filter by filter. */
#include "kernels/fast/scalar/tile.h"

#include <stdbool.h>

#include "kernels/fast/scalar/multiply.h"
#include "kernels/fast/scalar/sums.h"

#define INLINE static inline __attribute__((always_inline))

/* The sum of a row: rows of a pair in turn have the lower and the upper half. */
INLINE int32_t sum_of(const th_scalar_sums *sums, int32_t row) {
  return row % 2 != 0 ? th_scalar_upper(&sums[row / 2]) : th_scalar_lower(&sums[row / 2]);
}

/* Outputs of one filter, `channels` bytes apart. */
INLINE void finish(const th_scalar_job *job, const th_scalar_sums *sums, const int32_t *constants, int8_t *output, int32_t count) {
  const int32_t channels = job->channels;
  if (count < TH_SCALAR_ROWS || job->to.finish != TH_SCALAR_FINISH_QUICK || !th_scalar_bounds_are_int8(&job->to)) {
    for (int32_t row = 0; row < count; ++row, output += channels) {
      *output = th_scalar_finished(sum_of(sums, row), constants, &job->to);
    }
    return;
  }
  const int32_t factor = constants[0], shift = constants[1], moved = constants[2];
  for (int32_t pair = 0; pair < 2; ++pair) {
    *output = th_scalar_int8(th_scalar_unbounded(th_scalar_lower(&sums[pair]), factor, shift, moved));
    output += channels;
    *output = th_scalar_int8(th_scalar_unbounded(th_scalar_upper(&sums[pair]), factor, shift, moved));
    output += channels;
  }
}

void th_scalar_tile(const th_scalar_job *job, int8_t *output, int32_t count) {
  const int32_t *group = job->packed + 1;
  for (int32_t channel = 0; channel < job->channels; channel += TH_SCALAR_GROUP) {
    const int32_t left = job->channels - channel, filters = left < TH_SCALAR_GROUP ? left : TH_SCALAR_GROUP;
    const bool tight = group[16] != 0;
    const int32_t parts = tight ? job->quads : 2 * job->quads;
    const int8_t *weights = (const int8_t *)(group + 17);
    for (int32_t filter = 0; filter < filters; filter += TH_SCALAR_FILTERS, weights += 4 * TH_SCALAR_FILTERS) {
      th_scalar_sums sums[TH_SCALAR_FILTERS][2];
      for (int32_t i = 0; i < TH_SCALAR_FILTERS; ++i) {
        const int32_t bias = group[4 * (filter + i)];
        sums[i][0] = sums[i][1] = th_scalar_begin(bias, bias, parts);
      }
      th_scalar_multiply(sums, count > 2 ? 2 : 1, job->rows, weights, job->quads, tight);
      for (int32_t i = 0; i < TH_SCALAR_FILTERS && filter + i < filters; ++i) {
        finish(job, sums[i], group + 4 * (filter + i) + 1, output + channel + filter + i, count);
      }
    }
    group += TH_SCALAR_GROUP_WORDS(job->quads);
  }
}
