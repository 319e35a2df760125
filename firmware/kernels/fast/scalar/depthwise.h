/* Packed weights of depthwise convolutions: an int32, the finish (filters.h), then for groups of four channels, the last one
 * filled up with zeros,
 *   int32[4][4]    for each channel its bias and the three constants of the finish
 *   int8[taps][4]  weights */
#ifndef TINYHIL_FAST_SCALAR_DEPTHWISE_H
#define TINYHIL_FAST_SCALAR_DEPTHWISE_H

#define TH_SCALAR_DEPTHWISE_WORDS(taps) (16 + (taps))

#endif
