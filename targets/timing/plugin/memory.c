/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys, for regions N from 0 to memory.regions - 1, by ascending addresses; elsewhere nothing is charged:
 *   memory.region.N.base, .bytes
 *   memory.region.N.width         bytes that one read brings, a power of two: line of fetches, sector of caches
 *   memory.region.N.fetch_wait    cycles that a fetch waits for a line that is in no buffer
 *   memory.region.N.prefetch      1: while a line runs, the next one is read
 *   memory.region.N.read_wait     cycles that a data read waits where its cache, if any, does not hold it
 *   memory.region.N.store_allocates  1: a store that misses fills the cache; stores are buffered and never wait
 *   memory.region.N.fetch_cache, .read_cache   number of a cache, from 1 on; 0: none
 * for caches N from 1 to memory.caches:
 *   memory.cache.N.line, .sets, .ways   bytes, numbers; line and sets are powers of two
 *   memory.cache.N.replacement    0: least recently used, 1: round robin, 2: random
 * and of the core:
 *   memory.unaligned.rule         what is charged: 0: nothing, 1: naturally aligned parts beyond the first,
 *                                 2: boundaries crossed, 3: the access as a whole
 *   memory.unaligned.boundary     bytes, for rule 2
 *   memory.unaligned.load_cycles, .store_cycles   the charge
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory_state.h"

enum { MAX_ENTRIES = 1 << 16, MAX_WAIT = 10000, FREE_FETCH_LINE = 4096 };

enum { UNALIGNED_FREE, UNALIGNED_PARTS, UNALIGNED_BOUNDARIES, UNALIGNED_EACH, UNALIGNED_RULES };

/* Reads keys, and remembers the first thing that is wrong. */
typedef struct {
  tm_params *params;
  char *error;
  size_t error_bytes;
  bool failed;
} reader;

static void fail(reader *in, const char *format, ...) {
  if (!in->failed) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(in->error, in->error_bytes, format, arguments);
    va_end(arguments);
  }
  in->failed = true;
}

static bool is_power_of_two(uint32_t value) { return value != 0 && (value & (value - 1)) == 0; }

enum { REQUIRED = 1, POWER_OF_TWO = 2 };

/* The value of memory.<group>.<number>.<name>, 0 where it may be left out and is. */
static uint32_t get(reader *in, const char *group, uint32_t number, const char *name, uint32_t low, uint32_t high,
                    int flags) {
  char key[64];
  snprintf(key, sizeof key, "memory.%s.%u.%s", group, number, name);
  if (!tm_params_has(in->params, key)) {
    if (flags & REQUIRED) {
      fail(in, "%s is missing", key);
    }
    return 0;
  }
  const uint32_t value = tm_params_get(in->params, key, 0);
  if (value < low || value > high) {
    fail(in, "%s: %u, must be %u to %u", key, value, low, high);
  } else if ((flags & POWER_OF_TWO) && !is_power_of_two(value)) {
    fail(in, "%s: %u, must be a power of two", key, value);
  }
  return value;
}

static uint32_t get_count(reader *in, const char *key, uint32_t high) {
  const uint32_t value = tm_params_get(in->params, key, 0);
  if (value > high) {
    fail(in, "%s: %u, must be 0 to %u", key, value, high);
    return 0;
  }
  return value;
}

/* `numbers[i]`: the caches that region i names, for fetches and for data. */
static void read_region(reader *in, tm_memory *memory, uint32_t number, uint32_t numbers[2]) {
  tm_region *at = &memory->regions[number];
  at->base = get(in, "region", number, "base", 0, UINT32_MAX, REQUIRED);
  const uint32_t bytes = get(in, "region", number, "bytes", 1, UINT32_MAX, REQUIRED);
  at->last = at->base + (bytes - 1);
  if (at->last < at->base) {
    fail(in, "memory.region.%u.bytes: reaches past the address space", number);
  }
  if (number > 0 && at->base <= memory->regions[number - 1].last) {
    fail(in, "memory.region.%u.base: not behind region %u", number, number - 1);
  }
  at->width = get(in, "region", number, "width", 4, 1 << 12, REQUIRED | POWER_OF_TWO);
  at->fetch_wait = get(in, "region", number, "fetch_wait", 0, MAX_WAIT, 0);
  at->read_wait = get(in, "region", number, "read_wait", 0, MAX_WAIT, 0);
  at->prefetch = get(in, "region", number, "prefetch", 0, 1, 0);
  at->store_allocates = get(in, "region", number, "store_allocates", 0, 1, 0);
  numbers[0] = get(in, "region", number, "fetch_cache", 0, memory->cache_count, 0);
  numbers[1] = get(in, "region", number, "read_cache", 0, memory->cache_count, 0);
  if (at->store_allocates && numbers[1] == 0) {
    fail(in, "memory.region.%u.store_allocates: the region has no read_cache", number);
  }
}

