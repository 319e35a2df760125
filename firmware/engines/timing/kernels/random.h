/* Numbers that look random and are the same everywhere. */
#ifndef TINYHIL_BENCH_RANDOM_H
#define TINYHIL_BENCH_RANDOM_H

#include <stdint.h>

/* Next state of the generator (Numerical Recipes, section 7.1); returns its upper 16 bits. */
static inline uint32_t th_random(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 16;
}

#endif
