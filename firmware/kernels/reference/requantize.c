/* QUANTIZE between integer types: a change of scale, zero point or width. */
#include "engines/plan/plan_format.h"
#include "kernels/fixed_point.h"
#include "kernels/params.h"
#include "kernels/reference/reference.h"

static int32_t load(const void *data, int32_t dtype, int32_t index) {
  switch (dtype) {
    case TH_UINT8:
      return ((const uint8_t *)data)[index];
    case TH_INT16:
      return ((const int16_t *)data)[index];
    case TH_INT32:
      return ((const int32_t *)data)[index];
    default:
      return ((const int8_t *)data)[index];
  }
}

static void store(void *data, int32_t dtype, int32_t index, int32_t value) {
  switch (dtype) {
    case TH_UINT8:
      ((uint8_t *)data)[index] = (uint8_t)th_clamp(value, 0, UINT8_MAX);
      break;
    case TH_INT16:
      ((int16_t *)data)[index] = (int16_t)th_clamp(value, INT16_MIN, INT16_MAX);
      break;
    case TH_INT32:
      ((int32_t *)data)[index] = value;
      break;
    default:
      ((int8_t *)data)[index] = (int8_t)th_clamp(value, INT8_MIN, INT8_MAX);
      break;
  }
}

/* operands: output [elements], input [elements]; int8, uint8, int16 or int32 each. Works in place where the element
 * sizes agree. */
void th_requantize_tensor(const void *params, void *const *operands) {
  const th_requantize_params *p = params;

  for (int32_t i = 0; i < p->elements; ++i) {
    const int32_t value = th_wrapping_add(load(operands[1], p->input_dtype, i), p->input_offset);
    const int32_t scaled = th_requantize(value, p->output_multiplier, p->output_shift);
    store(operands[0], p->output_dtype, i, th_wrapping_add(scaled, p->output_offset));
  }
}
