/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The QEMU plugin: counts modelled cycles while the guest runs, and tells the guest at its marks.
 *
 * Arguments: isa=thumb|rv32, params=FILE (params.h), log=FILE (optional: a line `id cycles instructions` per logged mark).
 * One processor only. Errors are said on stderr and end QEMU at its start. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "memory_state.h"
#include "qemu_abi.h"

TM_EXPORT int qemu_plugin_version = TM_QEMU_API;
TM_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv);

enum { MOST_INSNS = 4096, ERROR_BYTES = 256, STUB_OFFSET = 8 };

/* Branch counters: two bits (0 to 3), or what never changes, for blocks that do not end in a conditional branch. */
enum { WEAKLY_TAKEN = 2, STRONGLY_TAKEN = 3, SURE_BRANCH = 4, NO_BRANCH = 5 };

/* What an instruction's callback is told: kept until QEMU throws all translations away. */
typedef struct hook {
  struct hook *next;
  void *host;       /* of a mark: address of the instruction in QEMU's memory */
  uint32_t cycles;  /* of a conditional access: cycles when it is done */
  uint16_t at_mark; /* index in tm_variant.at_mark */
  uint8_t bytes;    /* of a vector: all that it has in memory */
  bool begins;      /* of a vector: nothing of it was accessed yet */
  bool store;
  uint8_t mark;
} hook;

/* Stands for a block that is no more, or never was. */
static tm_variant gone = {.follows = UINT32_MAX};

static struct {
  uint64_t cycles;
  uint64_t instructions;
  const tm_variant *last; /* of the block that runs or ran last */
} run = {.last = &gone};

static struct {
  tm_pipeline pipeline;
  tm_memory *memory;
  tm_blocks *blocks;
  hook *hooks;
  FILE *log;
  bool rv32;
  bool stack_is_free; /* the memory that the stack lies in */
  uint8_t *counters; /* of branches: the predictor's, then tm_counter */
} setup;

/* Adds what the block costs. */
static inline __attribute__((always_inline)) void pass(tm_block *block, const tm_variant *variant, bool fetches) {
  run.cycles += variant->cycles;
  run.instructions += block->count;
  run.last = variant;
  if (fetches) {
    run.cycles += tm_memory_fetch_quickly(setup.memory, &block->fetches);
  }
}

/* Apart from `enter`, which has no registers to save without it. */
static __attribute__((noinline)) void enter_anew(tm_block *block, uint32_t key, bool fetches) {
  pass(block, tm_blocks_find(setup.blocks, block, key), fetches);
}

static inline __attribute__((always_inline)) void enter(tm_block *block, enum tm_entry entry, bool fetches) {
  const uint32_t key = run.last->next_key + entry;
  if (block->recent->key == key) {
    pass(block, block->recent, fetches);
  } else {
    enter_anew(block, key, fetches);
  }
}

static inline bool is_taken(const tm_block *block) { return run.last->follows != block->start; }

static void on_block(unsigned int cpu, void *data) {
  (void)cpu;
  enter(data, is_taken(data) ? TM_TAKEN : TM_FALLS_THROUGH, false);
}

static void on_block_with_memory(unsigned int cpu, void *data) {
  (void)cpu;
  enter(data, is_taken(data) ? TM_TAKEN : TM_FALLS_THROUGH, true);
}

/* Asks and teaches the counter of the branch at the end of the last block. With branches, which the host foresees: without,
 * everything waits for the counter. */
static inline __attribute__((always_inline)) enum tm_entry predicted(const tm_block *block) {
  uint8_t *counter = &setup.counters[run.last->counter];
  const uint8_t before = *counter;
  if (before == NO_BRANCH) {
    return is_taken(block) ? TM_TAKEN : TM_FALLS_THROUGH;
  }
  if (is_taken(block)) {
    if (before < STRONGLY_TAKEN) {
      *counter = (uint8_t)(before + 1);
    }
    return before >= WEAKLY_TAKEN ? TM_TAKEN_PREDICTED : TM_TAKEN;
  }
  if (before > 0) {
    *counter = (uint8_t)(before - 1);
  }
  return before >= WEAKLY_TAKEN ? TM_NOT_TAKEN_MISPREDICTED : TM_FALLS_THROUGH;
}

