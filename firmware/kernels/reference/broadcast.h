/* Walks two operands that broadcast, one line (innermost dimension of the output) after another. */
#ifndef TINYHIL_BROADCAST_H
#define TINYHIL_BROADCAST_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/params.h"

/* input1, input2: index of the line's first element in each input. */
typedef struct {
  int32_t input1;
  int32_t input2;
  int32_t index[TH_BROADCAST_MAX_DIMS];
} th_lines;

/* Moves to the next line; false after the last one. All arrays have TH_BROADCAST_MAX_DIMS entries, outermost first.
 * Counts up like an odometer, the innermost wheel being the line itself. */
static inline bool th_next_line(th_lines *lines, const int32_t *dims, const int32_t *strides1,
                                const int32_t *strides2) {
  for (int32_t wheel = TH_BROADCAST_MAX_DIMS - 2; wheel >= 0; --wheel) {
    if (++lines->index[wheel] < dims[wheel]) {
      lines->input1 += strides1[wheel];
      lines->input2 += strides2[wheel];
      return true;
    }
    lines->index[wheel] = 0;
    lines->input1 -= (dims[wheel] - 1) * strides1[wheel];
    lines->input2 -= (dims[wheel] - 1) * strides2[wheel];
  }
  return false;
}

/* Runs the statement `compute` for every element: a and b are indices into the inputs, out is one into the output.
 * p: parameters with dims, input1_strides and input2_strides. */
#define TH_FOR_EACH_PAIR(p, a, b, out, compute)                                          \
  do {                                                                                   \
    const int32_t last_ = TH_BROADCAST_MAX_DIMS - 1;                                     \
    th_lines lines_ = {0};                                                               \
    int32_t out = 0;                                                                     \
    do {                                                                                 \
      int32_t a = lines_.input1, b = lines_.input2;                                      \
      for (int32_t i_ = 0; i_ < (p)->dims[last_]; ++i_, ++out) {                         \
        compute;                                                                         \
        a += (p)->input1_strides[last_];                                                 \
        b += (p)->input2_strides[last_];                                                 \
      }                                                                                  \
    } while (th_next_line(&lines_, (p)->dims, (p)->input1_strides, (p)->input2_strides)); \
  } while (0)

#endif
