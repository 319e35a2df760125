/* PRELU, int8 or int16 with slopes of int8: negative inputs are multiplied by a slope that broadcasts. */
#include "kernels/fixed_point.h"
#include "kernels/params.h"
#include "kernels/reference/broadcast.h"
#include "kernels/reference/element.h"
#include "kernels/reference/reference.h"

/* operands: output [dims], input [dims], slopes int8. Works in place on the input if it is not broadcast. */
void th_prelu(const void *params, void *const *operands) {
  const th_prelu_params *p = params;
  const int8_t *slopes = operands[2];

  TH_FOR_EACH_PAIR(p, a, b, out, {
    const int32_t input = th_load(operands[1], p->dtype, a) + p->input_offset;
    const int32_t slope = slopes[b] + p->slope_offset;
    const int32_t scaled = input >= 0 ? th_requantize(input, p->identity_multiplier, p->identity_shift)
                                      : th_requantize(input * slope, p->slope_multiplier, p->slope_shift);
    th_store(operands[0], p->dtype, out, th_wrapping_add(scaled, p->output_offset));
  });
}
