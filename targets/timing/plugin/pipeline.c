/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pipeline.h"

#include <stdio.h>
#include <string.h>

static uint8_t at_most_255(uint32_t value) { return value > UINT8_MAX ? UINT8_MAX : (uint8_t)value; }

static uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }

static uint8_t less(uint8_t value, uint32_t by) { return value > by ? (uint8_t)(value - by) : 0; }

/* Time passes: results become ready, units free. */
static void elapse(tm_pipe_state *state, uint32_t cycles) {
  for (size_t i = 0; i < TM_PENDING; i++) {
    state->pending_cycles[i] = less(state->pending_cycles[i], cycles);
    if (state->pending_cycles[i] == 0) {
      state->pending_registers[i] = 0;
    }
  }
  for (size_t i = 0; i < TM_UNITS; i++) {
    state->unit_cycles[i] = less(state->unit_cycles[i], cycles);
  }
}

static void close_pair(tm_pipe_state *state) {
  if (state->open != 0) {
    elapse(state, state->open);
    state->open = 0;
  }
}

/* Ready after `cycles` from now. When all places are taken the entry that is ready first gives way: it would stall least. */
static void add_pending(tm_pipe_state *state, uint64_t registers, uint32_t cycles) {
  size_t place = 0;
  for (size_t i = 0; i < TM_PENDING; i++) {
    state->pending_registers[i] &= ~registers; /* written anew */
    if (state->pending_registers[i] == 0) {
      state->pending_cycles[i] = 0;
    }
    if (state->pending_cycles[i] < state->pending_cycles[place]) {
      place = i;
    }
  }
  if (registers != 0 && cycles > state->pending_cycles[place]) {
    state->pending_registers[place] = registers;
    state->pending_cycles[place] = at_most_255(cycles);
  }
}

/* Cycles from now until the operands are there and the unit is free. */
static uint32_t wait_for(const tm_pipeline *pipeline, const tm_pipe_state *state, const tm_insn *insn) {
  const tm_rule *rule = &pipeline->rules[insn->class_];
  uint32_t wait = state->unit_cycles[rule->unit];
  for (size_t i = 0; i < TM_PENDING; i++) {
    const uint64_t registers = state->pending_registers[i];
    const uint32_t for_address = state->pending_cycles[i];
    const uint32_t ready = less((uint8_t)for_address, pipeline->address_latency);
    if ((registers & insn->address) != 0) {
      wait = larger(wait, insn->access != 0 ? for_address : ready);
    }
    if ((registers & insn->reads) != 0) {
      wait = larger(wait, rule->early ? for_address : ready);
    }
    if ((registers & insn->late) != 0 && ready > rule->late) {
      wait = larger(wait, ready - rule->late);
    }
  }
  return wait;
}

static uint32_t registers_moved(const tm_insn *insn) {
  const bool two = insn->class_ == TM_load_double || insn->class_ == TM_store_double;
  return two ? 2u : insn->count;
}

static bool is_scattered(const tm_insn *insn) { return insn->class_ == TM_mve_gather || insn->class_ == TM_mve_scatter; }

/* Cycles until the next instruction may issue, but for the tail. */
static uint32_t issue_cycles(const tm_pipeline *pipeline, const tm_insn *insn) {
  const tm_rule *rule = &pipeline->rules[insn->class_];
  uint32_t cycles = rule->issue;
  if (rule->per_register != 0) {
    const uint32_t per_cycle = is_scattered(insn) ? 1 : pipeline->registers_per_cycle;
    cycles += rule->per_register * ((registers_moved(insn) + per_cycle - 1u) / per_cycle);
  }
  if (insn->class_ == TM_store && (insn->flags & TM_REGISTER_OFFSET) != 0) {
    cycles += pipeline->register_offset_store;
  }
  return cycles;
}

static bool sets_flags(const tm_pipe_state *state, const tm_insn *insn) {
  const bool always = insn->bytes == 4 || insn->writes == TM_APSR;
  return (insn->flags & TM_SETS_FLAGS) != 0 && (always || state->it_left == 0);
}

/* Further cycles where the flags come late. */
static uint32_t flag_cycles(const tm_pipeline *pipeline, const tm_pipe_state *state, const tm_insn *insn) {
  const bool late = insn->class_ == TM_mul || (insn->flags & TM_ROTATED_CONSTANT) != 0;
  return late && sets_flags(state, insn) ? pipeline->late_flags : 0;
}

