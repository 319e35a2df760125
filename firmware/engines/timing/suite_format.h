/* What the timing engine takes for a model: a list of benchmarks with their iterations. Little endian, 4-byte aligned. */
#ifndef TINYHIL_SUITE_FORMAT_H
#define TINYHIL_SUITE_FORMAT_H

#include <stdint.h>

#define TH_SUITE_MAGIC 0x54424854u /* "THBT" */

enum {
  TH_SUITE_VERSION = 1,
  TH_SUITE_MAX_RUNS = 256,          /* one layer event each */
  TH_SUITE_MAX_ITERATIONS = 1000000 /* of one run: no suite keeps the target busy for hours */
};

typedef struct {
  uint32_t magic;
  uint16_t version;
  uint16_t runs; /* 0: runs nothing, its outputs are the list of benchmarks of this image (bench.h) */
  uint32_t total_bytes;
  uint32_t crc32; /* of all bytes behind this field */
  uint8_t sha256[32]; /* says LOAD */
} th_suite_header;

typedef struct {
  uint32_t id; /* CRC-32 of the benchmark's name */
  uint32_t iterations;
} th_suite_run;

#endif