/* A cache's sectors are as wide as the reads of the regions behind it. */
static void read_cache(reader *in, tm_memory *memory, uint32_t number, uint32_t sector) {
  const uint32_t line = get(in, "cache", number, "line", 4, 1 << 12, REQUIRED | POWER_OF_TWO);
  const uint32_t sets = get(in, "cache", number, "sets", 1, MAX_ENTRIES, REQUIRED | POWER_OF_TWO);
  const uint32_t ways = get(in, "cache", number, "ways", 1, MAX_ENTRIES, REQUIRED);
  const uint32_t replacement = get(in, "cache", number, "replacement", 0, TM_REPLACEMENT_COUNT - 1, 0);
  if (sector == 0) {
    fail(in, "memory.cache.%u: no region has it", number);
  }
  if (!in->failed && (uint64_t)sets * ways > MAX_ENTRIES) {
    fail(in, "memory.cache.%u: more than %u lines", number, MAX_ENTRIES);
  }
  if (!in->failed && (line < sector || line / sector > 32)) {
    fail(in, "memory.cache.%u.line: %u, must be 1 to 32 times the regions' width of %u", number, line, sector);
  }
  if (!in->failed &&
      !tm_cache_init(&memory->caches[number - 1], line, sector, sets, ways, (tm_replacement)replacement)) {
    fail(in, "out of memory");
  }
}

static void read_unaligned(reader *in, tm_memory *memory) {
  memory->unaligned_rule = get_count(in, "memory.unaligned.rule", UNALIGNED_RULES - 1);
  memory->unaligned_cycles[0] = get_count(in, "memory.unaligned.load_cycles", MAX_WAIT);
  memory->unaligned_cycles[1] = get_count(in, "memory.unaligned.store_cycles", MAX_WAIT);
  const uint32_t boundary = get_count(in, "memory.unaligned.boundary", 1 << 12);
  if (memory->unaligned_rule == UNALIGNED_BOUNDARIES && (boundary < 4 || !is_power_of_two(boundary))) {
    fail(in, "memory.unaligned.boundary: %u, must be a power of two from 4 on", boundary);
  }
  while (boundary >> memory->unaligned_boundary_shift > 1) {
    memory->unaligned_boundary_shift++;
  }
}

static void read_all(reader *in, tm_memory *memory) {
  uint32_t numbers[TM_MAX_REGIONS][2] = {{0}};
  uint32_t sectors[TM_MAX_CACHES + 1] = {0};
  memory->region_count = get_count(in, "memory.regions", TM_MAX_REGIONS);
  memory->cache_count = get_count(in, "memory.caches", TM_MAX_CACHES);
  memory->fetch_line = FREE_FETCH_LINE;
  read_unaligned(in, memory);
  for (uint32_t i = 0; i < memory->region_count && !in->failed; i++) {
    read_region(in, memory, i, numbers[i]);
    const uint32_t width = memory->regions[i].width;
    for (int k = 0; k < 2; k++) {
      uint32_t *sector = &sectors[numbers[i][k]];
      if (numbers[i][k] && *sector && *sector != width) {
        fail(in, "memory.region.%u.width: differs from that of another region with the same cache", i);
      }
      *sector = width;
    }
    if (memory->regions[i].fetch_wait && width < memory->fetch_line) {
      memory->fetch_line = width;
    }
  }
  for (uint32_t i = 0; i < memory->cache_count && !in->failed; i++) {
    read_cache(in, memory, i + 1, sectors[i + 1]);
  }
  for (uint32_t i = 0; i < memory->region_count && !in->failed; i++) {
    memory->regions[i].fetch_cache = numbers[i][0] ? &memory->caches[numbers[i][0] - 1] : NULL;
    memory->regions[i].read_cache = numbers[i][1] ? &memory->caches[numbers[i][1] - 1] : NULL;
    memory->regions[i].fetches_alone = numbers[i][0] != 0;
    for (uint32_t k = 0; k < memory->region_count; k++) {
      memory->regions[i].fetches_alone &= numbers[i][0] != numbers[k][1];
    }
    if (memory->read_cache == NULL) {
      memory->read_cache = memory->regions[i].read_cache;
    }
  }
}

static uint8_t charges_of(const tm_memory *memory, const tm_region *at) {
  const tm_cache *cache = memory->read_cache;
  const bool cached = cache != NULL && (at->read_cache == cache ? at->read_wait != 0 : at->fetch_cache != cache);
  return (uint8_t)((at->read_wait != 0 ? TM_LOADS_MATTER : 0) | (at->store_allocates ? TM_STORES_MATTER : 0) |
                   (cached ? TM_LOADS_ARE_CACHED : 0));
}

