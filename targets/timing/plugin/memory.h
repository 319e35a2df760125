/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fetches and data accesses cost beyond the core's own cycles, in the detailed mode: wait states, the flash
 * accelerator's buffers, caches, unaligned accesses. Addresses are those of the emulated machine. */
#ifndef TINYHIL_TIMING_MEMORY_H
#define TINYHIL_TIMING_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache.h"
#include "params.h"

typedef struct tm_memory tm_memory;

/* Part of a block's code inside one fetch line. */
typedef struct {
  uint32_t address; /* of its first byte */
  uint16_t bytes;   /* never beyond the line's end */
  uint16_t cycles;  /* that the core takes for it, without any stall */
} tm_fetch;

/* A block's code, which is fetched again and again. */
typedef struct {
  /* What tm_memory_prepare finds out: */
  tm_cache *cache;      /* that all fetches of the run go through, and nothing else does; NULL: none */
  tm_cache_group lines; /* the lines' starts, each once */
  uint32_t first_line, last_line;
  uint32_t last_cycles; /* that the core takes in the last line */
  uint32_t count;
  tm_fetch *pieces;
} tm_fetch_run;

/* From the keys `memory.*`; NULL and a message where they are wrong. */
tm_memory *tm_memory_new(tm_params *params, char *error, size_t error_bytes);
void tm_memory_free(tm_memory *memory);
/* Whether any store, aligned, changes or costs anything. */
bool tm_memory_stores_matter(const tm_memory *memory);
/* Everything cold: buffers and caches empty. */
void tm_memory_reset(tm_memory *memory);
/* Bytes of the line that instructions are fetched by: the granule of tm_fetch; a power of two. */
uint32_t tm_memory_fetch_line(const tm_memory *memory);
/* Stall cycles of fetching `count` pieces one after the other. However a run of instructions is cut into calls, the sum is the
 * same. A jump forward by a line finds the prefetched one, as running on does. */
uint32_t tm_memory_fetch(tm_memory *memory, const tm_fetch *pieces, size_t count);
/* Makes a run of `pieces`, which it takes over (from malloc) with `count` > 0. False: out of memory, nothing is taken. */
bool tm_memory_prepare(tm_memory *memory, tm_fetch_run *run, tm_fetch *pieces, uint32_t count);
/* Frees what the run holds. */
void tm_memory_release(tm_fetch_run *run);
/* tm_memory_fetch of the run's pieces, but quicker: lines that must be there still are not looked for. */
uint32_t tm_memory_fetch_run(tm_memory *memory, tm_fetch_run *run);
/* Stall cycles of one data access of `bytes` (1, 2, 4, 8 or 16), unaligned ones included. */
uint32_t tm_memory_access(tm_memory *memory, uint32_t address, uint32_t bytes, bool store);

#endif
