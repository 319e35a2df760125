/* ADD of two int8 tensors of the same shape. */
#include "kernels/fast/mve/mve.h"
#include "kernels/fast/mve/requantize.h"
#include "kernels/params.h"

/* Two inputs, rescaled: each (input + offset) * unit * multiplier, shifted. Halves go away from zero: of negative numbers the
 * upper half of twice themselves is added, -1, before a shift. */
#define LOAD \
  "vldrb.s32 %q[x], [%[input1]], #4\n" \
  "vldrb.s32 %q[y], [%[input2]], #4\n" \
  "vmlas.s32 %q[x], %q[unit], %[offset1]\n" \
  "vmlas.s32 %q[y], %q[unit], %[offset2]\n" \
  "vqrdmulh.s32 %q[x], %q[x], %[multiplier1]\n" \
  "vqrdmulh.s32 %q[y], %q[y], %[multiplier2]\n" \
  "vqdmulh.s32 %q[t], %q[x], %[shifts1]\n" \
  "vadd.i32 %q[x], %q[x], %q[t]\n" \
  "vqdmulh.s32 %q[t], %q[y], %[shifts2]\n" \
  "vrshl.s32 %q[x], %q[x], %q[shift1]\n" \
  "vadd.i32 %q[y], %q[y], %q[t]\n" \
  "vrshl.s32 %q[y], %q[y], %q[shift2]\n" \
  "vadd.i32 %q[sum], %q[x], %q[y]\n"

/* The sum before, and LOAD: each instruction on another pipe than the one before it, where possible. */
#define STORE_AND_LOAD \
  "vqrdmulh.s32 %q[sum], %q[sum], %[multiplier]\n" \
  "vldrb.s32 %q[x], [%[input1]], #4\n" \
  "vqdmulh.s32 %q[t], %q[sum], %[shifts]\n" \
  "vldrb.s32 %q[y], [%[input2]], #4\n" \
  "vmlas.s32 %q[x], %q[unit], %[offset1]\n" \
  "vadd.i32 %q[sum], %q[sum], %q[t]\n" \
  "vmlas.s32 %q[y], %q[unit], %[offset2]\n" \
  "vrshl.s32 %q[sum], %q[sum], %q[shift]\n" \
  "vqrdmulh.s32 %q[x], %q[x], %[multiplier1]\n" \
  "vadd.i32 %q[sum], %q[sum], %[offset]\n" \
  "vqrdmulh.s32 %q[y], %q[y], %[multiplier2]\n" \
  "vqmovnb.s32 %q[sum], %q[sum]\n" \
  "vqdmulh.s32 %q[t], %q[x], %[shifts1]\n" \
  "vqmovnb.s16 %q[sum], %q[sum]\n" \
  "vadd.i32 %q[x], %q[x], %q[t]\n" \
  "vqdmulh.s32 %q[t], %q[y], %[shifts2]\n" \
  "vstrb.32 %q[sum], [%[output]], #4\n" \
  "vrshl.s32 %q[x], %q[x], %q[shift1]\n" \
  "vadd.i32 %q[y], %q[y], %q[t]\n" \
  "vrshl.s32 %q[y], %q[y], %q[shift2]\n" \
  "vadd.i32 %q[sum], %q[x], %q[y]\n"

#define STORE \
  "vqrdmulh.s32 %q[sum], %q[sum], %[multiplier]\n" \
  "vqdmulh.s32 %q[t], %q[sum], %[shifts]\n" \
  "vadd.i32 %q[sum], %q[sum], %q[t]\n" \
  "vrshl.s32 %q[sum], %q[sum], %q[shift]\n" \
  "vadd.i32 %q[sum], %q[sum], %[offset]\n" \
  "vqmovnb.s32 %q[sum], %q[sum]\n" \
  "vqmovnb.s16 %q[sum], %q[sum]\n" \
  "vstrb.32 %q[sum], [%[output]], #4\n"

