/* ADD, SUB and MUL of plain int32 numbers (no scale), wrapping, either one broadcast. */
#include "kernels/fixed_point.h"
#include "kernels/params.h"
#include "kernels/reference/broadcast.h"
#include "kernels/reference/reference.h"

static int32_t compute(int32_t operation, int32_t a, int32_t b) {
  switch (operation) {
    case TH_ARITHMETIC_SUB:
      return th_from_bits((uint32_t)a - (uint32_t)b);
    case TH_ARITHMETIC_MUL:
      return th_from_bits((uint32_t)a * (uint32_t)b);
    default:
      return th_wrapping_add(a, b);
  }
}

/* operands: output [dims], input 1, input 2. Works in place on an input that is not broadcast. */
void th_arithmetic_s32(const void *params, void *const *operands) {
  const th_arithmetic_s32_params *p = params;
  int32_t *output = operands[0];
  const int32_t *input1 = operands[1];
  const int32_t *input2 = operands[2];

  TH_FOR_EACH_PAIR(p, a, b, out, {
    output[out] = th_clamp(compute(p->operation, input1[a], input2[b]), p->activation_min, p->activation_max);
  });
}
