/* The tiles in portable C: what the assembly does, instruction by instruction. Only built where there is no assembly. */
#include "kernels/fast/dsp/requantize.h"
#include "kernels/fast/dsp/simd.h"
#include "kernels/fast/dsp/tile.h"

#if !defined(__ARM_FEATURE_DSP) || !__ARM_FEATURE_DSP

static int32_t smlad(uint32_t a, uint32_t b, int32_t acc) { return th_smlatt(a, b, th_smlabb(a, b, acc)); }

/* One block. */
static const int32_t *multiply(const th_dsp_tile *tile, int32_t row_count) {
  const int32_t *group = tile->group;
  const th_dsp_output to = {.finish = tile->finish};
  for (int32_t g = 0; g < tile->groups; ++g) {
    const int32_t *constants = group + 4 + 2 * tile->pairs;
    for (int32_t row = 0; row < row_count; ++row) {
      int32_t sums[4] = {group[0], group[1], group[2], group[3]};
      for (int32_t pair = 0; pair < tile->pairs; ++pair) {
        const uint32_t x = tile->rows[row_count * pair + row];
        for (int32_t two = 0; two < 2; ++two) {
          const uint32_t weights = (uint32_t)group[4 + 2 * pair + two];
          sums[2 * two] = smlad(weights, x, sums[2 * two]);
          sums[2 * two + 1] = smlad(th_sxtb16(weights), x, sums[2 * two + 1]);
        }
      }
      for (int32_t two = 0; two < 2; ++two) {
        sums[2 * two] = th_wrapping_add(sums[2 * two], th_negated(sums[2 * two + 1])) >> 7;
        sums[2 * two + 1] = th_wrapping_add(sums[2 * two + 1], sums[2 * two + 1]);
      }
      for (int32_t filter = 0; filter < TH_DSP_GROUP; ++filter) {
        if (tile->finish == TH_DSP_FINISH_ANY) {
          tile->sums[(g * TH_DSP_GROUP + filter) * row_count + row] = sums[filter];
        } else {
          int8_t *output = row == 0 ? tile->output0 : tile->output1;
          output[g * TH_DSP_GROUP + filter] = th_dsp_finished(sums[filter], constants + 3 * filter, &to);
        }
      }
    }
    group = constants + 12;
  }
  return group;
}

const int32_t *th_dsp_tile_portable(const th_dsp_tile *tile, int32_t row_count) {
  th_dsp_tile block = *tile;
  const int32_t *end = tile->group;
  for (int32_t left = tile->blocks; left > 0; --left) {
    end = multiply(&block, row_count);
    block.rows += row_count * tile->pairs;
    block.output0 += 2 * TH_DSP_GROUP * tile->groups;
    block.output1 += 2 * TH_DSP_GROUP * tile->groups;
  }
  return end;
}

#endif
