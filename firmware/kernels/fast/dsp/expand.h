/* Bytes of activations to pairs of halves, in the order that packed filters have (rows.h). */
#ifndef TINYHIL_FAST_DSP_EXPAND_H
#define TINYHIL_FAST_DSP_EXPAND_H

#include <stdint.h>

#include "kernels/fast/dsp/simd.h"
#include "kernels/params.h"

/* Pairs that a run of `bytes` activations takes: of each four (0, 2) and (1, 3), of the rest (0, 1) and (2, none). What
 * stands for none is not zero; its weight is. */
static inline int32_t th_dsp_pairs(int32_t bytes) { return (bytes + 1) / 2; }

/* Pairs of a window: each line is one run, or each tap when they are no neighbours. */
static inline int32_t th_dsp_window_pairs(const th_conv_2d_params *p) {
  const int32_t taps = p->filter_width, depth = p->input_depth;
  return p->filter_height * (p->dilation_width == 1 ? th_dsp_pairs(taps * depth) : taps * th_dsp_pairs(depth));
}

/* Writes the pairs of `count` bytes, every `stride`-th word; returns where the next one goes. Reads nothing else. */
uint32_t *th_dsp_expand(uint32_t *to, int32_t stride, const int8_t *from, int32_t count);

/* The same of `count` bytes that are all `value`. */
uint32_t *th_dsp_expand_value(uint32_t *to, int32_t stride, int32_t value, int32_t count);

/* The same of two rows in turn, of `count` bytes each. */
static inline uint32_t *th_dsp_expand_two(uint32_t *to, const int8_t *first, const int8_t *second, int32_t count) {
  for (; count >= 4; count -= 4, first += 4, second += 4, to += 4) {
    const uint32_t a = th_load_4(first), b = th_load_4(second);
    to[0] = th_sxtb16(a);
    to[1] = th_sxtb16(b);
    to[2] = th_sxtb16_odd(a);
    to[3] = th_sxtb16_odd(b);
  }
  if (count > 0) {
    to[0] = count > 1 ? th_pack_bottoms((uint32_t)first[0], (uint32_t)first[1]) : (uint32_t)first[0];
    to[1] = count > 1 ? th_pack_bottoms((uint32_t)second[0], (uint32_t)second[1]) : (uint32_t)second[0];
    to += 2;
    if (count == 3) {
      to[0] = (uint32_t)first[2];
      to[1] = (uint32_t)second[2];
      to += 2;
    }
  }
  return to;
}

#endif
