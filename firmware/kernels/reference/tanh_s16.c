/* TANH, int16 -> int16 (zero point 0, scale 2^-15). */
#include "kernels/params.h"
#include "kernels/reference/reference.h"
#include "kernels/reference/sigmoid.h"

/* operands: output [elements], input [elements], table uint16 [256]: sigmoid(i / 24) in Q0.16. Works in place. */
void th_tanh_s16(const void *params, void *const *operands) {
  const th_sigmoid_s16_params *p = params;
  int16_t *output = operands[0];
  const int16_t *input = operands[1];

  for (int32_t i = 0; i < p->elements; ++i) output[i] = th_tanh_q15(operands[2], th_sigmoid_argument(p, input[i]));
}
