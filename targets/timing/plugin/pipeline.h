/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The core's pipeline: what one instruction after the other costs, from rules that are data (targets/cores/NAME.toml,
 * [timing]). In order, one or two instructions at a time. Memory is taken for free of wait states: memory.h adds those. */
#ifndef TINYHIL_TIMING_PIPELINE_H
#define TINYHIL_TIMING_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode.h"
#include "params.h"

/* Rule of a class. Times in cycles. */
typedef struct {
  uint8_t issue;        /* until the next instruction may issue */
  uint8_t per_register; /* the same, further, for each register moved, or for each pair where registers_per_cycle is 2; for
                           each access of a gather or scatter, whose latency counts from the last one */
  uint8_t tail;         /* then, unless the next instruction is a memory access that pipelines with this one */
  uint8_t latency;      /* from issue until a dependent instruction may issue */
  uint8_t late;         /* by so much later the operands of tm_insn.late are needed than the others */
  uint8_t taken;        /* further, of a branch that is taken (mispredicted, where there is a predictor) */
  uint8_t unit;         /* execution unit, 0: none in particular */
  uint8_t busy;         /* cycles for which an instruction keeps its unit */
  uint8_t early;        /* 1: all operands are needed as early as addresses */
  uint8_t fuses;        /* 1: pairs with the instruction whose result it completes */
  uint8_t pairs;        /* tm_pairs */
} tm_rule;

enum tm_pairs { TM_PAIRS_FIRST = 1, TM_PAIRS_SECOND = 2, TM_PAIRS_SIMPLE = 4 };
enum { TM_UNITS = 8, TM_PENDING = 4 };

typedef struct {
  tm_rule rules[TM_CLASS_COUNT];
  uint8_t unit_count[TM_UNITS]; /* how many instructions of one pair may use it */
  uint8_t issue_width;          /* 1 or 2 */
  uint8_t registers_per_cycle;  /* of multiple transfers */
  uint8_t pair_16_bit_only;     /* only 16-bit instructions pair */
  uint8_t pair_needs_simple;    /* of which one must be TM_PAIRS_SIMPLE */
  uint8_t pair_with_flags;      /* a branch also pairs with the instruction that sets its flags */
  uint8_t flags_to_taken;       /* further cycles of a taken branch that paired with one that sets flags */
  uint8_t address_latency;      /* a result is ready so much later for use as an address */
  uint8_t narrow_load_latency;  /* of a byte or halfword the load's result is ready so much later than of a word */
  uint8_t right_shift_latency;  /* with an operand shifted right or rotated the result is ready so much later */
  uint8_t rotated_constant_latency; /* with a constant of eight bits rotated the result is ready so much later */
  uint8_t late_flags;           /* further cycles of MULS, and of an instruction with such a constant that sets the flags */
  uint8_t register_offset_store; /* further cycles of a store to base + register */
  uint8_t unaligned_target;     /* further cycles of a branch to a 32-bit instruction across a word boundary */
  uint8_t it_folds;             /* IT after a 16-bit instruction costs nothing */
  uint8_t skipped;              /* cycles of an instruction whose condition failed */
  uint8_t predicted_taken;      /* cycles that a rightly predicted taken branch costs besides its issue */
  uint16_t predictor_entries;   /* two-bit counters by the branch's address; 0: branches are not predicted */
} tm_pipeline;

/* What the pipeline carries from one instruction to the next. Comparable with memcmp: keep it zeroed. */
typedef struct {
  uint64_t pending_registers[TM_PENDING];
  uint64_t last_writes;
  uint8_t pending_cycles[TM_PENDING]; /* until they are ready for use as an address */
  uint8_t unit_cycles[TM_UNITS]; /* until it is free */
  uint8_t open;                  /* cycles of the instruction that one more may pair with; 0: none */
  uint8_t tail;
  uint8_t last_class;
  uint8_t last_bytes;
  uint8_t it_left; /* instructions left of an IT block */
  uint8_t it_here; /* whether the IT is in this block: what is conditional must not depend on where QEMU cuts */
  uint8_t last_sets_flags;
  uint8_t after_flags; /* the last one is a branch that paired with one that sets flags */
} tm_pipe_state;

/* Reads the keys `core.*`; false and a message where they are wrong. */
bool tm_pipeline_init(tm_pipeline *pipeline, tm_params *params, char *error, size_t error_bytes);

/* Issues `insn` and returns the cycles that have passed since the last one issued. */
uint32_t tm_pipeline_step(const tm_pipeline *pipeline, tm_pipe_state *state, const tm_insn *insn);

/* How a block is entered. */
enum tm_entry { TM_FALLS_THROUGH, TM_TAKEN, TM_TAKEN_PREDICTED, TM_NOT_TAKEN_MISPREDICTED, TM_ENTRIES };

/* Begins a block: cycles between the branch that ended the last one and `first` at `address`. */
uint32_t tm_pipeline_enter(const tm_pipeline *pipeline, tm_pipe_state *state, enum tm_entry entry, uint32_t address,
                           const tm_insn *first);

/* Whether a block that ends with `insn` may be followed by what lies behind it. `state` as before the instruction. */
bool tm_pipeline_may_fall_through(const tm_pipe_state *state, const tm_insn *insn);

/* A single load or store whose condition may fail costs `skipped` in tm_pipeline_step; this much more when it is done. */
bool tm_pipeline_is_conditional_access(const tm_pipe_state *state, const tm_insn *insn);
uint32_t tm_pipeline_conditional_access_cycles(const tm_pipeline *pipeline, const tm_insn *insn);

#endif
