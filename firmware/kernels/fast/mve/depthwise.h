/* One pixel of a depthwise convolution from pointers to the pixels under its window. */
#ifndef TINYHIL_FAST_MVE_DEPTHWISE_H
#define TINYHIL_FAST_MVE_DEPTHWISE_H

#include "kernels/fast/mve/requantize.h"

/* Channels come in blocks of 16. A block of the packed operand: 16 weights of every tap; then, for the first 8 channels and
 * for the others, int32 for the 4 even channels and for the 4 odd ones: biases, multipliers, shifts. */
enum { TH_MVE_DEPTHWISE_LANES = 16, TH_MVE_DEPTHWISE_CONSTANTS = 2 * 3 * 2 * 4 * 4 };

/* pixels: `taps` pointers to `channels` bytes each; output: `channels` bytes. */
void th_mve_depthwise_pixel(int8_t *output, const int8_t *const *pixels, int32_t taps, const int8_t *packed,
                            int32_t channels, const th_mve_output *to);

#endif
