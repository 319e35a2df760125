/* ADD of two int8 tensors of the same shape. */
#include "kernels/fast/mve/mve.h"
#include "kernels/fast/mve/requantize.h"
#include "kernels/params.h"

/* operands: output, input 1, input 2, dims[TH_BROADCAST_MAX_DIMS - 1] elements each; shifts <= 0. The output may be either
 * input. */
void th_mve_add_s8(const void *params, void *const *operands) {
  const th_add_params *p = params;
  int8_t *output = operands[0];
  const int8_t *input1 = operands[1];
  const int8_t *input2 = operands[2];
  const int32x4_t shift1 = vdupq_n_s32(p->input1_shift), shift2 = vdupq_n_s32(p->input2_shift);
  const int32x4_t shift = vdupq_n_s32(p->output_shift);
  const int32x4_t multiplier1 = vdupq_n_s32(p->input1_multiplier), multiplier2 = vdupq_n_s32(p->input2_multiplier);
  const int32x4_t multiplier = vdupq_n_s32(p->output_multiplier);
  for (int32_t left = p->dims[TH_BROADCAST_MAX_DIMS - 1]; left > 0; left -= 4) {
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
