/* A benchmark, and the tables of those that are in this image. */
#ifndef TINYHIL_BENCH_H
#define TINYHIL_BENCH_H

#include <stddef.h>
#include <stdint.h>

enum th_bench_kind {
  TH_BENCH_MICRO = 0, /* a loop of `units` repetitions of a short sequence; "empty" is the same loop around nothing */
  TH_BENCH_WHOLE = 1, /* a loop of another form: one unit is one turn, with all there is to it */
  TH_BENCH_KERNEL = 2 /* compiled C: one unit is one solution of the problem; returns a checksum */
};

enum { TH_BENCH_MEMORY_BYTES = 2048 };

/* memory: TH_BENCH_MEMORY_BYTES of RAM, 16-byte aligned, with unknown content. Returns a checksum that does not depend on
 * `iterations`, which are 1 or more; 0 where there is nothing to check. */
typedef uint32_t (*th_bench_fn)(uint32_t iterations, void *memory);

/* Laid down by assembler sources too: the order of the fields counts. */
typedef struct {
  const char *name;
  th_bench_fn run;
  uint16_t units; /* repetitions in one iteration */
  uint16_t kind;
} th_bench;

typedef struct {
  const th_bench *begin;
  const th_bench *end;
} th_bench_table;

enum { TH_BENCH_TABLES = 2 };
/* Micro-benchmarks of the core's instruction set, none on `native`; kernels. */
extern const th_bench_table th_bench_tables[TH_BENCH_TABLES];

#endif
