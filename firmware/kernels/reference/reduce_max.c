/* REDUCE_MAX and REDUCE_MIN over any set of dimensions, int8, int16 or int32, one quantisation. */
#include "kernels/params.h"
#include "kernels/reference/element.h"
#include "kernels/reference/reduce.h"
#include "kernels/reference/reference.h"

/* operands: output [kept_dims], input. */
void th_reduce_max(const void *params, void *const *operands) {
  const th_reduce_max_params *p = params;
  th_walk kept = {0};
  int32_t out = 0;

  do {
    th_walk reduced = {0};
    int32_t best = th_load(operands[1], p->dtype, kept.at);
    do {
      const int32_t value = th_load(operands[1], p->dtype, kept.at + reduced.at);
      if (p->is_maximum ? value > best : value < best) best = value;
    } while (th_walk_on(&reduced, p->reduced_dims, p->reduced_strides));
    th_store(operands[0], p->dtype, out++, best);
  } while (th_walk_on(&kept, p->kept_dims, p->kept_strides));
}
