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
#include "memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache.h"

enum {
  MAX_REGIONS = 16,
  MAX_CACHES = 8,
  MAX_ENTRIES = 1 << 16,
  MAX_WAIT = 10000,
  NO_LINE = 1,          /* lines start at multiples of at least 4 */
  MIB_SHIFT = 20,
  ELAPSED_LIMIT = 1 << 20, /* far past any wait */
  FREE_FETCH_LINE = 4096
};

enum { UNALIGNED_FREE, UNALIGNED_PARTS, UNALIGNED_BOUNDARIES, UNALIGNED_EACH, UNALIGNED_RULES };

typedef struct {
  uint32_t base, last; /* first and last address */
  uint32_t width;
  uint32_t fetch_wait, read_wait;
  bool prefetch, store_allocates;
  tm_cache *fetch_cache, *read_cache;
} region;

struct tm_memory {
  uint8_t first[1 << (32 - MIB_SHIFT)]; /* of each MiB of addresses: the first region that ends in it or later */
  region regions[MAX_REGIONS + 1];      /* the last one is everything else, and free */
  uint32_t region_count;
  tm_cache caches[MAX_CACHES];
  uint32_t cache_count;
  uint32_t fetch_line;
  uint32_t unaligned_rule, unaligned_boundary_shift;
  uint32_t unaligned_cycles[2]; /* of a load, of a store */
  uint32_t line;    /* start of the line that runs */
  uint32_t elapsed; /* cycles of the core since it runs */
};

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
  region *at = &memory->regions[number];
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
  uint32_t numbers[MAX_REGIONS][2] = {{0}};
  uint32_t sectors[MAX_CACHES + 1] = {0};
  memory->region_count = get_count(in, "memory.regions", MAX_REGIONS);
  memory->cache_count = get_count(in, "memory.caches", MAX_CACHES);
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
  }
}

static void index_regions(tm_memory *memory) {
  region *rest = &memory->regions[memory->region_count];
  *rest = (region){.base = 0, .last = UINT32_MAX, .width = FREE_FETCH_LINE};
  uint32_t number = 0;
  for (uint32_t mib = 0; mib < sizeof memory->first; mib++) {
    while (memory->regions[number].last < mib << MIB_SHIFT) {
      number++;
    }
    memory->first[mib] = (uint8_t)number;
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
  memory->line = NO_LINE;
  memory->elapsed = 0;
}

uint32_t tm_memory_fetch_line(const tm_memory *memory) { return memory->fetch_line; }

static inline const region *region_at(const tm_memory *memory, uint32_t address) {
  const region *at = &memory->regions[memory->first[address >> MIB_SHIFT]];
  while (address < at->base || address > at->last) {
    at++;
  }
  return at;
}

/* Stall until the line at `start`, which is not the one that runs, is there. A read takes one cycle more than the
 * wait states, and the next line's begins when the running line is there. */
static uint32_t enter_line(tm_memory *memory, const region *at, uint32_t start) {
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

uint32_t tm_memory_fetch(tm_memory *memory, const tm_fetch *pieces, size_t count, bool sequential) {
  (void)sequential; /* a jump forward by a line finds the prefetched one too */
  uint32_t stall = 0;
  for (const tm_fetch *piece = pieces; piece < pieces + count; piece++) {
    const region *at = region_at(memory, piece->address);
    if (at->fetch_wait) {
      const uint32_t start = piece->address & ~(at->width - 1);
      if (start != memory->line) {
        stall += enter_line(memory, at, start);
      }
    }
    memory->elapsed += piece->cycles;
    if (memory->elapsed > ELAPSED_LIMIT) {
      memory->elapsed = ELAPSED_LIMIT;
    }
  }
  return stall;
}

/* One access that crosses no boundary of 4 bytes. */
static inline uint32_t access_word(tm_memory *memory, uint32_t address, bool is_store) {
  const region *at = region_at(memory, address);
  if (is_store) {
    if (at->store_allocates) {
      (void)tm_cache_touch(at->read_cache, address);
    }
    return 0;
  }
  if (at->read_wait == 0) {
    return 0;
  }
  tm_cache *cache = at->read_cache;
  if (cache == NULL) {
    return at->read_wait;
  }
  if ((address & cache->sector_mask) == cache->last || tm_cache_touch(cache, address)) {
    return 0;
  }
  return at->read_wait;
}

/* How often an access in `parts` naturally aligned parts of at most 4 bytes is charged. What is aligned to 4 is not
 * unaligned: the core's own cycles cover its words. */
static uint32_t unaligned_charges(const tm_memory *memory, uint32_t address, uint32_t bytes, uint32_t parts) {
  const uint32_t shift = memory->unaligned_boundary_shift;
  const uint32_t offset = address & ((UINT32_C(1) << shift) - 1);
  const uint32_t extra_parts = parts - ((bytes + 3) >> 2);
  switch (memory->unaligned_rule) {
  case UNALIGNED_PARTS:
    return extra_parts;
  case UNALIGNED_BOUNDARIES:
    return ((offset + bytes - 1) >> shift) - ((bytes - 1) >> shift);
  case UNALIGNED_EACH:
    return extra_parts != 0;
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
