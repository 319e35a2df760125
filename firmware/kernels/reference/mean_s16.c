/* MEAN and SUM over any set of dimensions, int16 -> int16. */
#include "kernels/fixed_point.h"
#include "kernels/params.h"
#include "kernels/reference/reduce.h"
#include "kernels/reference/reference.h"

/* operands: output [kept_dims], input. */
void th_mean_s16(const void *params, void *const *operands) {
  const th_mean_params *p = params;
  int16_t *output = operands[0];
  const int16_t *input = operands[1];
  th_walk kept = {0};

  do {
    th_walk reduced = {0};
    int32_t sum = p->sum_offset;
    do {
      sum += input[kept.at + reduced.at];
    } while (th_walk_on(&reduced, p->reduced_dims, p->reduced_strides));
    *output++ = (int16_t)th_scale_offset_clamp(sum, p->output_multiplier, p->output_shift, p->output_offset, INT16_MIN,
                                               INT16_MAX);
  } while (th_walk_on(&kept, p->kept_dims, p->kept_strides));
}
