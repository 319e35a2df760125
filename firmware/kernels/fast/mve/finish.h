/* Sums of up to 16 channels of several pixels to int8. */
#ifndef TINYHIL_FAST_MVE_FINISH_H
#define TINYHIL_FAST_MVE_FINISH_H

#include "kernels/fast/mve/requantize.h"

enum { TH_MVE_FINISH_CHANNELS = 16 };

typedef struct {
  const int32_t *sums; /* [lines][pixels][16], lines sum_line apart */
  int32_t sum_line;
  int8_t *output; /* pixels are output_pixel bytes apart, lines output_line */
  int32_t output_pixel;
  int32_t output_line;
  int32_t lines;  /* from 1 on */
  int32_t pixels; /* from 1 on */
  const int32_t *constants; /* biases, multipliers, shifts (<= 0), constant_bytes apart; read in whole vectors */
  int32_t constant_bytes;
  int32_t channels;         /* 1 to 16 */
  const th_mve_output *to;
} th_mve_finish;

void th_mve_finish_channels(const th_mve_finish *job);

#endif
