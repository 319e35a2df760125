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

/* Numbers of branch counters behind the predictor's entries: of blocks that do not end in a conditional branch. */
enum tm_counter {
  TM_COUNTER_NONE, /* no branch, or one to an address from a register or memory */
  TM_COUNTER_SURE, /* direct branch without condition */
  TM_COUNTERS_BEHIND
};

/* What a block costs when it is entered in one way, and all that the next block has to know of it. */
typedef struct tm_variant {
  uint32_t key; /* state * TM_ENTRIES + tm_entry */
  uint32_t cycles;
  uint32_t next_key; /* state at the end * TM_ENTRIES */
  uint32_t follows;  /* address of the block that it falls through to; odd where it never does */
  uint32_t counter;  /* number of the branch counter: an entry of the predictor, or its size + tm_counter */
  struct tm_variant *next;
  uint32_t at_mark[]; /* cycles up to each mark of the block */
} tm_variant;

typedef struct {
  uint32_t address;
  tm_insn insn;
} tm_block_insn;

typedef struct tm_block {
  tm_variant *recent; /* the one used last */
  uint32_t start;
  uint32_t count;
  tm_fetch_run fetches; /* with a memory model */
  uint16_t mark_count;
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

/* A new variant of `block`, for `key`. Never NULL: without memory the process ends. */
tm_variant *tm_blocks_vary(tm_blocks *blocks, tm_block *block, uint32_t key);

/* The variant of `block` for `key`, from now on the recent one; made if need be. */
static inline const tm_variant *tm_blocks_find(tm_blocks *blocks, tm_block *block, uint32_t key) {
  tm_variant *variant = block->variants;
  while (variant != NULL && variant->key != key) {
    variant = variant->next;
  }
  block->recent = variant != NULL ? variant : tm_blocks_vary(blocks, block, key);
  return block->recent;
}

#endif
