/* CONV_2D with 1x1 filters, stride 1, int8, per channel: pixels are rows as they lie. */
#include "kernels/fast/scalar/scalar.h"
#include "kernels/fast/scalar/tile.h"
#include "kernels/params.h"

/* operands: output [batches, height, width, output_depth], scratch uint32 [quads of input_depth, 4, 2], input [batches,
 * height, width, input_depth], packed filters. Works in place where output_depth <= input_depth: pixels are read before
 * any output reaches them. */
void th_scalar_conv_1x1_s8(const void *params, void *const *operands) {
  const th_conv_2d_params *p = params;
  int8_t *output = operands[0];
  const int8_t *input = operands[2];
  const int32_t *packed = operands[3];
  const int32_t depth = p->input_depth, channels = p->output_depth;
  const th_scalar_job job = {
      .rows = operands[1], .packed = packed, .quads = th_scalar_quads(depth), .channels = channels,
      .to = {packed[0], p->output_offset, p->activation_min, p->activation_max},
  };
  for (int32_t left = p->batches * p->output_height * p->output_width; left > 0; left -= TH_SCALAR_ROWS) {
    const int32_t count = left < TH_SCALAR_ROWS ? left : TH_SCALAR_ROWS, last = count - 1;
    const int8_t *const rows[TH_SCALAR_ROWS] = {input, input + depth * (last < 1 ? last : 1),
                                                input + depth * (last < 2 ? last : 2), input + depth * last};
    th_scalar_expand(operands[1], rows, depth);
    th_scalar_tile(&job, output, count);
    input += count * depth;
    output += count * channels;
  }
}
