/* LEAKY_RELU, int16 -> int16: two factors, one for each sign of the input. */
#include "kernels/fixed_point.h"
#include "kernels/params.h"
#include "kernels/reference/reference.h"

/* operands: output [elements], input [elements]. Works in place. */
void th_leaky_relu_s16(const void *params, void *const *operands) {
  const th_leaky_relu_s16_params *p = params;
  int16_t *output = operands[0];
  const int16_t *input = operands[1];

  for (int32_t i = 0; i < p->elements; ++i) {
    const int32_t value = input[i] + p->input_offset;
    int32_t scaled;
    if (value >= 0) {
      scaled = th_requantize(value, p->identity_multiplier, p->identity_shift);
    } else {
      scaled = th_requantize(value, p->alpha_multiplier, p->alpha_shift);
      if (p->alpha_is_negative) scaled = th_from_bits(0u - (uint32_t)scaled);
    }
    output[i] = (int16_t)th_clamp(th_wrapping_add(scaled, p->output_offset), INT16_MIN, INT16_MAX);
  }
}
