/* QUANTIZE between integer types: a change of scale, zero point or width. */
#include "kernels/fixed_point.h"
#include "kernels/params.h"
#include "kernels/reference/element.h"
#include "kernels/reference/reference.h"

/* operands: output [elements], input [elements]; int8, uint8, int16 or int32 each. Works in place where the element
 * sizes agree. */
void th_requantize_tensor(const void *params, void *const *operands) {
  const th_requantize_params *p = params;

  for (int32_t i = 0; i < p->elements; ++i) {
    const int32_t value = th_wrapping_add(th_load(operands[1], p->input_dtype, i), p->input_offset);
    const int32_t scaled = th_requantize(value, p->output_multiplier, p->output_shift);
    th_store(operands[0], p->output_dtype, i, th_wrapping_add(scaled, p->output_offset));
  }
}
