/* FULLY_CONNECTED, int8, per channel. */
#include "kernels/fast/dsp/dsp.h"
#include "kernels/fast/dsp/expand.h"
#include "kernels/fast/dsp/rows.h"
#include "kernels/params.h"

/* Row `input` as every `stride`-th word, filled up to `pairs`. */
static void expand_row(uint32_t *to, int32_t stride, const int8_t *input, int32_t depth, int32_t pairs) {
  uint32_t *end = th_dsp_expand(to, stride, input, depth);
  if (th_dsp_pairs(depth) < pairs) *end = 0;
}

/* operands: output [batches, output_depth], scratch uint32 [1 or 2 rows, pairs of input_depth, evened up], input [batches,
 * input_depth], packed filters. Two rows at a time, so that weights are read once for both. */
void th_dsp_fully_connected_s8(const void *params, void *const *operands) {
  const th_fully_connected_params *p = params;
  int8_t *output = operands[0];
  uint32_t *rows = operands[1];
  const int8_t *input = operands[2];
  const int32_t depth = p->input_depth, channels = p->output_depth;
  const th_dsp_rows job = {
      .rows = rows, .packed = operands[3], .pairs = (th_dsp_pairs(depth) + 1) / 2 * 2, .channels = channels,
      .output_offset = p->output_offset, .activation_min = p->activation_min, .activation_max = p->activation_max,
  };
  int32_t left = p->batches;
  for (; left > 1; left -= 2, input += 2 * depth, output += 2 * channels) {
    expand_row(rows, 2, input, depth, job.pairs);
    expand_row(rows + 1, 2, input + depth, depth, job.pairs);
    th_dsp_two_rows(&job, output, 1);
  }
  if (left > 0) {
    expand_row(rows, 1, input, depth, job.pairs);
    th_dsp_one_row(&job, output);
  }
}
