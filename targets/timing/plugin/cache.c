/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cache.h"

#include <stdlib.h>
#include <string.h>

enum { NO_SECTOR = 1 }; /* sectors start at multiples of at least 4 */
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
                      .entries = calloc(entries, sizeof *cache->entries),
                      .next = calloc(sets, sizeof *cache->next)};
  if (!cache->entries || !cache->next) {
    return false;
  }
  tm_cache_reset(cache);
  return true;
}

void tm_cache_release(tm_cache *cache) {
  free(cache->entries);
  free(cache->next);
}

static bool holds(const tm_cache_entry *entry, uint32_t line) { return entry->line == line && entry->used != 0; }

/* The entry that holds the line; else the one of its set that was touched least recently, an empty one before all others. */
static tm_cache_entry *search(const tm_cache *cache, uint32_t line) {
  tm_cache_entry *oldest = &cache->entries[(line & cache->set_mask) * cache->ways];
  const tm_cache_entry *end = oldest + cache->ways;
  uint64_t since = oldest->used;
  for (tm_cache_entry *entry = oldest; entry < end; entry++) {
    if (holds(entry, line)) {
      return entry;
    }
    const bool older = entry->used < since;
    since = older ? entry->used : since;
    oldest = older ? entry : oldest;
  }
  return oldest;
}

void tm_cache_settle(tm_cache *cache) {
  tm_cache_group *group = cache->touched;
  cache->touched = NULL;
  while (group != NULL) {
    tm_cache_group *next = group->next == group ? NULL : group->next;
    for (uint32_t i = 0; i < group->count; i++) {
      const uint32_t line = group->addresses[i] >> cache->line_shift;
      tm_cache_entry *entry = search(cache, line);
      const uint64_t used = group->used - group->count + i + 1;
      if (holds(entry, line) && entry->used < used) {
        entry->used = used;
      }
    }
    group->next = NULL;
    group = next;
  }
}

void tm_cache_reset(tm_cache *cache) {
  const size_t sets = (size_t)cache->set_mask + 1;
  const size_t entries = sets * cache->ways;
  memset(cache->entries, 0, entries * sizeof *cache->entries);
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

/* Empties an entry for the line, which is not there: `oldest` of its set, unless the policy has another leave. */
static tm_cache_entry *place(tm_cache *cache, uint32_t line, tm_cache_entry *oldest) {
  const uint32_t set = line & cache->set_mask;
  tm_cache_entry *entry = oldest;
  if (oldest->used != 0 && cache->replacement == TM_RANDOM) {
    entry = &cache->entries[set * cache->ways + random_way(cache)];
  } else if (oldest->used != 0 && cache->replacement == TM_ROUND_ROBIN) {
    const uint32_t way = cache->next[set];
    cache->next[set] = way + 1 == cache->ways ? 0 : way + 1;
    entry = &cache->entries[set * cache->ways + way];
  }
  cache->evictions += entry->used != 0;
  entry->line = line;
  entry->sectors = 0;
  return entry;
}

bool tm_cache_touch(tm_cache *cache, uint32_t address) {
  const uint32_t line = address >> cache->line_shift;
  const uint32_t sector = tm_cache_sector_bit(cache, address);
  uint32_t *hint = &cache->hints[line & (TM_CACHE_HINTS - 1)];
  tm_cache_entry *entry = &cache->entries[*hint];
  if (!holds(entry, line)) {
    if (cache->touched != NULL) {
      tm_cache_settle(cache);
    }
    entry = search(cache, line);
    if (!holds(entry, line)) {
      entry = place(cache, line, entry);
    }
    *hint = (uint32_t)(entry - cache->entries);
  }
  const bool hit = entry->sectors & sector;
  entry->sectors |= sector;
  entry->used = ++cache->clock;
  cache->last = address & cache->sector_mask;
  return hit;
}
