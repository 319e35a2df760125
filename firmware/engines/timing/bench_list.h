/* The benchmarks of this image as text, for the host. */
#ifndef TINYHIL_BENCH_LIST_H
#define TINYHIL_BENCH_LIST_H

#include <stddef.h>
#include <stdint.h>

/* Writes a line "NAME UNITS KIND\n" for each benchmark and returns the bytes; `out` NULL: only counts them. */
size_t th_bench_list(uint8_t *out);

#endif
