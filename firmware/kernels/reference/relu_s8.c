/* RELU and RELU6, int8 -> int8: requantised, then bounded. */
#include "kernels/fixed_point.h"
#include "kernels/params.h"
#include "kernels/reference/reference.h"

/* operands: output [elements], input [elements]. Works in place. */
void th_relu_s8(const void *params, void *const *operands) {
  const th_relu_params *p = params;
  int8_t *output = operands[0];
  const int8_t *input = operands[1];

  for (int32_t i = 0; i < p->elements; ++i) {
    output[i] = (int8_t)th_scale_offset_clamp(input[i] + p->input_offset, p->output_multiplier, p->output_shift,
                                              p->output_offset, p->activation_min, p->activation_max);
  }
}