/* Whether the tail of the load before `insn` overlaps with it (Armv7-M TRMs, "load/store timings"). */
static bool pipelines_with_last(const tm_pipe_state *state, const tm_insn *insn) {
  const bool load = insn->class_ == TM_load || insn->class_ == TM_load_literal;
  const bool indexed_store = insn->class_ == TM_store && (insn->flags & TM_REGISTER_OFFSET) != 0;
  return (load || indexed_store) && (insn->flags & TM_BRANCHES) == 0 && (insn->address & state->last_writes) == 0;
}

/* Whether `insn` would wait for nothing if it issued now, but for flags that a branch of the same pair is given. */
static bool is_ready(const tm_pipeline *pipeline, const tm_pipe_state *state, const tm_insn *insn) {
  tm_insn needs = *insn;
  if (pipeline->pair_with_flags && state->last_sets_flags && (insn->flags & TM_BRANCHES) != 0) {
    needs.reads &= ~TM_APSR;
  }
  return wait_for(pipeline, state, &needs) == 0;
}

static bool may_pair(const tm_pipeline *pipeline, const tm_pipe_state *state, const tm_insn *insn) {
  const tm_rule *first = &pipeline->rules[state->last_class];
  const tm_rule *second = &pipeline->rules[insn->class_];
  if (state->open != 0 && second->fuses && state->last_writes == insn->writes) {
    return true;
  }
  const bool small = state->last_bytes == 2 && insn->bytes == 2;
  const bool simple = ((first->pairs | second->pairs) & TM_PAIRS_SIMPLE) != 0;
  return state->open != 0 && (second->pairs & TM_PAIRS_SECOND) != 0 &&
         (small || !pipeline->pair_16_bit_only) && (simple || !pipeline->pair_needs_simple) &&
         (state->last_writes & insn->writes & ~TM_APSR) == 0 && is_ready(pipeline, state, insn);
}

bool tm_pipeline_is_conditional_access(const tm_pipe_state *state, const tm_insn *insn) {
  const bool single = insn->class_ == TM_load || insn->class_ == TM_load_literal || insn->class_ == TM_store;
  return state->it_left != 0 && state->it_here && single && (insn->flags & TM_BRANCHES) == 0;
}

uint32_t tm_pipeline_conditional_access_cycles(const tm_pipeline *pipeline, const tm_insn *insn) {
  const uint32_t cycles = issue_cycles(pipeline, insn) + pipeline->rules[insn->class_].tail;
  return cycles > pipeline->skipped ? cycles - pipeline->skipped : 0;
}

bool tm_pipeline_may_fall_through(const tm_pipe_state *state, const tm_insn *insn) {
  const bool branches = (insn->flags & TM_BRANCHES) != 0;
  return !branches || (insn->flags & TM_CONDITIONAL) != 0 || state->it_left != 0;
}

static void follow_it(tm_pipe_state *state, const tm_insn *insn) {
  if (insn->class_ == TM_it) {
    state->it_left = insn->count;
    state->it_here = 1;
  } else if (state->it_left != 0) {
    state->it_left--;
  }
}

static void remember(tm_pipe_state *state, const tm_insn *insn) {
  state->last_writes = insn->writes;
  state->last_class = insn->class_;
  state->last_bytes = insn->bytes;
  state->last_sets_flags = sets_flags(state, insn);
  state->after_flags = 0;
  follow_it(state, insn);
}

/* The results of an instruction that issues now. */
static void issue(const tm_pipeline *pipeline, tm_pipe_state *state, const tm_insn *insn) {
  const tm_rule *rule = &pipeline->rules[insn->class_];
  const bool narrow = insn->class_ == TM_load && insn->access < 4;
  const bool right = (insn->flags & TM_SHIFTS_RIGHT) != 0;
  const bool rotated = (insn->flags & TM_ROTATED_CONSTANT) != 0;
  const uint32_t latency = rule->latency + (is_scattered(insn) ? rule->per_register * insn->count : 0u) +
                           (narrow ? pipeline->narrow_load_latency : 0u) +
                           (right ? pipeline->right_shift_latency : 0u) +
                           (rotated ? pipeline->rotated_constant_latency : 0u);
  /* A base that is written back is there at once. */
  const uint64_t base = (insn->flags & TM_WRITEBACK) != 0 ? insn->address : 0;
  add_pending(state, insn->writes & ~base, latency + pipeline->address_latency);
  if (rule->unit != 0 && pipeline->unit_count[rule->unit] < 2) {
    state->unit_cycles[rule->unit] = (uint8_t)larger(state->unit_cycles[rule->unit], rule->busy);
  }
}

