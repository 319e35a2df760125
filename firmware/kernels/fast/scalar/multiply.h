/* The inner loop: laid out rows (tile.h) times one or two packed filters (filters.h). */
#ifndef TINYHIL_FAST_SCALAR_MULTIPLY_H
#define TINYHIL_FAST_SCALAR_MULTIPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/fast/scalar/sums.h"

#if defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_7M__)

enum { TH_SCALAR_FILTERS = 1 }; /* at a time: there are no registers for more */

/* sums[pair] += rows of the pair times the quads of a filter; rows_end: behind the last quad of the rows. In assembly, as
 * compilers do not keep the sums in the upper registers. */
void th_scalar_multiply_loose(th_scalar_sums sums[2], const uint32_t *rows, const int8_t *weights, const uint32_t *rows_end);
/* The same where all quads are tight. */
void th_scalar_multiply_tight(th_scalar_sums sums[2], const uint32_t *rows, const int8_t *weights, const uint32_t *rows_end);

#else

enum { TH_SCALAR_FILTERS = 2 };

#endif

/* sums[filter][pair]: begin as th_scalar_begin makes them. weights: the first quad of the first filter. Of pairs beyond
 * `pairs`, nothing is said. */
void th_scalar_multiply(th_scalar_sums sums[TH_SCALAR_FILTERS][2], int32_t pairs, const uint32_t *rows, const int8_t *weights,
                        int32_t quads, bool tight);

#endif
