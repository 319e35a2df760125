/* FULLY_CONNECTED, int8, per channel. */
#include "kernels/fast/scalar/scalar.h"
#include "kernels/fast/scalar/tile.h"
#include "kernels/params.h"

/* operands: output [batches, output_depth], input [batches, input_depth], packed filters. */
void th_scalar_fully_connected_s8(const void *params, void *const *operands) {
  const th_fully_connected_params *p = params;
  int8_t *output = operands[0];
  const int8_t *input = operands[1];
  const int32_t *packed = operands[2];
  const th_scalar_job job = {
      .packed = packed, .quads = th_scalar_quads(p->input_depth), .channels = p->output_depth,
      .to = {packed[0], p->output_offset, p->activation_min, p->activation_max},
  };
  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->input_depth, output += p->output_depth) {
    th_scalar_row(&job, input, p->input_depth, output);
  }
}
