/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Costs of translated blocks. What a block costs depends on the pipeline's state at its beginning; the few states that
 * occur are numbered, and each block keeps one variant (cost, state at the end) for every state and way it was entered with.
 * So the sum over a run of instructions does not depend on where QEMU cuts it into blocks. */
#ifndef TINYHIL_TIMING_BLOCKS_H
#define TINYHIL_TIMING_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

#include "memory.h"
#include "pipeline.h"

enum tm_ending {
  TM_ENDS_PLAIN,       /* no branch: only an exception goes elsewhere */
  TM_ENDS_ALWAYS,      /* direct branch without condition */
  TM_ENDS_INDIRECT,    /* without condition, to an address from a register or memory */
  TM_ENDS_CONDITIONAL
};

typedef struct tm_variant {
  struct tm_variant *next;
  uint32_t key; /* state << 2 | tm_entry */
  uint32_t cycles;
  uint32_t state;     /* at the end */
  uint32_t at_mark[]; /* cycles up to each mark of the block */
} tm_variant;

typedef struct {
  uint32_t address;
  tm_insn insn;
} tm_block_insn;

typedef struct tm_block {
  tm_variant *recent; /* the one used last */
  uint32_t start;
  uint32_t follows; /* address of the block that this one falls through to; odd where it never does */
  uint32_t count;
  uint32_t branch; /* address of the last instruction */
  tm_fetch_run fetches; /* with a memory model */
  uint16_t mark_count;
  uint8_t ending; /* tm_ending */
  uint32_t end;   /* address behind it */
  struct tm_block *next;
  tm_variant *variants;
  tm_block_insn insns[];
} tm_block;

typedef struct tm_blocks tm_blocks;

/* State number of a pipeline in which nothing is under way. */
enum { TM_STATE_IDLE = 0 };

/* `memory` may be NULL. NULL when memory is exhausted. */
tm_blocks *tm_blocks_new(const tm_pipeline *pipeline, tm_memory *memory);
/* Takes over a copy of `count` (> 0) instructions in a row. NULL when memory is exhausted. */
tm_block *tm_blocks_add(tm_blocks *blocks, const tm_block_insn *insns, uint32_t count);
/* Forgets all blocks, not the states. */
void tm_blocks_clear(tm_blocks *blocks);

/* The variant of `block` for `key`; made if need be. Never NULL: without memory the process ends. */
tm_variant *tm_blocks_find(tm_blocks *blocks, tm_block *block, uint32_t key);

static inline const tm_variant *tm_block_enter(tm_blocks *blocks, tm_block *block, uint32_t key) {
  tm_variant *variant = block->recent;
  return variant->key == key ? variant : tm_blocks_find(blocks, block, key);
}

#endif
