/* Packed filters: what convolutions and fully connected layers multiply with. Written by
 * harness/engines/plan/kernels/scalar.py.
 *
 *   int32 finish    th_scalar_finish
 * then for groups of four filters, the last one filled up with filters of zeros, TH_SCALAR_GROUP_WORDS(quads) each:
 *   int32[4][4]     for each filter its bias and the three constants of the finish
 *   int32           not 0: the magnitudes of each quad of weights of a filter add up to 255 at most
 *   convolutions: int8[quads][4][4], quads of weights: four neighbours of each filter in turn, filled up with zeros
 *   fully connected layers: uint8[quads][4][4], of each quad four neighbours in turn: of filters 0, 2, 1, 3; 128 added
 * Magnitudes of the two weights of a half quad always add up to 255 at most. */
#ifndef TINYHIL_FAST_SCALAR_FILTERS_H
#define TINYHIL_FAST_SCALAR_FILTERS_H

#include <stdint.h>

enum {
  TH_SCALAR_GROUP = 4, /* filters of a group */
  TH_SCALAR_HEADER_BYTES = 4,
};

typedef enum {
  /* 2 * multiplier - 2^32, right shift n >= 1, 2^(n-1) + zero point * 2^n; sums below 2^29. */
  TH_SCALAR_FINISH_QUICK = 0,
  /* multiplier, shift (left: positive), 0. */
  TH_SCALAR_FINISH_ANY = 1,
} th_scalar_finish;

#define TH_SCALAR_GROUP_WORDS(quads) (17 + 4 * (quads))

static inline int32_t th_scalar_quads(int32_t taps) { return (taps + 3) / 4; }

#endif