/* Four elements a round, for outputs that use all of int8: narrowing does the clamping. quads: from 1 on. */
__attribute__((noinline)) static void add_quads(const th_add_params *p, int8_t *output, const int8_t *input1,
                                                const int8_t *input2, int32_t quads) {
  const int32_t unit = INT32_C(1) << p->left_shift;
  register int32_t rounds __asm__("lr") = quads - 1; /* all others are taken */
  int32x4_t x, y, t, sum;
  __asm__ volatile(LOAD "wls lr, lr, 2f\n1:\n" STORE_AND_LOAD "le lr, 1b\n2:\n" STORE
                   : [input1] "+l"(input1), [input2] "+l"(input2), [output] "+l"(output), [x] "=&w"(x), [y] "=&w"(y),
                     [t] "=&w"(t), [sum] "=&w"(sum), [rounds] "+r"(rounds)
                   : [offset1] "r"((uint32_t)p->input1_offset * (uint32_t)unit),
                     [offset2] "r"((uint32_t)p->input2_offset * (uint32_t)unit),
                     [offset] "r"(p->output_offset), [multiplier1] "r"(p->input1_multiplier),
                     [multiplier2] "r"(p->input2_multiplier), [multiplier] "r"(p->output_multiplier),
                     [shifts1] "r"(p->input1_shift < 0), [shifts2] "r"(p->input2_shift < 0),
                     [shifts] "r"(p->output_shift < 0), [unit] "w"(vdupq_n_s32(unit)),
                     [shift1] "w"(vdupq_n_s32(p->input1_shift)), [shift2] "w"(vdupq_n_s32(p->input2_shift)),
                     [shift] "w"(vdupq_n_s32(p->output_shift))
                   : "memory");
}

static void add_any(const th_add_params *p, int8_t *output, const int8_t *input1, const int8_t *input2, int32_t elements) {
  const int32x4_t shift1 = vdupq_n_s32(p->input1_shift), shift2 = vdupq_n_s32(p->input2_shift);
  const int32x4_t shift = vdupq_n_s32(p->output_shift);
  const int32x4_t multiplier1 = vdupq_n_s32(p->input1_multiplier), multiplier2 = vdupq_n_s32(p->input2_multiplier);
  const int32x4_t multiplier = vdupq_n_s32(p->output_multiplier);
  for (int32_t left = elements; left > 0; left -= 4) {
    const mve_pred16_t inside = vctp32q((uint32_t)left);
    int32x4_t a = vaddq_n_s32(vldrbq_z_s32(input1, inside), p->input1_offset);
    int32x4_t b = vaddq_n_s32(vldrbq_z_s32(input2, inside), p->input2_offset);
    a = th_mve_rescale(vshlq_r_s32(a, p->left_shift), multiplier1, shift1, true);
    b = th_mve_rescale(vshlq_r_s32(b, p->left_shift), multiplier2, shift2, true);
    int32x4_t sum = th_mve_rescale(vaddq_s32(a, b), multiplier, shift, true);
    sum = vaddq_n_s32(sum, p->output_offset);
    sum = vminq_s32(vmaxq_s32(sum, vdupq_n_s32(p->activation_min)), vdupq_n_s32(p->activation_max));
    vstrbq_p_s32(output, sum, inside);
    input1 += 4, input2 += 4, output += 4;
  }
}

/* operands: output, input 1, input 2, dims[TH_BROADCAST_MAX_DIMS - 1] elements each; left_shift in [0, 20], other shifts <= 0.
 * The output may be either input. */
void th_mve_add_s8(const void *params, void *const *operands) {
  const th_add_params *p = params;
  const int32_t elements = p->dims[TH_BROADCAST_MAX_DIMS - 1];
  const bool all = p->activation_min == INT8_MIN && p->activation_max == INT8_MAX;
  const int32_t quads = all ? elements / 4 : 0, done = 4 * quads;
  int8_t *output = operands[0];
  const int8_t *input1 = operands[1], *input2 = operands[2];
  if (quads > 0) add_quads(p, output, input1, input2, quads);
  add_any(p, output + done, input1 + done, input2 + done, elements - done);
}
