/* What a test checks with, and its random numbers. */
#ifndef TINYHIL_CHECK_H
#define TINYHIL_CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                              \
  do {                                                                                \
    if (!(condition)) {                                                               \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);         \
      exit(1);                                                                        \
    }                                                                                 \
  } while (0)

#define CHECK_TEXT(actual, expected)                                                                    \
  do {                                                                                                  \
    if (strcmp((actual), (expected)) != 0) {                                                            \
      fprintf(stderr, "%s:%d: got\n%s\nnot\n%s\n", __FILE__, __LINE__, (actual), (expected));           \
      exit(1);                                                                                          \
    }                                                                                                   \
  } while (0)

/* xorshift32 (Marsaglia, 2003): the same numbers in every run. */
static inline uint32_t random_u32(void) {
  static uint32_t state = 2463534242u;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

static inline uint32_t random_below(uint32_t limit) { return random_u32() % limit; }

#endif
