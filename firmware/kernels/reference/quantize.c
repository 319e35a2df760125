/* QUANTIZE, float32 -> int8 or int16. */
#include "engines/plan/plan_format.h"
#include "kernels/fixed_point.h"
#include "kernels/params.h"
#include "kernels/reference/reference.h"

/* value rounded to nearest, halves away from zero, bounded to +-2^30 (far outside every output type); NaN gives 0. */
static int32_t rounded(float value) {
  const float bound = 1073741824.0f;
  if (value != value) return 0;
  if (value >= bound) return INT32_C(1) << 30;
  if (value <= -bound) return -(INT32_C(1) << 30);
  const int32_t whole = (int32_t)value;
  const float fraction = value - (float)whole;
  if (fraction >= 0.5f) return whole + 1;
  if (fraction <= -0.5f) return whole - 1;
  return whole;
}

/* operands: output [elements], input float32 [elements]. */
void th_quantize(const void *params, void *const *operands) {
  const th_quantize_params *p = params;
  const float *input = operands[1];

  if (p->output_dtype == TH_INT16) {
    int16_t *output = operands[0];
    for (int32_t i = 0; i < p->elements; ++i) {
      output[i] = (int16_t)th_clamp(rounded(input[i] / p->scale) + p->zero_point, INT16_MIN, INT16_MAX);
    }
  } else {
    int8_t *output = operands[0];
    for (int32_t i = 0; i < p->elements; ++i) {
      output[i] = (int8_t)th_clamp(rounded(input[i] / p->scale) + p->zero_point, INT8_MIN, INT8_MAX);
    }
  }
}
