/* Which taps of a transposed convolution's filter reach an output, one dimension at a time. */
#ifndef TINYHIL_TRANSPOSE_CONV_H
#define TINYHIL_TRANSPOSE_CONV_H

#include <stdint.h>

/* Taps first, first + stride, ... below end; the first comes from the input at `origin`, each next from one before. */
typedef struct {
  int32_t first;
  int32_t end;
  int32_t origin;
} th_phase;

/* position: the output's index + padding, >= 0; in = (position - tap) / stride must be whole and in [0, input_size). */
static inline th_phase th_taps_reaching(int32_t position, int32_t stride, int32_t filter_size, int32_t input_size) {
  th_phase phase = {position % stride, filter_size, position / stride};
  if (phase.origin >= input_size) {
    phase.first += (phase.origin - input_size + 1) * stride;
    phase.origin = input_size - 1;
  }
  if (phase.end > position) phase.end = position + 1;
  return phase;
}

#endif
