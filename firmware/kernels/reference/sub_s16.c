/* SUB, int16 - int16 -> int16, each with its own scale, either one broadcast. */
#include "kernels/reference/add.h"
#include "kernels/reference/broadcast.h"
#include "kernels/reference/reference.h"

/* operands: output [dims], input 1, input 2. Works in place on an input that is not broadcast. */
void th_sub_s16(const void *params, void *const *operands) {
  const th_add_params *p = params;
  int16_t *output = operands[0];
  const int16_t *input1 = operands[1];
  const int16_t *input2 = operands[2];

  TH_FOR_EACH_PAIR(p, a, b, out, {
    const int32_t sum = th_rescaled_input1(p, input1[a]) - th_rescaled_input2(p, input2[b]);
    output[out] = (int16_t)th_rescaled_output(p, sum);
  });
}
