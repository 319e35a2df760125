/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fetches and data accesses cost beyond the core's own cycles, in the detailed mode: wait states, the flash
 * accelerator's buffers, caches, unaligned accesses. Addresses are those of the emulated machine. */
#ifndef TINYHIL_TIMING_MEMORY_H
#define TINYHIL_TIMING_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "params.h"

typedef struct tm_memory tm_memory;

/* Part of a block's code inside one fetch line. */
typedef struct {
  uint32_t address; /* of its first byte */
  uint16_t bytes;   /* never beyond the line's end */
  uint16_t cycles;  /* that the core takes for it, without any stall */
} tm_fetch;

/* From the keys `memory.*`; NULL and a message where they are wrong. */
tm_memory *tm_memory_new(tm_params *params, char *error, size_t error_bytes);
void tm_memory_free(tm_memory *memory);
/* Everything cold: buffers and caches empty. */
void tm_memory_reset(tm_memory *memory);
/* Bytes of the line that instructions are fetched by: the granule of tm_fetch; a power of two. */
uint32_t tm_memory_fetch_line(const tm_memory *memory);
/* Stall cycles of fetching `count` consecutive pieces. `sequential`: execution ran on from the last call's end. However a
 * run of instructions is cut into calls, the sum is the same. */
uint32_t tm_memory_fetch(tm_memory *memory, const tm_fetch *pieces, size_t count, bool sequential);
/* Stall cycles of one data access of `bytes` (1, 2, 4, 8 or 16), unaligned ones included. */
uint32_t tm_memory_access(tm_memory *memory, uint32_t address, uint32_t bytes, bool store);

#endif
