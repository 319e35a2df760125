#include "engines/timing/suite_check.h"

#include <string.h>

#include "app/crc32.h"

const th_bench *th_bench_find(uint32_t id) {
  for (size_t i = 0; i < TH_BENCH_TABLES; i++) {
    for (const th_bench *bench = th_bench_tables[i].begin; bench < th_bench_tables[i].end; bench++) {
      if (th_crc32(0, (const uint8_t *)bench->name, strlen(bench->name)) == id) {
        return bench;
      }
    }
  }
  return NULL;
}

static th_status bad(const char **detail, const char *why) {
  *detail = why;
  return TH_ERR_BAD_PLAN;
}

th_status th_suite_check(const uint8_t *blob, size_t blob_bytes, th_suite *suite, const char **detail) {
  const size_t crc_end = offsetof(th_suite_header, sha256);
  if (blob_bytes < sizeof(th_suite_header) || ((uintptr_t)blob & 3u) != 0) {
    return bad(detail, "no suite of benchmarks");
  }
  const th_suite_header *header = (const th_suite_header *)(const void *)blob;
  if (header->magic != TH_SUITE_MAGIC || header->version != TH_SUITE_VERSION) {
    return bad(detail, "no suite of benchmarks, or of another version");
  }
  if (header->runs > TH_SUITE_MAX_RUNS || header->total_bytes != blob_bytes ||
      blob_bytes != sizeof *header + header->runs * sizeof(th_suite_run)) {
    return bad(detail, "the suite's length is wrong");
  }
  if (th_crc32(0, blob + crc_end, blob_bytes - crc_end) != header->crc32) {
    return bad(detail, "the suite's CRC is wrong");
  }
  suite->header = header;
  suite->runs = (const th_suite_run *)(const void *)(blob + sizeof *header);
  for (size_t i = 0; i < header->runs; i++) {
    const uint32_t iterations = suite->runs[i].iterations;
    if (iterations < 1 || iterations > TH_SUITE_MAX_ITERATIONS) {
      return bad(detail, "iterations are out of range");
    }
    if (th_bench_find(suite->runs[i].id) == NULL) {
      *detail = "a benchmark is not in this image";
      return TH_ERR_OPERATOR;
    }
  }
  return TH_OK;
}
