/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What memory.c, fetch.c and the quick ways below share; everybody else takes memory.h. */
#ifndef TINYHIL_TIMING_MEMORY_STATE_H
#define TINYHIL_TIMING_MEMORY_STATE_H

#include "memory.h"

enum {
  TM_MAX_REGIONS = 16,
  TM_MAX_CACHES = 8,
  TM_CHUNK_SHIFT = 16,
  TM_NO_LINE = 1,   /* lines start at multiples of at least 4 */
  TM_LONG = 1 << 20 /* cycles, far past any wait */
};

/* Of 64 KiB of addresses, bits. */
enum {
  TM_LOADS_MATTER = 1,  /* a load changes something or costs */
  TM_STORES_MATTER = 2,
  TM_LOADS_ARE_CACHED = 4 /* by `read_cache`, all loads that find their address in it */
};

typedef struct {
  uint32_t base, last; /* first and last address */
  uint32_t width;
  uint32_t fetch_wait, read_wait;
  bool prefetch, store_allocates;
  tm_cache *fetch_cache, *read_cache;
  bool fetches_alone; /* no data goes through fetch_cache */
} tm_region;

struct tm_memory {
  uint8_t first[1 << (32 - TM_CHUNK_SHIFT)];   /* of each 64 KiB of addresses: the first region that ends in it or later */
  uint8_t charges[1 << (32 - TM_CHUNK_SHIFT)]; /* of each 64 KiB: TM_LOADS_MATTER and the like */
  tm_region regions[TM_MAX_REGIONS + 1];     /* the last one is everything else, and free */
  uint32_t region_count;
  tm_cache caches[TM_MAX_CACHES];
  uint32_t cache_count;
  uint32_t fetch_line;
  uint32_t unaligned_rule, unaligned_boundary_shift;
  uint32_t unaligned_cycles[2]; /* of a load, of a store */
  uint32_t line;                /* start of the line that runs */
  uint32_t elapsed;             /* cycles of the core since it runs */
  tm_cache *read_cache;         /* of the first region that has one; NULL: there is none */
};

static inline const tm_region *tm_region_at(const tm_memory *memory, uint32_t address) {
  const tm_region *at = &memory->regions[memory->first[address >> TM_CHUNK_SHIFT]];
  while (address < at->base || address > at->last) {
    at++;
  }
  return at;
}

/* tm_memory_access, but what is free is found out here. `bytes` is a power of two. */
static inline uint32_t tm_memory_access_quickly(tm_memory *memory, uint32_t address, uint32_t bytes, bool store) {
  const bool aligned = bytes <= 4 && (address & (bytes - 1)) == 0;
  const uint8_t here = memory->charges[address >> TM_CHUNK_SHIFT];
  if (aligned && (here & (store ? TM_STORES_MATTER : TM_LOADS_MATTER)) == 0) {
    return 0;
  }
  if (aligned && !store && (here & TM_LOADS_ARE_CACHED) != 0 && tm_cache_touch_seen(memory->read_cache, address)) {
    return 0;
  }
  return tm_memory_access(memory, address, bytes, store);
}

/* tm_memory_fetch_run, but the usual case is found out here: all lines are in their cache. */
static inline uint32_t tm_memory_fetch_quickly(tm_memory *memory, tm_fetch_run *run) {
  if (run->cache == NULL || !tm_cache_touch_group(run->cache, &run->lines)) {
    return tm_memory_fetch_run(memory, run);
  }
  const bool runs_on = run->first_line == run->last_line && run->last_line == memory->line && memory->elapsed < TM_LONG;
  memory->elapsed = (runs_on ? memory->elapsed : 0) + run->last_cycles;
  memory->line = run->last_line;
  return 0;
}

#endif
