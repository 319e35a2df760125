/* General-purpose kernels: what compiled C of everyday code costs, as CoreMark would show it, without being CoreMark. Each
 * solves the same problem `iterations` times, in TH_BENCH_MEMORY_BYTES of `memory`, and returns a checksum of the solution
 * (bench.h). tests/unit/microbench/kernels.py states the problems anew. */
#ifndef TINYHIL_BENCH_KERNELS_H
#define TINYHIL_BENCH_KERNELS_H

#include <stdint.h>

uint32_t th_kernel_crc(uint32_t iterations, void *memory);
uint32_t th_kernel_fir(uint32_t iterations, void *memory);
uint32_t th_kernel_heap_sort(uint32_t iterations, void *memory);
uint32_t th_kernel_list(uint32_t iterations, void *memory);
uint32_t th_kernel_matrix(uint32_t iterations, void *memory);
uint32_t th_kernel_search(uint32_t iterations, void *memory);
uint32_t th_kernel_tokens(uint32_t iterations, void *memory);

#endif
