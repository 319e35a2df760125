/* FULLY_CONNECTED, int8, per channel: a word of weights, masked, has those of two filters, one in each half. */
#include <stdbool.h>

#include "kernels/fast/scalar/filters.h"
#include "kernels/fast/scalar/requantize.h"
#include "kernels/fast/scalar/scalar.h"
#include "kernels/fast/scalar/sums.h"
#include "kernels/params.h"

enum { BYTES = 0x00FF00FF, ZEROS = 0x00800080 }; /* what weights of 0 are stored as */

/* Lays out a quad of activations: what a sum of the first two begins with, those, and the same of the other two. Stored
 * weights are 128 too large, which the beginnings take back. */
static uint32_t *lay_out(uint32_t *to, int32_t a, int32_t b, int32_t c, int32_t d) {
  to[0] = TH_SCALAR_HALF - (uint32_t)(a + b) * ZEROS;
  to[1] = (uint32_t)a;
  to[2] = (uint32_t)b;
  to[3] = 0u - (uint32_t)(c + d) * ZEROS;
  to[4] = (uint32_t)c;
  to[5] = (uint32_t)d;
  return to + 6;
}

static void lay_out_row(uint32_t *to, const int8_t *input, int32_t depth) {
  for (; depth >= 4; depth -= 4, input += 4) to = lay_out(to, input[0], input[1], input[2], input[3]);
  if (depth > 0) lay_out(to, input[0], depth > 1 ? input[1] : 0, depth > 2 ? input[2] : 0, 0);
}

/* Products of an activation with a group's weights. */
static inline __attribute__((always_inline)) void multiply(uint32_t *first, uint32_t *second, uint32_t activation, uint32_t weights) {
  *first += activation * (weights & BYTES);
  *second += activation * (weights >> 8 & BYTES);
}

/* Sums of a group of four filters: of 0 and 1, of 2 and 3. */
static inline __attribute__((always_inline)) void multiply_group(th_scalar_sums *sums01, th_scalar_sums *sums23, const uint32_t *row,
                                                                 const uint32_t *weights, int32_t quads, bool tight) {
  th_scalar_sums a = *sums01, b = *sums23;
  for (; quads > 0; --quads, row += 6, weights += 4) {
    uint32_t first = row[0], second = row[0];
    multiply(&first, &second, row[1], weights[0]);
    multiply(&first, &second, row[2], weights[1]);
    if (tight) {
      first += row[3];
      second += row[3];
    } else {
      th_scalar_take(&a, first);
      th_scalar_take(&b, second);
      first = second = row[3] + TH_SCALAR_HALF;
    }
    multiply(&first, &second, row[4], weights[2]);
    multiply(&first, &second, row[5], weights[3]);
    th_scalar_take(&a, first);
    th_scalar_take(&b, second);
  }
  *sums01 = a;
  *sums23 = b;
}

/* operands: output [batches, output_depth], scratch uint32 [quads of input_depth, 6], input [batches, input_depth], packed
 * weights (filters.h). */
void th_scalar_fully_connected_s8(const void *params, void *const *operands) {
  const th_fully_connected_params *p = params;
  int8_t *output = operands[0];
  uint32_t *row = operands[1];
  const int8_t *input = operands[2];
  const int32_t *packed = operands[3];
  const int32_t quads = th_scalar_quads(p->input_depth);
  const th_scalar_output to = {packed[0], p->output_offset, p->activation_min, p->activation_max};
  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->input_depth) {
    const int32_t *group = packed + 1;
    lay_out_row(row, input, p->input_depth);
    for (int32_t left = p->output_depth; left > 0; left -= TH_SCALAR_GROUP, group += TH_SCALAR_GROUP_WORDS(quads)) {
      const bool tight = group[16] != 0;
      const uint32_t *weights = (const uint32_t *)(group + 17);
      const int32_t parts = tight ? quads : 2 * quads;
      th_scalar_sums a = th_scalar_begin(group[0], group[4], parts), b = th_scalar_begin(group[8], group[12], parts);
      if (tight) multiply_group(&a, &b, row, weights, quads, true);
      else multiply_group(&a, &b, row, weights, quads, false);
      const int32_t sums[TH_SCALAR_GROUP] = {th_scalar_lower(&a), th_scalar_upper(&a), th_scalar_lower(&b), th_scalar_upper(&b)};
      if (left >= TH_SCALAR_GROUP) {
        th_scalar_finish_four(output, sums, group, &to);
        output += TH_SCALAR_GROUP;
      } else {
        for (int32_t filter = 0; filter < left; ++filter) *output++ = th_scalar_finished(sums[filter], group + 4 * filter + 1, &to);
      }
    }
  }
}