static void on_block_with_predictor(unsigned int cpu, void *data) {
  (void)cpu;
  enter(data, predicted(data), false);
}

static void on_block_with_predictor_and_memory(unsigned int cpu, void *data) {
  (void)cpu;
  enter(data, predicted(data), true);
}

/* Of accesses whose size and direction the instruction tells: asking QEMU costs more than all the rest. */
#define ON_ACCESS(NAME, BYTES, STORE)                                                                      \
  static void NAME(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {           \
    (void)cpu;                                                                                             \
    (void)info;                                                                                            \
    (void)data;                                                                                            \
    run.cycles += tm_memory_access_quickly(setup.memory, (uint32_t)address, BYTES, STORE);                 \
  }
ON_ACCESS(on_load_of_1, 1, false)
ON_ACCESS(on_load_of_2, 2, false)
ON_ACCESS(on_load_of_4, 4, false)
ON_ACCESS(on_store_of_1, 1, true)
ON_ACCESS(on_store_of_2, 2, true)
ON_ACCESS(on_store_of_4, 4, true)

/* Of any other: QEMU's versions differ in how they cut these. */
static void on_some_access(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  (void)cpu;
  (void)data;
  run.cycles += tm_memory_access_quickly(setup.memory, (uint32_t)address, 1u << qemu_plugin_mem_size_shift(info),
                                         qemu_plugin_mem_is_store(info));
}

static void on_vector(unsigned int cpu, void *data) {
  (void)cpu;
  ((hook *)data)->begins = true;
}

/* QEMU accesses one element of a vector after another, the core all of them together. */
static void on_vector_element(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  (void)cpu;
  (void)info;
  hook *vector = data;
  if (vector->begins) {
    run.cycles += tm_memory_access(setup.memory, (uint32_t)address, vector->bytes, vector->store);
  }
  vector->begins = false;
}

static void on_conditional_access(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  const hook *access = data;
  run.cycles += access->cycles;
  if (setup.memory != NULL) {
    on_some_access(cpu, info, address, NULL);
  }
}

static void reset_history(void) {
  if (setup.memory != NULL) {
    tm_memory_reset(setup.memory);
  }
  memset(setup.counters, WEAKLY_TAKEN, setup.pipeline.predictor_entries);
}

static void on_mark(unsigned int cpu, void *data) {
  (void)cpu;
  const hook *mark = data;
  const uint64_t cycles = run.cycles - run.last->cycles + run.last->at_mark[mark->at_mark];
  if (mark->mark == TM_MARK_CYCLES) {
    if (mark->host != NULL) {
      memcpy((char *)mark->host + STUB_OFFSET, &cycles, sizeof cycles);
    }
  } else if (mark->mark == TM_MARK_RESET) {
    reset_history();
  } else if (setup.log != NULL) {
    fprintf(setup.log, "%u %llu %llu\n", mark->mark, (unsigned long long)cycles, (unsigned long long)run.instructions);
    fflush(setup.log);
  }
}

static hook *new_hook(void) {
  hook *made = calloc(1, sizeof *made);
  if (made == NULL) {
    fputs("tinyhil timing: out of memory\n", stderr);
    abort();
  }
  made->next = setup.hooks;
  setup.hooks = made;
  return made;
}

static uint32_t word_of(const struct qemu_plugin_insn *insn) { return tm_insn_word(insn, qemu_plugin_insn_size(insn)); }

static tm_insn decode(const struct qemu_plugin_insn *insn) {
  const uint32_t word = word_of(insn);
  return setup.rv32 ? tm_decode_rv32(word) : tm_decode_thumb((uint16_t)word, (uint16_t)(word >> 16));
}

static void hook_mark(struct qemu_plugin_insn *at, const tm_insn *insn, uint16_t index) {
  hook *mark = new_hook();
  mark->mark = insn->mark;
  mark->at_mark = index;
  mark->host = qemu_plugin_insn_haddr(at);
  qemu_plugin_register_vcpu_insn_exec_cb(at, on_mark, QEMU_PLUGIN_CB_NO_REGS, mark);
}

/* Whether a Thumb load or store surely is an aligned one of the stack, which lies in RAM. */
static bool is_stack_access(const struct qemu_plugin_insn *at) {
  const uint32_t word = word_of(at);
  const uint32_t first = word & 0xffffu;
  const uint32_t offset = word >> 16 & 0xfffu;
  const bool narrow = (first & 0xf000u) == 0x9000u || (first & 0xf600u) == 0xb400u; /* LDR, STR, PUSH, POP */
  const bool wide = (first & 0xffefu) == 0xf8cdu && offset % 4 == 0;                /* LDR.W, STR.W */
  return !setup.rv32 && (narrow || wide);
}

/* Whether an access can never cost more than the pipeline says, whatever its address. */
static bool is_free_access(const struct qemu_plugin_insn *at, const tm_insn *insn) {
  const bool byte_store = insn->class_ == TM_store && insn->access == 1;
  return (setup.stack_is_free && is_stack_access(at)) || (byte_store && !tm_memory_stores_matter(setup.memory));
}

static void hook_vector(struct qemu_plugin_insn *at, const tm_insn *insn) {
  hook *vector = new_hook();
  vector->bytes = (uint8_t)(insn->count * insn->access);
  vector->store = insn->class_ == TM_mve_store;
  qemu_plugin_register_vcpu_insn_exec_cb(at, on_vector, QEMU_PLUGIN_CB_NO_REGS, vector);
  qemu_plugin_register_vcpu_mem_cb(at, on_vector_element, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, vector);
}

/* NULL: none for this instruction. */
static qemu_plugin_vcpu_mem_cb_t on_access_of(const tm_insn *insn) {
  const bool store = insn->class_ == TM_store;
  if (!store && insn->class_ != TM_load && insn->class_ != TM_load_literal) {
    return NULL;
  }
  switch (insn->access) {
  case 1:
    return store ? on_store_of_1 : on_load_of_1;
  case 2:
    return store ? on_store_of_2 : on_load_of_2;
  case 4:
    return store ? on_store_of_4 : on_load_of_4;
  default:
    return NULL;
  }
}

static void hook_access(struct qemu_plugin_insn *at, const tm_insn *insn, const tm_pipe_state *state) {
  if (tm_pipeline_is_conditional_access(state, insn)) {
    hook *access = new_hook();
    access->cycles = tm_pipeline_conditional_access_cycles(&setup.pipeline, insn);
    qemu_plugin_register_vcpu_mem_cb(at, on_conditional_access, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, access);
  } else if (setup.memory == NULL || is_free_access(at, insn)) {
    return;
  } else if (on_access_of(insn) != NULL) {
    qemu_plugin_register_vcpu_mem_cb(at, on_access_of(insn), QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, NULL);
  } else if (insn->class_ == TM_mve_load || insn->class_ == TM_mve_store) {
    hook_vector(at, insn);
  } else {
    qemu_plugin_register_vcpu_mem_cb(at, on_some_access, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, NULL);
  }
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
  (void)id;
  static tm_block_insn insns[MOST_INSNS];
  const size_t count = qemu_plugin_tb_n_insns(tb);
  tm_pipe_state state; /* only to follow IT blocks */
  uint16_t marks = 0;
  if (count == 0 || count > MOST_INSNS) {
    return;
  }
  memset(&state, 0, sizeof state);
  for (size_t i = 0; i < count; i++) {
    struct qemu_plugin_insn *at = qemu_plugin_tb_get_insn(tb, i);
    insns[i] = (tm_block_insn){(uint32_t)qemu_plugin_insn_vaddr(at), decode(at)};
    const tm_insn *insn = &insns[i].insn;
    if (insn->mark != TM_NO_MARK) {
      hook_mark(at, insn, marks++);
    } else if (insn->access != 0) {
      hook_access(at, insn, &state);
    }
    (void)tm_pipeline_step(&setup.pipeline, &state, insn);
  }
  tm_block *block = tm_blocks_add(setup.blocks, insns, (uint32_t)count);
  if (block != NULL) {
    static const qemu_plugin_vcpu_udata_cb_t ON_BLOCK[2][2] = {{on_block, on_block_with_memory},
                                                               {on_block_with_predictor, on_block_with_predictor_and_memory}};
    qemu_plugin_register_vcpu_tb_exec_cb(tb, ON_BLOCK[setup.pipeline.predictor_entries != 0][setup.memory != NULL],
                                         QEMU_PLUGIN_CB_NO_REGS, block);
  }
}

/* QEMU has thrown all translations away: no callback will come with what was allocated for them. */
static void on_flush(qemu_plugin_id_t id) {
  (void)id;
  gone = *run.last;
  run.last = &gone;
  tm_blocks_clear(setup.blocks);
  while (setup.hooks != NULL) {
    hook *old = setup.hooks;
    setup.hooks = old->next;
    free(old);
  }
}

static int fail(const char *why) {
  fprintf(stderr, "tinyhil timing: %s\n", why);
  return -1;
}

static const char *argument(const char *name, int argc, char **argv) {
  const size_t length = strlen(name);
  for (int i = 0; i < argc; i++) {
    if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=') {
      return argv[i] + length + 1;
    }
  }
  return NULL;
}

