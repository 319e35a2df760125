/* SOFTMAX over the last dimension, int8 -> int16 (zero point -32768, scale 1/65536). */
#include "kernels/params.h"
#include "kernels/reference/reference.h"
#include "kernels/reference/softmax.h"

/* operands: output int16 [rows, depth], input int8 [rows, depth]. */
void th_softmax_s8_s16(const void *params, void *const *operands) {
  const th_softmax_s8_params *p = params;
  int16_t *output = operands[0];
  const int8_t *input = operands[1];

  for (int32_t row = 0; row < p->rows; ++row, input += p->depth, output += p->depth) {
    const th_softmax_row scale = th_softmax_prepare(p, input);
    for (int32_t i = 0; i < p->depth; ++i) {
      output[i] = (int16_t)th_softmax_probability(p, &scale, input[i], 16);
    }
  }
}
