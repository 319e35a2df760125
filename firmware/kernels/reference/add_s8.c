/* ADD, int8 + int8 -> int8, each with its own scale, either one broadcast. */
#include "kernels/fixed_point.h"
#include "kernels/params.h"
#include "kernels/reference/reference.h"

/* One input brought to the common scale; offset is the negated zero point. */
static int32_t rescaled(int32_t value, int32_t offset, int32_t left_shift, int32_t multiplier, int32_t shift) {
  return th_requantize((value + offset) * (INT32_C(1) << left_shift), multiplier, shift);
}

static int8_t add(const th_add_s8_params *p, int8_t a, int8_t b) {
  const int32_t sum = rescaled(a, p->input1_offset, p->left_shift, p->input1_multiplier, p->input1_shift) +
                      rescaled(b, p->input2_offset, p->left_shift, p->input2_multiplier, p->input2_shift);
  return (int8_t)th_scale_offset_clamp(sum, p->output_multiplier, p->output_shift, p->output_offset, p->activation_min,
                                       p->activation_max);
}

/* operands: output [dims], input 1, input 2. Works in place on an input that is not broadcast. */
void th_add_s8(const void *params, void *const *operands) {
  const th_add_s8_params *p = params;
  int8_t *output = operands[0];
  const int8_t *input1 = operands[1];
  const int8_t *input2 = operands[2];
  const int32_t last = TH_ADD_MAX_DIMS - 1;
  const int32_t step1 = p->input1_strides[last];
  const int32_t step2 = p->input2_strides[last];
  int32_t index[TH_ADD_MAX_DIMS] = {0};

  for (;;) {
    const int8_t *a = input1;
    const int8_t *b = input2;
    for (int32_t i = 0; i < p->dims[last]; ++i, a += step1, b += step2) *output++ = add(p, *a, *b);

    /* The next line: counts up like an odometer, the innermost wheel being the line itself. */
    int32_t wheel = last - 1;
    while (wheel >= 0 && ++index[wheel] == p->dims[wheel]) {
      index[wheel] = 0;
      input1 -= (p->dims[wheel] - 1) * p->input1_strides[wheel];
      input2 -= (p->dims[wheel] - 1) * p->input2_strides[wheel];
      --wheel;
    }
    if (wheel < 0) return;
    input1 += p->input1_strides[wheel];
    input2 += p->input2_strides[wheel];
  }
}
