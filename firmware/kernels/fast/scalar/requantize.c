/* Any finish and bounds. */
#include "kernels/fast/scalar/requantize.h"

int8_t th_scalar_finished(int32_t sum, const int32_t *constants, const th_scalar_output *to) {
  if (to->finish != TH_SCALAR_FINISH_QUICK) {
    return (int8_t)th_scale_offset_clamp(sum, constants[0], constants[1], to->offset, to->low, to->high);
  }
  return (int8_t)th_clamp(th_scalar_unbounded(sum, constants[0], constants[1], constants[2]), to->low, to->high);
}
