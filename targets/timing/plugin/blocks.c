/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "blocks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tm_blocks {
  const tm_pipeline *pipeline;
  tm_memory *memory;
  tm_block *first;
  tm_pipe_state *states; /* by number */
  uint32_t *slots;       /* hash table of numbers + 1 */
  uint32_t state_count;
  uint32_t state_room;
  uint32_t slot_count; /* a power of two, at least twice state_room */
};

enum { FIRST_ROOM = 1024 };

static void out_of_memory(void) {
  fputs("tinyhil timing: out of memory\n", stderr);
  abort();
}

static void *need(void *memory) {
  if (memory == NULL) {
    out_of_memory();
  }
  return memory;
}

/* FNV-1a */
static uint32_t hash(const tm_pipe_state *state) {
  const unsigned char *bytes = (const unsigned char *)state;
  uint32_t value = 2166136261u;
  for (size_t i = 0; i < sizeof *state; i++) {
    value = (value ^ bytes[i]) * 16777619u;
  }
  return value;
}

static uint32_t *slot_of(const tm_blocks *blocks, const tm_pipe_state *state) {
  const uint32_t mask = blocks->slot_count - 1;
  uint32_t at = hash(state) & mask;
  while (blocks->slots[at] != 0 && memcmp(&blocks->states[blocks->slots[at] - 1], state, sizeof *state) != 0) {
    at = (at + 1) & mask;
  }
  return &blocks->slots[at];
}

static void grow(tm_blocks *blocks) {
  const uint32_t room = blocks->state_room == 0 ? FIRST_ROOM : 2 * blocks->state_room;
  blocks->states = need(realloc(blocks->states, room * sizeof *blocks->states));
  free(blocks->slots);
  blocks->slot_count = 2 * room;
  blocks->slots = need(calloc(blocks->slot_count, sizeof *blocks->slots));
  blocks->state_room = room;
  for (uint32_t i = 0; i < blocks->state_count; i++) {
    *slot_of(blocks, &blocks->states[i]) = i + 1;
  }
}

static uint32_t number_of(tm_blocks *blocks, const tm_pipe_state *state) {
  uint32_t *slot = slot_of(blocks, state);
  if (*slot != 0) {
    return *slot - 1;
  }
  if (blocks->state_count == blocks->state_room) {
    grow(blocks);
    slot = slot_of(blocks, state);
  }
  blocks->states[blocks->state_count++] = *state;
  *slot = blocks->state_count;
  return blocks->state_count - 1;
}

tm_blocks *tm_blocks_new(const tm_pipeline *pipeline, tm_memory *memory) {
  tm_blocks *blocks = calloc(1, sizeof *blocks);
  if (blocks != NULL) {
    static const tm_pipe_state idle;
    blocks->pipeline = pipeline;
    blocks->memory = memory;
    grow(blocks);
    (void)number_of(blocks, &idle); /* TM_STATE_IDLE */
  }
  return blocks;
}

static void free_block(tm_blocks *blocks, tm_block *block) {
  while (block->variants != NULL) {
    tm_variant *variant = block->variants;
    block->variants = variant->next;
    free(variant);
  }
  if (blocks->memory != NULL) {
    tm_memory_release(&block->fetches);
  }
  free(block);
}

void tm_blocks_clear(tm_blocks *blocks) {
  while (blocks->first != NULL) {
    tm_block *block = blocks->first;
    blocks->first = block->next;
    free_block(blocks, block);
  }
}

/* Cuts the block into fetch lines, each with the cycles that an idle pipeline takes for the instructions that begin in it. */
static void prepare_fetches(tm_blocks *blocks, tm_block *block) {
  const uint32_t line = tm_memory_fetch_line(blocks->memory);
  tm_fetch *pieces = need(calloc((block->end - block->start) / line + 2, sizeof *pieces));
  tm_pipe_state state;
  uint32_t count = 0;
  uint32_t next = 0;
  memset(&state, 0, sizeof state);
  for (uint32_t at = block->start; at < block->end;) {
    const uint32_t line_end = (at & ~(line - 1)) + line;
    const uint32_t end = line_end < block->end ? line_end : block->end;
    uint32_t cycles = 0;
    for (; next < block->count && block->insns[next].address < end; next++) {
      cycles += tm_pipeline_step(blocks->pipeline, &state, &block->insns[next].insn);
    }
    pieces[count++] = (tm_fetch){.address = at, .bytes = (uint16_t)(end - at), .cycles = (uint16_t)cycles};
    at = end;
  }
  if (!tm_memory_prepare(blocks->memory, &block->fetches, pieces, count)) {
    out_of_memory();
  }
}

/* How the block ends: `before_last` is the pipeline before its last instruction. */
static void find_ending(const tm_pipeline *pipeline, const tm_block *block, const tm_pipe_state *before_last,
                        tm_variant *variant) {
  const tm_block_insn *last = &block->insns[block->count - 1];
  const bool branches = (last->insn.flags & TM_BRANCHES) != 0;
  const bool falls_through = tm_pipeline_may_fall_through(before_last, &last->insn);
  variant->follows = falls_through ? block->end : UINT32_MAX;
  if (branches && falls_through && pipeline->predictor_entries != 0) {
    variant->counter = (last->address >> 1) & (pipeline->predictor_entries - 1u);
  } else {
    const bool sure = !falls_through && (last->insn.flags & TM_INDIRECT) == 0;
    variant->counter = pipeline->predictor_entries + (uint32_t)(sure ? TM_COUNTER_SURE : TM_COUNTER_NONE);
  }
}

tm_variant *tm_blocks_vary(tm_blocks *blocks, tm_block *block, uint32_t key) {
  tm_pipe_state state = blocks->states[key / TM_ENTRIES];
  tm_pipe_state before_last = state;
  tm_variant *variant = need(malloc(sizeof *variant + block->mark_count * sizeof *variant->at_mark));
  uint32_t cycles =
      tm_pipeline_enter(blocks->pipeline, &state, (enum tm_entry)(key % TM_ENTRIES), block->start, &block->insns[0].insn);
  size_t mark = 0;
  for (uint32_t i = 0; i < block->count; i++) {
    const tm_insn *insn = &block->insns[i].insn;
    if (insn->mark != TM_NO_MARK) {
      variant->at_mark[mark++] = cycles;
    }
    before_last = state;
    cycles += tm_pipeline_step(blocks->pipeline, &state, insn);
  }
  find_ending(blocks->pipeline, block, &before_last, variant);
  variant->key = key;
  variant->cycles = cycles;
  variant->next_key = number_of(blocks, &state) * TM_ENTRIES;
  variant->next = block->variants;
  block->variants = variant;
  return variant;
}

tm_block *tm_blocks_add(tm_blocks *blocks, const tm_block_insn *insns, uint32_t count) {
  tm_block *block = calloc(1, sizeof *block + count * sizeof *insns);
  if (block == NULL) {
    return NULL;
  }
  memcpy(block->insns, insns, count * sizeof *insns);
  block->count = count;
  block->start = insns[0].address;
  block->end = insns[count - 1].address + insns[count - 1].insn.bytes;
  for (uint32_t i = 0; i < count; i++) {
    block->mark_count = (uint16_t)(block->mark_count + (insns[i].insn.mark != TM_NO_MARK));
  }
  if (blocks->memory != NULL) {
    prepare_fetches(blocks, block);
  }
  block->recent = tm_blocks_vary(blocks, block, TM_STATE_IDLE * TM_ENTRIES + TM_TAKEN);
  block->next = blocks->first;
  blocks->first = block;
  return block;
}
