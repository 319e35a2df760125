/* DEQUANTIZE, int8, uint8 or int16 -> float32. */
#include "engines/plan/plan_format.h"
#include "kernels/params.h"
#include "kernels/reference/reference.h"

/* operands: output float32 [elements], input [elements]. One rounding only: the difference is exact in a float. */
void th_dequantize(const void *params, void *const *operands) {
  const th_dequantize_params *p = params;
  float *output = operands[0];
  const int8_t *signed_bytes = operands[1];
  const uint8_t *unsigned_bytes = operands[1];
  const int16_t *words = operands[1];

  for (int32_t i = 0; i < p->elements; ++i) {
    const int32_t value = p->input_dtype == TH_INT16   ? words[i]
                          : p->input_dtype == TH_UINT8 ? unsigned_bytes[i]
                                                       : signed_bytes[i];
    output[i] = p->scale * (float)(value - p->zero_point);
  }
}
