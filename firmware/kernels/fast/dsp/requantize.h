/* One accumulator to int8, as the packed constants say (rows.h). */
#ifndef TINYHIL_FAST_DSP_REQUANTIZE_H
#define TINYHIL_FAST_DSP_REQUANTIZE_H

#include <stdint.h>

#include "kernels/fast/dsp/rows.h"
#include "kernels/fast/dsp/simd.h"
#include "kernels/fixed_point.h"

typedef struct {
  int32_t finish; /* th_dsp_finish */
  int32_t offset; /* the output's zero point */
  int32_t low;
  int32_t high;
} th_dsp_output;

/* sum: doubled but for TH_DSP_FINISH_ANY. constants: the three words that the finish takes. */
static inline int8_t th_dsp_finished(int32_t sum, const int32_t *constants, const th_dsp_output *to) {
  if ((uint32_t)to->finish > TH_DSP_FINISH_LINEAR) {
    return (int8_t)th_scale_offset_clamp(sum, constants[0], constants[1], to->offset, to->low, to->high);
  }
  if (to->finish == TH_DSP_FINISH_RELU) return (int8_t)th_ssat8(th_smmlar(sum, constants[0], constants[2]) >> (constants[1] & 31));
  int32_t x = th_smmulr(sum, constants[0]);
  x = th_wrapping_add(x, x >> 31);
  return (int8_t)th_ssat8(th_wrapping_add(x, constants[2]) >> (constants[1] & 31));
}

#endif