static uint32_t second_of_pair(const tm_pipeline *pipeline, tm_pipe_state *state, const tm_insn *insn) {
  const uint32_t first = state->open;
  const uint32_t cycles = larger(first, issue_cycles(pipeline, insn) + flag_cycles(pipeline, state, insn));
  const bool after_flags = state->last_sets_flags != 0 && (insn->flags & TM_BRANCHES) != 0;
  issue(pipeline, state, insn);
  elapse(state, cycles);
  state->open = 0;
  remember(state, insn);
  state->after_flags = after_flags;
  return cycles - first;
}

/* Hints that fold, and instructions that may not be executed. */
static bool is_folded(const tm_pipeline *pipeline, const tm_pipe_state *state, const tm_insn *insn) {
  return insn->mark != TM_NO_MARK || (insn->class_ == TM_it && pipeline->it_folds && state->last_bytes == 2);
}

uint32_t tm_pipeline_step(const tm_pipeline *pipeline, tm_pipe_state *state, const tm_insn *insn) {
  if (is_folded(pipeline, state, insn)) {
    follow_it(state, insn);
    return 0;
  }
  const tm_rule *rule = &pipeline->rules[insn->class_];
  uint32_t cycles = 0;
  if (state->tail != 0) {
    if (!pipelines_with_last(state, insn)) {
      cycles += state->tail;
      elapse(state, state->tail);
    }
    state->tail = 0;
  }
  if (tm_pipeline_is_conditional_access(state, insn)) {
    close_pair(state);
    elapse(state, pipeline->skipped);
    remember(state, insn);
    return cycles + pipeline->skipped;
  }
  if (pipeline->issue_width == 2 && may_pair(pipeline, state, insn)) {
    return cycles + second_of_pair(pipeline, state, insn);
  }
  close_pair(state);
  const uint32_t wait = wait_for(pipeline, state, insn);
  elapse(state, wait);
  const uint32_t spent = issue_cycles(pipeline, insn) + flag_cycles(pipeline, state, insn);
  issue(pipeline, state, insn);
  if (pipeline->issue_width == 2 && spent != 0 && (rule->pairs & TM_PAIRS_FIRST) != 0) {
    state->open = at_most_255(spent);
  } else {
    elapse(state, spent);
  }
  remember(state, insn);
  const bool jumps = (insn->flags & TM_BRANCHES) != 0;
  state->tail = jumps ? 0 : rule->tail;
  return cycles + wait + spent + (jumps ? rule->tail : 0);
}

uint32_t tm_pipeline_enter(const tm_pipeline *pipeline, tm_pipe_state *state, enum tm_entry entry, uint32_t address,
                           const tm_insn *first) {
  state->it_here = 0;
  if (entry == TM_FALLS_THROUGH) {
    return 0;
  }
  close_pair(state);
  const uint32_t refill =
      entry == TM_TAKEN_PREDICTED ? pipeline->predicted_taken : pipeline->rules[state->last_class].taken;
  uint32_t cycles = state->tail + refill;
  if (entry == TM_TAKEN && state->after_flags) {
    cycles += pipeline->flags_to_taken;
  }
  if (entry != TM_NOT_TAKEN_MISPREDICTED) {
    state->it_left = 0;
    if (refill != 0 && first->bytes == 4 && address % 4 != 0) {
      cycles += pipeline->unaligned_target;
    }
  }
  elapse(state, cycles);
  state->tail = 0;
  state->last_writes = 0;
  state->last_bytes = 0;
  state->last_sets_flags = 0;
  state->after_flags = 0;
  return cycles;
}

static uint32_t get(tm_params *params, const char *class_name, const char *key, uint32_t otherwise) {
  char name[96];
  snprintf(name, sizeof name, "core.class.%s.%s", class_name, key);
  return tm_params_get(params, name, otherwise);
}

