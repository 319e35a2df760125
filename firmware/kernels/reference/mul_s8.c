/* MUL, int8 x int8 -> int8, each with its own scale, either one broadcast. */
#include "kernels/fixed_point.h"
#include "kernels/params.h"
#include "kernels/reference/broadcast.h"
#include "kernels/reference/reference.h"

/* operands: output [dims], input 1, input 2. Works in place on an input that is not broadcast. */
void th_mul_s8(const void *params, void *const *operands) {
  const th_mul_params *p = params;
  int8_t *output = operands[0];
  const int8_t *input1 = operands[1];
  const int8_t *input2 = operands[2];

  TH_FOR_EACH_PAIR(p, a, b, out, {
    const int32_t product = (input1[a] + p->input1_offset) * (input2[b] + p->input2_offset);
    output[out] = (int8_t)th_scale_offset_clamp(product, p->output_multiplier, p->output_shift, p->output_offset,
                                               p->activation_min, p->activation_max);
  });
}
