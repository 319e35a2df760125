/* Checksums of results. */
#ifndef TINYHIL_BENCH_FOLD_H
#define TINYHIL_BENCH_FOLD_H

#include <stdint.h>

static inline uint32_t th_fold(uint32_t checksum, uint32_t value) { return checksum * 31u + value; }

#endif
