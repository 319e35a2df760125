/* ADD, int8 + int8 -> int8: elements of the same shape with right shifts here, all else as the reference kernel. */
#include "kernels/fast/dsp/dsp.h"
#include "kernels/fast/dsp/simd.h"
#include "kernels/params.h"
#include "kernels/reference/reference.h"

/* A factor below 1: x * multiplier * 2^(-31 - shift), rounded as th_requantize. */
typedef struct {
  int32_t multiplier;
  int32_t shift;
  int32_t half;
  int32_t away; /* -1 where a negative half goes down, 0 without a shift */
} scale;

static bool has_scale(int32_t multiplier, int32_t shift) { return multiplier >= 0 && shift <= 0 && shift >= -30; }

static scale scale_of(int32_t multiplier, int32_t shift) {
  return (scale){
      .multiplier = multiplier,
      .shift = -shift,
      .half = shift < 0 ? INT32_C(1) << (-shift - 1) : 0,
      .away = shift < 0 ? -1 : 0,
  };
}

/* doubled: 2 * x, so that the high half of the product is th_doubling_high_mul's. */
static inline __attribute__((always_inline)) int32_t rescaled(int32_t doubled, const scale *by) {
  const int32_t high = th_smmulr(doubled, by->multiplier);
  return (high + (by->half + ((high >> 31) & by->away))) >> by->shift;
}

/* What all elements have in common. */
typedef struct {
  scale input1, input2, output;
  int32_t offset1, offset2; /* shifted left as inputs are */
  int32_t left_shift; /* the layer's and one more */
  int32_t output_offset, low, high;
} sums;

static inline __attribute__((always_inline)) uint32_t sum_of(const sums *s, int32_t a, int32_t b) {
  const int32_t x = rescaled((int32_t)((uint32_t)a << s->left_shift) + s->offset1, &s->input1);
  const int32_t y = rescaled((int32_t)((uint32_t)b << s->left_shift) + s->offset2, &s->input2);
  return (uint32_t)th_clamp(rescaled(2 * (x + y), &s->output) + s->output_offset, s->low, s->high) & 0xFFu;
}

static int32_t byte_of(uint32_t word, int32_t index) { return (int8_t)(word >> (8 * index) & 0xFFu); }

/* operands: output, input 1, input 2. Works in place on an input that is not broadcast. */
void th_dsp_add_s8(const void *params, void *const *operands) {
  const th_add_params *p = params;
  const int32_t last = TH_BROADCAST_MAX_DIMS - 1;
  bool flat = p->dims[last] == 1 || (p->input1_strides[last] == 1 && p->input2_strides[last] == 1);
  for (int32_t i = 0; i < last; ++i) flat = flat && p->dims[i] == 1;
  if (!flat || p->left_shift != 20 || !has_scale(p->input1_multiplier, p->input1_shift) ||
      !has_scale(p->input2_multiplier, p->input2_shift) || !has_scale(p->output_multiplier, p->output_shift)) {
    th_add_s8(params, operands);
    return;
  }
  const sums s = {
      .input1 = scale_of(p->input1_multiplier, p->input1_shift),
      .input2 = scale_of(p->input2_multiplier, p->input2_shift),
      .output = scale_of(p->output_multiplier, p->output_shift),
      .offset1 = p->input1_offset * (INT32_C(1) << 21),
      .offset2 = p->input2_offset * (INT32_C(1) << 21),
      .left_shift = 21,
      .output_offset = p->output_offset,
      .low = p->activation_min,
      .high = p->activation_max,
  };
  int8_t *output = operands[0];
  const int8_t *input1 = operands[1], *input2 = operands[2];
  int32_t left = p->dims[last];
  for (; left >= 4; left -= 4, input1 += 4, input2 += 4, output += 4) {
    const uint32_t a = th_load_4(input1), b = th_load_4(input2);
    uint32_t bytes = 0;
    for (int32_t i = 0; i < 4; ++i) bytes |= sum_of(&s, byte_of(a, i), byte_of(b, i)) << (8 * i);
    memcpy(output, &bytes, sizeof bytes);
  }
  for (; left > 0; --left) *output++ = (int8_t)sum_of(&s, *input1++, *input2++);
}