static void index_regions(tm_memory *memory) {
  tm_region *rest = &memory->regions[memory->region_count];
  *rest = (tm_region){.base = 0, .last = UINT32_MAX, .width = FREE_FETCH_LINE};
  uint32_t number = 0;
  for (uint32_t chunk = 0; chunk < sizeof memory->first; chunk++) {
    while (memory->regions[number].last < chunk << TM_CHUNK_SHIFT) {
      number++;
    }
    memory->first[chunk] = (uint8_t)number;
    uint8_t any = 0, all = TM_LOADS_ARE_CACHED;
    for (uint32_t n = number; n < memory->region_count && memory->regions[n].base >> TM_CHUNK_SHIFT <= chunk; n++) {
      const uint8_t charges = charges_of(memory, &memory->regions[n]);
      any |= charges;
      all &= charges;
    }
    memory->charges[chunk] = (uint8_t)((any & ~TM_LOADS_ARE_CACHED) | all);
  }
}

tm_memory *tm_memory_new(tm_params *params, char *error, size_t error_bytes) {
  reader in = {params, error, error_bytes, false};
  tm_memory *memory = calloc(1, sizeof *memory);
  if (memory == NULL) {
    fail(&in, "out of memory");
    return NULL;
  }
  read_all(&in, memory);
  if (in.failed) {
    tm_memory_free(memory);
    return NULL;
  }
  index_regions(memory);
  tm_memory_reset(memory);
  return memory;
}

void tm_memory_free(tm_memory *memory) {
  if (memory != NULL) {
    for (uint32_t i = 0; i < memory->cache_count; i++) {
      tm_cache_release(&memory->caches[i]);
    }
    free(memory);
  }
}

void tm_memory_reset(tm_memory *memory) {
  for (uint32_t i = 0; i < memory->cache_count; i++) {
    tm_cache_reset(&memory->caches[i]);
  }
  memory->line = TM_NO_LINE;
  memory->elapsed = 0;
}

bool tm_memory_stores_matter(const tm_memory *memory) {
  for (uint32_t i = 0; i < memory->region_count; i++) {
    if (memory->regions[i].store_allocates) {
      return true;
    }
  }
  return false;
}

uint32_t tm_memory_fetch_line(const tm_memory *memory) { return memory->fetch_line; }

/* One access that crosses no boundary of 4 bytes. */
static inline uint32_t access_word(tm_memory *memory, uint32_t address, bool is_store) {
  const tm_region *at = tm_region_at(memory, address);
  if (is_store) {
    if (at->store_allocates) {
      (void)tm_cache_touch(at->read_cache, address);
    }
    return 0;
  }
  if (at->read_wait == 0) {
    return 0;
  }
  return at->read_cache != NULL && tm_cache_touch(at->read_cache, address) ? 0 : at->read_wait;
}

/* How often an access in `parts` naturally aligned parts of at most 4 bytes is charged. What is aligned to 4 is not
 * unaligned: the core's own cycles cover its words. */
static uint32_t unaligned_charges(const tm_memory *memory, uint32_t address, uint32_t bytes, uint32_t parts) {
  const uint32_t shift = memory->unaligned_boundary_shift;
  const uint32_t offset = address & ((UINT32_C(1) << shift) - 1);
  const uint32_t extra_parts = parts - ((bytes + 3) >> 2);
  if (extra_parts == 0) {
    return 0;
  }
  switch (memory->unaligned_rule) {
  case UNALIGNED_PARTS:
    return extra_parts;
  case UNALIGNED_BOUNDARIES:
    return ((offset + bytes - 1) >> shift) - ((bytes - 1) >> shift);
  case UNALIGNED_EACH:
    return 1;
  default:
    return 0;
  }
}

static uint32_t access_in_parts(tm_memory *memory, uint32_t address, uint32_t bytes, bool is_store) {
  uint32_t stall = 0, parts = 0;
  for (uint32_t done = 0; done < bytes; parts++) {
    const uint32_t at = address + done;
    uint32_t part = at & 1 ? 1 : at & 2 ? 2 : 4;
    while (part > bytes - done) {
      part >>= 1;
    }
    stall += access_word(memory, at, is_store);
    done += part;
  }
  return stall + unaligned_charges(memory, address, bytes, parts) * memory->unaligned_cycles[is_store];
}

uint32_t tm_memory_access(tm_memory *memory, uint32_t address, uint32_t bytes, bool store) {
  if (bytes <= 4 && (address & (bytes - 1)) == 0) {
    return access_word(memory, address, store);
  }
  return access_in_parts(memory, address, bytes, store);
}
