/* Packed weights of depthwise convolutions: an int32, the finish (rows.h), then
 *
 * any window: for groups of four channels, the last one filled up with zeros,
 *   uint32[taps][2] weights of channels 0 and 2, of 1 and 3, as halves
 *   int32[4][4]     for each channel: bias, and what its finish takes
 *
 * weights and biases doubled, but with TH_DSP_FINISH_ANY.
 *
 * 3x3: for each channel TH_DSP_STRIP_CONSTANTS words (strip.h), lines and columns exchanged where planes are turned
 * (planes.h); the finish is not TH_DSP_FINISH_ANY. */
#ifndef TINYHIL_FAST_DSP_DEPTHWISE_H
#define TINYHIL_FAST_DSP_DEPTHWISE_H

#include <stdint.h>

#define TH_DSP_DEPTHWISE_GROUP_BYTES(taps) (64 + 8 * (int64_t)(taps))

#endif
