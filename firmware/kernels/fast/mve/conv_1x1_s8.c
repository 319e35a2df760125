/* CONV_2D with a 1x1 filter and stride 1, int8, per channel. */
#include "kernels/fast/mve/gemm.h"
#include "kernels/fast/mve/mve.h"
#include "kernels/params.h"

/* operands: output [pixels, output_depth], input [pixels, input_depth], packed filters, constants (gemm.h); pixels =
 * batches * height * width. */
void th_mve_conv_1x1_s8(const void *params, void *const *operands) {
  const th_conv_2d_params *p = params;
  int8_t *output = operands[0];
  const int8_t *input = operands[1];
  const th_mve_gemm g = {
      .depth = p->input_depth,
      .channels = p->output_depth,
      .filters = operands[2],
      .constants = operands[3],
      .output = th_mve_output_of(p->output_offset, p->activation_min, p->activation_max),
  };
  th_mve_gemm_pixels(&g, input, output, p->batches * p->output_height * p->output_width);
}
