/* CONV_2D with 1x1 filters, stride 1, int8, per channel: pixels are rows as they lie. */
#include "kernels/fast/dsp/dsp.h"
#include "kernels/fast/dsp/expand.h"
#include "kernels/fast/dsp/rows.h"
#include "kernels/params.h"

/* operands: output [batches, height, width, output_depth], scratch uint32 [blocks, pairs of input_depth, 2], input [batches,
 * height, width, input_depth], packed filters. Works in place where output_depth <= input_depth: pixels are read before any
 * output reaches them. */
void th_dsp_conv_1x1_s8(const void *params, void *const *operands) {
  const th_conv_2d_params *p = params;
  int8_t *output = operands[0];
  uint32_t *rows = operands[1];
  const int8_t *input = operands[2];
  const int32_t depth = p->input_depth, channels = p->output_depth;
  const th_dsp_rows job = {
      .rows = rows, .packed = operands[3], .pairs = th_dsp_pairs(depth), .channels = channels,
      .output_offset = p->output_offset, .activation_min = p->activation_min, .activation_max = p->activation_max,
  };
  int32_t pixels = p->batches * p->output_height * p->output_width;
  const int32_t most = th_dsp_blocks(job.pairs, pixels);
  while (pixels > 1) {
    const int32_t blocks = pixels / 2 < most ? pixels / 2 : most;
    uint32_t *to = rows;
    for (int32_t block = 0; block < blocks; ++block, input += 2 * depth) to = th_dsp_expand_two(to, input, input + depth, depth);
    th_dsp_two_rows(&job, output, blocks);
    output += 2 * blocks * channels;
    pixels -= 2 * blocks;
  }
  if (pixels > 0) {
    th_dsp_expand(rows, 2, input, depth);
    th_dsp_first_row(&job, rows, output);
  }
}