static bool read_rule(tm_pipeline *pipeline, tm_params *params, tm_class class_) {
  const char *name = tm_class_name(class_);
  tm_rule *rule = &pipeline->rules[class_];
  const uint32_t issue = get(params, name, "issue", 1);
  const uint32_t values[] = {issue,
                             get(params, name, "per_register", 0),
                             get(params, name, "tail", 0),
                             get(params, name, "latency", issue),
                             get(params, name, "late", 0),
                             get(params, name, "taken", 0),
                             get(params, name, "unit", 0),
                             get(params, name, "busy", issue),
                             get(params, name, "pairs", 0),
                             get(params, name, "early", 0),
                             get(params, name, "fuses", 0)};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    if (values[i] > UINT8_MAX) {
      return false;
    }
  }
  *rule = (tm_rule){.issue = (uint8_t)values[0],
                    .per_register = (uint8_t)values[1],
                    .tail = (uint8_t)values[2],
                    .latency = (uint8_t)values[3],
                    .late = (uint8_t)values[4],
                    .taken = (uint8_t)values[5],
                    .unit = (uint8_t)values[6],
                    .busy = (uint8_t)values[7],
                    .pairs = (uint8_t)values[8],
                    .early = (uint8_t)values[9],
                    .fuses = (uint8_t)values[10]};
  return rule->unit < TM_UNITS;
}

bool tm_pipeline_init(tm_pipeline *pipeline, tm_params *params, char *error, size_t error_bytes) {
  memset(pipeline, 0, sizeof *pipeline);
  for (int class_ = 0; class_ < TM_CLASS_COUNT; class_++) {
    if (!read_rule(pipeline, params, (tm_class)class_)) {
      snprintf(error, error_bytes, "core.class.%s: a value is too large", tm_class_name((tm_class)class_));
      return false;
    }
  }
  for (int unit = 0; unit < TM_UNITS; unit++) {
    char name[32];
    snprintf(name, sizeof name, "core.unit.%d", unit);
    pipeline->unit_count[unit] = at_most_255(tm_params_get(params, name, 1));
  }
  pipeline->issue_width = at_most_255(tm_params_get(params, "core.issue_width", 1));
  pipeline->registers_per_cycle = at_most_255(tm_params_get(params, "core.registers_per_cycle", 1));
  pipeline->pair_16_bit_only = at_most_255(tm_params_get(params, "core.pair_16_bit_only", 0));
  pipeline->pair_needs_simple = at_most_255(tm_params_get(params, "core.pair_needs_simple", 0));
  pipeline->pair_with_flags = at_most_255(tm_params_get(params, "core.pair_with_flags", 0));
  pipeline->flags_to_taken = at_most_255(tm_params_get(params, "core.flags_to_taken", 0));
  pipeline->address_latency = at_most_255(tm_params_get(params, "core.address_latency", 0));
  pipeline->narrow_load_latency = at_most_255(tm_params_get(params, "core.narrow_load_latency", 0));
  pipeline->right_shift_latency = at_most_255(tm_params_get(params, "core.right_shift_latency", 0));
  pipeline->rotated_constant_latency = at_most_255(tm_params_get(params, "core.rotated_constant_latency", 0));
  pipeline->late_flags = at_most_255(tm_params_get(params, "core.late_flags", 0));
  pipeline->register_offset_store = at_most_255(tm_params_get(params, "core.register_offset_store", 0));
  pipeline->unaligned_target = at_most_255(tm_params_get(params, "core.unaligned_target", 0));
  pipeline->it_folds = at_most_255(tm_params_get(params, "core.it_folds", 0));
  pipeline->skipped = at_most_255(tm_params_get(params, "core.skipped", 1));
  pipeline->predicted_taken = at_most_255(tm_params_get(params, "core.predicted_taken", 0));
  const uint32_t entries = tm_params_get(params, "core.predictor_entries", 0);
  if (pipeline->issue_width < 1 || pipeline->issue_width > 2 || pipeline->registers_per_cycle < 1) {
    snprintf(error, error_bytes, "core.issue_width must be 1 or 2, core.registers_per_cycle at least 1");
    return false;
  }
  if (entries > 4096 || (entries & (entries - 1)) != 0) {
    snprintf(error, error_bytes, "core.predictor_entries must be a power of two up to 4096");
    return false;
  }
  pipeline->predictor_entries = (uint16_t)entries;
  return true;
}
