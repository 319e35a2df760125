/* MAXIMUM and MINIMUM of two tensors of one quantisation, int8, int16 or int32, either one broadcast. */
#include "kernels/params.h"
#include "kernels/reference/broadcast.h"
#include "kernels/reference/element.h"
#include "kernels/reference/reference.h"

/* operands: output [dims], input 1, input 2. Works in place on an input that is not broadcast. */
void th_maximum_minimum(const void *params, void *const *operands) {
  const th_maximum_minimum_params *p = params;

  TH_FOR_EACH_PAIR(p, a, b, out, {
    const int32_t first = th_load(operands[1], p->dtype, a);
    const int32_t second = th_load(operands[2], p->dtype, b);
    const int32_t larger = first > second;
    th_store(operands[0], p->dtype, out, larger == p->is_maximum ? first : second);
  });
}
