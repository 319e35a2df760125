/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fetching of instructions: the line that runs, the one that is prefetched, and the cache of lines. */
#include <stdlib.h>

#include "memory_state.h"

/* Stall until the line at `start`, which is not the one that runs, is there. A read takes one cycle more than the
 * wait states, and the next line's begins when the running line is there. */
static uint32_t enter_line(tm_memory *memory, const tm_region *at, uint32_t start) {
  uint32_t stall = 0;
  if (at->fetch_cache == NULL || !tm_cache_touch(at->fetch_cache, start)) {
    stall = at->fetch_wait;
    if (at->prefetch && start == memory->line + at->width) {
      const uint32_t left = memory->elapsed > stall ? 0 : stall + 1 - memory->elapsed;
      stall = left < stall ? left : stall;
    }
  }
  memory->line = start;
  memory->elapsed = 0;
  return stall;
}

static uint32_t line_of(const tm_region *at, const tm_fetch *piece) { return piece->address & ~(at->width - 1); }

uint32_t tm_memory_fetch(tm_memory *memory, const tm_fetch *pieces, size_t count) {
  uint32_t stall = 0;
  for (const tm_fetch *piece = pieces; piece < pieces + count; piece++) {
    const tm_region *at = tm_region_at(memory, piece->address);
    if (at->fetch_wait && line_of(at, piece) != memory->line) {
      stall += enter_line(memory, at, line_of(at, piece));
    }
    memory->elapsed += piece->cycles;
    if (memory->elapsed > TM_LONG) {
      memory->elapsed = TM_LONG;
    }
  }
  return stall;
}

/* The cache that all pieces go through, if they go through one that is for fetches alone. */
static tm_cache *common_cache(const tm_memory *memory, const tm_fetch *pieces, uint32_t count) {
  const tm_region *at = tm_region_at(memory, pieces[0].address);
  if (at->fetch_wait == 0 || !at->fetches_alone || pieces[count - 1].address > at->last) {
    return NULL;
  }
  return at->fetch_cache;
}

bool tm_memory_prepare(tm_memory *memory, tm_fetch_run *run, tm_fetch *pieces, uint32_t count) {
  *run = (tm_fetch_run){.pieces = pieces, .count = count, .cache = common_cache(memory, pieces, count)};
  if (run->cache == NULL) {
    return true;
  }
  uint32_t *starts = calloc(count, sizeof *starts);
  if (starts == NULL) {
    return false;
  }
  const tm_region *at = tm_region_at(memory, pieces[0].address);
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t start = line_of(at, &pieces[i]);
    if (i == 0 || start != run->last_line) {
      starts[run->lines.count++] = start;
      run->last_cycles = 0;
    }
    run->last_line = start;
    run->last_cycles += pieces[i].cycles;
  }
  run->first_line = starts[0];
  run->lines.addresses = starts;
  return true;
}

void tm_memory_release(tm_fetch_run *run) {
  if (run->cache != NULL) {
    tm_cache_settle(run->cache);
    free((void *)(uintptr_t)run->lines.addresses);
  }
  free(run->pieces);
}

/* After a look at all of them, all lines are there, the running one too, unless one made another leave. */
uint32_t tm_memory_fetch_run(tm_memory *memory, tm_fetch_run *run) {
  const uint64_t evictions = run->cache != NULL ? run->cache->evictions : 0;
  const uint32_t stall = tm_memory_fetch(memory, run->pieces, run->count);
  if (run->cache != NULL && run->cache->evictions == evictions) {
    run->lines.evictions = evictions;
  }
  return stall;
}
