/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cache.h"

#include <stdlib.h>
#include <string.h>

enum { NO_SECTOR = 1 }; /* sectors start at multiples of at least 4 */
static const uint32_t NO_ENTRY = UINT32_MAX;
static const uint32_t SEED = 0x2545f491;

static uint32_t log2_of(uint32_t power) {
  uint32_t shift = 0;
  while (power >> shift != 1) {
    shift++;
  }
  return shift;
}

bool tm_cache_init(tm_cache *cache, uint32_t line, uint32_t sector, uint32_t sets, uint32_t ways,
                   tm_replacement replacement) {
  const size_t entries = (size_t)sets * ways;
  *cache = (tm_cache){.sector_mask = ~(sector - 1),
                      .line_shift = log2_of(line),
                      .sector_shift = log2_of(sector),
                      .sector_index_mask = line / sector - 1,
                      .set_mask = sets - 1,
                      .ways = ways,
                      .replacement = replacement,
                      .lines = calloc(entries, sizeof *cache->lines),
                      .sectors = calloc(entries, sizeof *cache->sectors),
                      .used = calloc(entries, sizeof *cache->used),
                      .next = calloc(sets, sizeof *cache->next)};
  if (!cache->lines || !cache->sectors || !cache->used || !cache->next) {
    return false;
  }
  tm_cache_reset(cache);
  return true;
}

void tm_cache_release(tm_cache *cache) {
  free(cache->lines);
  free(cache->sectors);
  free(cache->used);
  free(cache->next);
}

/* The entry that holds the line, or NO_ENTRY. */
static uint32_t find(const tm_cache *cache, uint32_t line) {
  const uint32_t first = (line & cache->set_mask) * cache->ways;
  for (uint32_t entry = first; entry < first + cache->ways; entry++) {
    if (cache->lines[entry] == line && cache->sectors[entry]) {
      return entry;
    }
  }
  return NO_ENTRY;
}

void tm_cache_settle(tm_cache *cache) {
  tm_cache_group *group = cache->touched;
  cache->touched = NULL;
  while (group != NULL) {
    tm_cache_group *next = group->next == group ? NULL : group->next;
    for (uint32_t i = 0; i < group->count; i++) {
      const uint32_t line = group->addresses[i] >> cache->line_shift;
      const uint32_t entry = find(cache, line);
      const uint64_t used = group->used - group->count + i + 1;
      if (entry != NO_ENTRY && cache->used[entry] < used) {
        cache->used[entry] = used;
      }
    }
    group->next = NULL;
    group = next;
  }
}

void tm_cache_reset(tm_cache *cache) {
  const size_t sets = (size_t)cache->set_mask + 1;
  const size_t entries = sets * cache->ways;
  memset(cache->lines, 0, entries * sizeof *cache->lines);
  memset(cache->sectors, 0, entries * sizeof *cache->sectors);
  memset(cache->used, 0, entries * sizeof *cache->used);
  memset(cache->next, 0, sets * sizeof *cache->next);
  memset(cache->hints, 0, sizeof cache->hints);
  tm_cache_settle(cache);
  cache->last = NO_SECTOR;
  cache->clock = 0;
  cache->evictions++;
  cache->random = SEED;
}

/* Deterministic: xorshift (Marsaglia 2003) from a fixed seed, scaled to the number of ways without a division. */
static uint32_t random_way(tm_cache *cache) {
  uint32_t x = cache->random;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  cache->random = x;
  return (uint32_t)(((uint64_t)x * cache->ways) >> 32);
}

/* The entry of the set from `first` on that the next line goes into: an empty one, or else by the policy. */
static uint32_t victim(tm_cache *cache, uint32_t set, uint32_t first) {
  if (cache->replacement == TM_LRU) {
    tm_cache_settle(cache);
  }
  uint32_t oldest = first;
  for (uint32_t entry = first; entry < first + cache->ways; entry++) {
    if (cache->sectors[entry] == 0) {
      return entry;
    }
    if (cache->used[entry] < cache->used[oldest]) {
      oldest = entry;
    }
  }
  if (cache->replacement == TM_RANDOM) {
    return first + random_way(cache);
  }
  if (cache->replacement == TM_ROUND_ROBIN) {
    const uint32_t way = cache->next[set];
    cache->next[set] = way + 1 == cache->ways ? 0 : way + 1;
    return first + way;
  }
  return oldest;
}

/* An empty entry for the line, which is not there. */
static uint32_t place(tm_cache *cache, uint32_t line) {
  const uint32_t set = line & cache->set_mask;
  const uint32_t entry = victim(cache, set, set * cache->ways);
  cache->evictions += cache->sectors[entry] != 0;
  cache->lines[entry] = line;
  cache->sectors[entry] = 0;
  return entry;
}

bool tm_cache_touch(tm_cache *cache, uint32_t address) {
  const uint32_t line = address >> cache->line_shift;
  const uint32_t sector = UINT32_C(1) << ((address >> cache->sector_shift) & cache->sector_index_mask);
  uint32_t *hint = &cache->hints[line & (TM_CACHE_HINTS - 1)];
  uint32_t entry = *hint;
  if (cache->lines[entry] != line || !cache->sectors[entry]) {
    entry = find(cache, line);
    if (entry == NO_ENTRY) {
      entry = place(cache, line);
    }
    *hint = entry;
  }
  const bool hit = cache->sectors[entry] & sector;
  cache->sectors[entry] |= sector;
  cache->used[entry] = ++cache->clock;
  cache->last = address & cache->sector_mask;
  return hit;
}
