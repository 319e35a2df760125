/* ARG_MAX and ARG_MIN along one dimension, int8, int16 or int32 -> int32; the first of equals. */
#include "kernels/params.h"
#include "kernels/reference/element.h"
#include "kernels/reference/reference.h"

/* operands: output int32 [outer, inner], input [outer, extent, inner]. */
void th_arg_max(const void *params, void *const *operands) {
  const th_arg_max_params *p = params;
  int32_t *output = operands[0];

  for (int32_t outer = 0; outer < p->outer; ++outer) {
    for (int32_t inner = 0; inner < p->inner; ++inner) {
      const int32_t first = outer * p->extent * p->inner + inner;
      int32_t best = th_load(operands[1], p->dtype, first);
      int32_t place = 0;
      for (int32_t i = 1; i < p->extent; ++i) {
        const int32_t value = th_load(operands[1], p->dtype, first + i * p->inner);
        if (p->is_maximum ? value > best : value < best) {
          best = value;
          place = i;
        }
      }
      *output++ = place;
    }
  }
}
