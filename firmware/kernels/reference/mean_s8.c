/* MEAN and SUM over any set of dimensions, int8 -> int8. */
#include "kernels/fixed_point.h"
#include "kernels/params.h"
#include "kernels/reference/reference.h"

/* The sum of everything that is averaged into one output; block: its first element. */
static int32_t block_sum(const th_mean_params *p, const int8_t *block) {
  const int32_t *dims = p->reduced_dims;
  const int32_t *strides = p->reduced_strides;
  int32_t sum = 0;
  for (int32_t a = 0; a < dims[0]; ++a) {
    for (int32_t b = 0; b < dims[1]; ++b) {
      for (int32_t c = 0; c < dims[2]; ++c) {
        const int8_t *line = block + a * strides[0] + b * strides[1] + c * strides[2];
        for (int32_t d = 0; d < dims[3]; ++d) sum += line[d * strides[3]];
      }
    }
  }
  return sum;
}

/* operands: output [kept_dims], input. */
void th_mean_s8(const void *params, void *const *operands) {
  const th_mean_params *p = params;
  int8_t *output = operands[0];
  const int8_t *input = operands[1];
  const int32_t *dims = p->kept_dims;
  const int32_t *strides = p->kept_strides;

  for (int32_t a = 0; a < dims[0]; ++a) {
    for (int32_t b = 0; b < dims[1]; ++b) {
      for (int32_t c = 0; c < dims[2]; ++c) {
        const int8_t *line = input + a * strides[0] + b * strides[1] + c * strides[2];
        for (int32_t d = 0; d < dims[3]; ++d) {
          const int32_t sum = block_sum(p, line + d * strides[3]) + p->sum_offset;
          *output++ = (int8_t)th_scale_offset_clamp(sum, p->output_multiplier, p->output_shift, p->output_offset,
                                                    INT8_MIN, INT8_MAX);
        }
      }
    }
  }
}
