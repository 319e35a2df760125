/* SOFTMAX over the last dimension, int8 -> int8 (zero point -128, scale 1/256). */
#include "kernels/params.h"
#include "kernels/reference/reference.h"
#include "kernels/reference/softmax.h"

/* operands: output [rows, depth], input [rows, depth]. Works in place. */
void th_softmax_s8(const void *params, void *const *operands) {
  const th_softmax_s8_params *p = params;
  int8_t *output = operands[0];
  const int8_t *input = operands[1];

  for (int32_t row = 0; row < p->rows; ++row, input += p->depth, output += p->depth) {
    const th_softmax_row scale = th_softmax_prepare(p, input);
    for (int32_t i = 0; i < p->depth; ++i) {
      output[i] = (int8_t)th_softmax_probability(p, &scale, input[i], 8);
    }
  }
}
