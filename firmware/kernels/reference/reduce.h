/* What reductions over any set of dimensions share: a walk over up to TH_MEAN_MAX_DIMS dimensions. */
#ifndef TINYHIL_REDUCE_H
#define TINYHIL_REDUCE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/params.h"

/* at: the current element, counted from the walk's start. */
typedef struct {
  int32_t at;
  int32_t index[TH_MEAN_MAX_DIMS];
} th_walk;

/* Moves on, innermost dimension first; false after the last element. */
static inline bool th_walk_on(th_walk *walk, const int32_t *dims, const int32_t *strides) {
  for (int32_t i = TH_MEAN_MAX_DIMS - 1; i >= 0; --i) {
    walk->at += strides[i];
    if (++walk->index[i] < dims[i]) return true;
    walk->at -= dims[i] * strides[i];
    walk->index[i] = 0;
  }
  return false;
}

#endif