static bool read_params(const char *path, char *error) {
  tm_params *params = tm_params_read(path, error, ERROR_BYTES);
  if (params == NULL) {
    return false;
  }
  bool good = tm_pipeline_init(&setup.pipeline, params, error, ERROR_BYTES);
  if (good && tm_params_get(params, "memory.present", 0) != 0) {
    setup.stack_is_free = tm_params_get(params, "memory.stack_is_free", 0) != 0;
    setup.memory = tm_memory_new(params, error, ERROR_BYTES);
    good = setup.memory != NULL;
  }
  const char *unknown = good ? tm_params_unknown(params) : NULL;
  if (unknown != NULL) {
    snprintf(error, ERROR_BYTES, "unknown parameter %s", unknown);
    good = false;
  }
  tm_params_free(params);
  return good;
}

TM_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv) {
  char error[ERROR_BYTES] = "";
  const char *isa = argument("isa", argc, argv);
  const char *params = argument("params", argc, argv);
  const char *log = argument("log", argc, argv);
  if (isa == NULL || (strcmp(isa, "thumb") != 0 && strcmp(isa, "rv32") != 0) || params == NULL) {
    return fail("needs isa=thumb|rv32 and params=FILE");
  }
  if (!info->system_emulation || info->system.max_vcpus != 1) {
    return fail("models one processor of an emulated machine");
  }
  setup.rv32 = strcmp(isa, "rv32") == 0;
  if (!read_params(params, error)) {
    return fail(error);
  }
  setup.blocks = tm_blocks_new(&setup.pipeline, setup.memory);
  setup.counters = calloc(setup.pipeline.predictor_entries + (size_t)TM_COUNTERS_BEHIND, 1);
  if (setup.blocks == NULL || setup.counters == NULL) {
    return fail("out of memory");
  }
  gone.counter = setup.pipeline.predictor_entries + (uint32_t)TM_COUNTER_NONE;
  setup.counters[setup.pipeline.predictor_entries + TM_COUNTER_NONE] = NO_BRANCH;
  setup.counters[setup.pipeline.predictor_entries + TM_COUNTER_SURE] = SURE_BRANCH;
  if (log != NULL && (setup.log = fopen(log, "w")) == NULL) {
    return fail("cannot write the log");
  }
  reset_history();
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
  qemu_plugin_register_flush_cb(id, on_flush);
  return 0;
}
