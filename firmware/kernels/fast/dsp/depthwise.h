/* Packed weights of depthwise convolutions, for groups of four channels, one behind another:
 *   uint32[taps][2] weights of channels 0 and 2, of 1 and 3, as halves
 *   int32[4][4]     for each channel: bias, and what its finish takes (rows.h)
 * in front of them, once, an int32: the finish. The last group is filled up with zeros. */
#ifndef TINYHIL_FAST_DSP_DEPTHWISE_H
#define TINYHIL_FAST_DSP_DEPTHWISE_H

#include <stdint.h>

#define TH_DSP_DEPTHWISE_GROUP_BYTES(taps) (64 + 8 * (int64_t)(taps))

#endif
