/* One row at a time: rows of fully connected layers, windows at an edge. */
#include "kernels/fast/dsp/expand.h"

uint32_t *th_dsp_expand(uint32_t *to, int32_t stride, const int8_t *from, int32_t count) {
  for (; count >= 16; count -= 16, from += 16, to += 8 * stride) {
    const uint32_t a = th_load_4(from), b = th_load_4(from + 4), c = th_load_4(from + 8), d = th_load_4(from + 12);
    to[0] = th_sxtb16(a);
    to[stride] = th_sxtb16_odd(a);
    to[2 * stride] = th_sxtb16(b);
    to[3 * stride] = th_sxtb16_odd(b);
    to[4 * stride] = th_sxtb16(c);
    to[5 * stride] = th_sxtb16_odd(c);
    to[6 * stride] = th_sxtb16(d);
    to[7 * stride] = th_sxtb16_odd(d);
  }
  for (; count >= 4; count -= 4, from += 4, to += 2 * stride) {
    const uint32_t a = th_load_4(from);
    to[0] = th_sxtb16(a);
    to[stride] = th_sxtb16_odd(a);
  }
  if (count > 0) {
    to[0] = count > 1 ? th_pack_bottoms((uint32_t)from[0], (uint32_t)from[1]) : (uint32_t)from[0];
    to += stride;
    if (count == 3) {
      to[0] = (uint32_t)from[2];
      to += stride;
    }
  }
  return to;
}

uint32_t *th_dsp_expand_value(uint32_t *to, int32_t stride, int32_t value, int32_t count) {
  const uint32_t pair = th_pack_bottoms((uint32_t)value, (uint32_t)value);
  for (int32_t i = th_dsp_pairs(count); i > 0; --i, to += stride) *to = pair;
  return to;
}
