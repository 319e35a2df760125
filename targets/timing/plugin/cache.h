/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a cache or a flash accelerator's buffer holds: which addresses hit. Knows nothing of time. */
#ifndef TINYHIL_TIMING_CACHE_H
#define TINYHIL_TIMING_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { TM_LRU, TM_ROUND_ROBIN, TM_RANDOM, TM_REPLACEMENT_COUNT } tm_replacement;

enum { TM_CACHE_HINTS = 256 };

/* Sectors that are touched together, in order, again and again: as long as nothing has left the cache since all of them were
 * found in it, they hit, and the cache is told of the touch only when it has to choose what leaves. */
typedef struct tm_cache_group {
  const uint32_t *addresses;
  uint32_t count;
  uint64_t evictions;          /* of the cache, when all were found in it; 0: not known */
  uint64_t used;               /* the cache's clock after the last touch that it does not know of */
  struct tm_cache_group *next; /* in the cache's list of such groups; NULL: not in it */
} tm_cache_group;

typedef struct {
  uint32_t line;    /* its number, address >> line_shift */
  uint32_t sectors; /* bit n: sector n of the line is there */
  uint64_t used;    /* clock of the last touch; 0: the entry is empty */
} tm_cache_entry;

/* Lines of `ways` to a set. A line is filled sector by sector: a miss brings the sector that was asked for. */
typedef struct {
  uint32_t sector_mask; /* of an address: its sector's start */
  uint32_t last;        /* start of the sector touched last; no sector's start where there is none */
  uint32_t line_shift, sector_shift, sector_index_mask;
  uint32_t set_mask, ways;
  tm_replacement replacement;
  uint32_t random;
  uint64_t clock;
  uint64_t evictions;      /* lines that have left, and resets; at least 1 */
  tm_cache_group *touched; /* groups with touches untold; the last one is its own next */
  tm_cache_entry *entries; /* by set and way */
  uint32_t *next;          /* by set: the way that goes next, round robin */
  uint32_t hints[TM_CACHE_HINTS]; /* by low bits of the line number: the entry where it was last seen */
} tm_cache;

/* Sizes in bytes; all are powers of two, sector <= line <= 32 sectors. False: out of memory. */
bool tm_cache_init(tm_cache *cache, uint32_t line, uint32_t sector, uint32_t sets, uint32_t ways,
                   tm_replacement replacement);
void tm_cache_release(tm_cache *cache);
/* Empty, as after a reset. */
void tm_cache_reset(tm_cache *cache);
/* Whether the sector of `address` is there. If not, it is from now on. */
bool tm_cache_touch(tm_cache *cache, uint32_t address);
/* Counts the touches of all groups that were put off. */
void tm_cache_settle(tm_cache *cache);

static inline uint32_t tm_cache_sector_bit(const tm_cache *cache, uint32_t address) {
  return UINT32_C(1) << (address >> cache->sector_shift & cache->sector_index_mask);
}

/* Touches the sector of `address` if it is where its line was last seen; else false, and nothing is done. To touch the same
 * sector once more changes nothing. */
static inline bool tm_cache_touch_seen(tm_cache *cache, uint32_t address) {
  if ((address & cache->sector_mask) == cache->last) {
    return true;
  }
  const uint32_t line = address >> cache->line_shift;
  tm_cache_entry *entry = &cache->entries[cache->hints[line & (TM_CACHE_HINTS - 1)]];
  if (entry->line != line || (entry->sectors & tm_cache_sector_bit(cache, address)) == 0) {
    return false;
  }
  entry->used = ++cache->clock;
  cache->last = address & cache->sector_mask;
  return true;
}

/* Touches the group if it is known to hit; else false, and nothing is done. */
static inline bool tm_cache_touch_group(tm_cache *cache, tm_cache_group *group) {
  if (group->evictions != cache->evictions) {
    return false;
  }
  cache->clock += group->count;
  group->used = cache->clock;
  if (group->next == NULL) {
    group->next = cache->touched != NULL ? cache->touched : group;
    cache->touched = group;
  }
  return true;
}

#endif
