#include "engines/timing/bench.h"
#include "engines/timing/kernels/kernels.h"

static const th_bench kernels[] = {
    {"kernel_list", th_kernel_list, 1, TH_BENCH_KERNEL},
    {"kernel_matrix", th_kernel_matrix, 1, TH_BENCH_KERNEL},
    {"kernel_tokens", th_kernel_tokens, 1, TH_BENCH_KERNEL},
    {"kernel_crc", th_kernel_crc, 1, TH_BENCH_KERNEL},
    {"kernel_heap_sort", th_kernel_heap_sort, 1, TH_BENCH_KERNEL},
    {"kernel_search", th_kernel_search, 1, TH_BENCH_KERNEL},
    {"kernel_fir", th_kernel_fir, 1, TH_BENCH_KERNEL},
};

#if defined(__arm__) || defined(__riscv)
extern const th_bench th_micro_begin[], th_micro_end[];
#else
static const th_bench th_micro_begin[1], *const th_micro_end = th_micro_begin;
#endif

const th_bench_table th_bench_tables[TH_BENCH_TABLES] = {
    {th_micro_begin, th_micro_end},
    {kernels, kernels + sizeof kernels / sizeof kernels[0]},
};
