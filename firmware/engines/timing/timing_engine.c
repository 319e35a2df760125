/* Runs a suite of benchmarks as if it were a model: every run is an operator. */
#include <string.h>

#include "board/board.h"
#include "engines/engine.h"
#include "engines/timing/bench_list.h"
#include "engines/timing/suite_check.h"
#include "kernels/kernels.h" /* the name of the kernel set, which HELLO says */

const char th_engine_name[] = "timing";
const char th_kernel_set_name[] = "benchmarks";

static struct {
  bool ready;
  th_suite suite;
  uint8_t *memory; /* the arena: the benchmarks' memory, then the two below */
  const th_bench **benches;
  uint32_t *results;
  th_model_info info;
} loaded;

th_status th_engine_load(const uint8_t *blob, size_t blob_bytes, uint8_t *arena, size_t arena_bytes,
                         const char **detail) {
  th_engine_unload();
  const th_status status = th_suite_check(blob, blob_bytes, &loaded.suite, detail);
  if (status != TH_OK) {
    return status;
  }
  const th_suite_header *header = loaded.suite.header;
  const uint32_t benches_bytes = header->runs * (uint32_t)sizeof loaded.benches[0];
  const uint32_t results_bytes = header->runs * (uint32_t)sizeof loaded.results[0];
  const uint32_t need = TH_BENCH_MEMORY_BYTES + benches_bytes + results_bytes;
  if (arena_bytes < need) {
    *detail = "no room for the benchmarks' memory";
    return TH_ERR_ARENA;
  }
  loaded.info = (th_model_info){
      .arena_bytes = need,
      .output_bytes = header->runs == 0 ? (uint32_t)th_bench_list(NULL) : results_bytes,
      .ops = header->runs,
      .outputs = 1,
      .model_sha256 = header->sha256,
      .model_name = "timing",
  };
  loaded.memory = arena;
  loaded.benches = (const th_bench **)(void *)(arena + TH_BENCH_MEMORY_BYTES);
  loaded.results = (uint32_t *)(void *)(arena + TH_BENCH_MEMORY_BYTES + benches_bytes);
  memset(arena, 0, need);
  th_engine_reset_state();
  loaded.ready = true;
  return TH_OK;
}

const th_model_info *th_engine_info(void) { return loaded.ready ? &loaded.info : NULL; }

void th_engine_unload(void) { loaded.ready = false; }

void th_engine_reset_state(void) {
  for (uint16_t i = 0; i < loaded.info.ops; i++) {
    loaded.benches[i] = th_bench_find(loaded.suite.runs[i].id);
  }
}

void th_engine_set_inputs(const uint8_t *inputs) { (void)inputs; }

void th_engine_get_outputs(uint8_t *outputs) {
  if (loaded.info.ops == 0) {
    (void)th_bench_list(outputs);
  } else {
    memcpy(outputs, loaded.results, loaded.info.output_bytes);
  }
}

bool th_engine_output_value(size_t index, float *value) {
  if (!loaded.ready || index >= loaded.info.ops) {
    return false;
  }
  *value = (float)loaded.results[index];
  return true;
}

static uint64_t timed(uint16_t i) {
  const th_bench *bench = loaded.benches[i];
  const uint32_t iterations = loaded.suite.runs[i].iterations;
  const uint64_t begin = board_cycles();
  loaded.results[i] = bench->run(iterations, loaded.memory);
  return board_cycles() - begin;
}

/* Each run is done twice and the second one counts: it begins with what the first one left in caches and predictors. */
void th_engine_invoke(th_layer_hook hook) {
  for (uint16_t i = 0; i < loaded.info.ops; i++) {
    (void)timed(i);
    const uint64_t cycles = timed(i);
    if (hook != NULL) {
      hook(i, cycles > UINT32_MAX ? UINT32_MAX : (uint32_t)cycles);
    }
  }
}
