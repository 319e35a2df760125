/* Checking a suite before it is run. */
#ifndef TINYHIL_SUITE_CHECK_H
#define TINYHIL_SUITE_CHECK_H

#include "engines/engine.h"
#include "engines/timing/bench.h"
#include "engines/timing/suite_format.h"

/* Valid while the blob is. */
typedef struct {
  const th_suite_header *header;
  const th_suite_run *runs;
} th_suite;

/* Checks all of blob[0..blob_bytes). On failure *detail says what is wrong. */
th_status th_suite_check(const uint8_t *blob, size_t blob_bytes, th_suite *suite, const char **detail);

/* The benchmark whose name has this CRC-32, or NULL. */
const th_bench *th_bench_find(uint32_t id);

#endif
