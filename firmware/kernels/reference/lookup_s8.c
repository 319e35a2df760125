/* Any function of one int8 (LOGISTIC, TANH, HARD_SWISH, ELU, LEAKY_RELU), by a table that the host computes. */
#include "kernels/params.h"
#include "kernels/reference/reference.h"

/* operands: output [elements], input [elements], table int8 [256], its index being the input + 128. Works in place. */
void th_lookup_s8(const void *params, void *const *operands) {
  const th_lookup_s8_params *p = params;
  int8_t *output = operands[0];
  const int8_t *input = operands[1];
  const int8_t *table = operands[2];

  for (int32_t i = 0; i < p->elements; ++i) output[i] = table[input[i] + 128];
}
