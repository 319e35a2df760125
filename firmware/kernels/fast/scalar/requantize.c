/* The finish that takes any constants. */
#include "kernels/fast/scalar/requantize.h"

int8_t th_scalar_finished_any(int32_t sum, const int32_t *constants, const th_scalar_output *to) {
  return (int8_t)th_scale_offset_clamp(sum, constants[0], constants[1], to->offset, to->low, to->high);
}
