/* One element of ADD and SUB, int8 or int16: both inputs are brought to a common scale first. */
#ifndef TINYHIL_ADD_H
#define TINYHIL_ADD_H

#include "kernels/fixed_point.h"
#include "kernels/params.h"

static inline int32_t th_rescaled_input1(const th_add_params *p, int32_t value) {
  return th_requantize((value + p->input1_offset) * (INT32_C(1) << p->left_shift), p->input1_multiplier,
                       p->input1_shift);
}

static inline int32_t th_rescaled_input2(const th_add_params *p, int32_t value) {
  return th_requantize((value + p->input2_offset) * (INT32_C(1) << p->left_shift), p->input2_multiplier,
                       p->input2_shift);
}

/* The sum or difference of two rescaled inputs as an output, within the activation's bounds. */
static inline int32_t th_rescaled_output(const th_add_params *p, int32_t sum) {
  return th_scale_offset_clamp(sum, p->output_multiplier, p->output_shift, p->output_offset, p->activation_min,
                               p->activation_max);
}

#endif
