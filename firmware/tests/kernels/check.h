/* The smallest useful assertions: CHECK counts failures, check_report prints the sum and gives main's result. */
#ifndef TINYHIL_TEST_CHECK_H
#define TINYHIL_TEST_CHECK_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_failures;
static int check_count;

#define CHECK_EQ(actual, expected)                                                                    \
  do {                                                                                                \
    const int64_t actual_ = (actual), expected_ = (expected);                                         \
    ++check_count;                                                                                    \
    if (actual_ != expected_) {                                                                       \
      ++check_failures;                                                                               \
      fprintf(stderr, "%s:%d: %s is %" PRId64 ", expected %" PRId64 "\n", __FILE__, __LINE__, #actual, \
              actual_, expected_);                                                                    \
    }                                                                                                 \
  } while (0)

#define CHECK_ARRAY(actual, expected, count)                                                 \
  do {                                                                                       \
    for (int64_t i_ = 0; i_ < (int64_t)(count); ++i_) CHECK_EQ((actual)[i_], (expected)[i_]); \
  } while (0)

static inline int check_report(const char *name) {
  printf("%s: %d checks, %d failed\n", name, check_count, check_failures);
  return check_failures == 0 && check_count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A copy on the heap, so that ASan sees the first byte past it. */
static inline void *exact(const void *data, size_t bytes) {
  void *copy = malloc(bytes);
  if (copy == NULL) abort();
  memcpy(copy, data, bytes);
  return copy;
}

/* xorshift32: every run the same. */
static inline uint32_t next_random(uint32_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

#endif
