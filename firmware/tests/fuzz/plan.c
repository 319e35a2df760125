/* Unsound plans: th_engine_load refuses them or makes a model that runs within its memory. The CRC is made right first, so that
 * a fuzzer gets past it. The first byte of the input says how much larger or smaller than asked for the arena is. */
#include <stdlib.h>
#include <string.h>

#include "engines/engine.h"
#include "engines/plan/plan_format.h"
#include "fuzz/fuzz.h"
#include "support/check.h"
#include "support/plans.h"

enum { MOST_IO_BYTES = 1 << 16, MOST_ARENA_BYTES = 1 << 16 };

/* 16-byte aligned, and ASan knows where it ends. */
static uint8_t *exactly(size_t bytes) {
  void *memory = NULL;
  CHECK(posix_memalign(&memory, 16, bytes > 0 ? bytes : 1) == 0);
  return memory;
}

static void on_layer(uint16_t op_index, uint32_t cycles) { CHECK(op_index < th_engine_info()->ops && cycles > 0); }

/* Uses everything that a loaded model offers. */
static void exercise(size_t blob_bytes) {
  const th_model_info *info = th_engine_info();
  float value;
  CHECK(strlen(info->model_name) < blob_bytes);
  if (info->input_bytes > MOST_IO_BYTES || info->output_bytes > MOST_IO_BYTES) {
    return; /* the session finds no room for these */
  }
  uint8_t *inputs = exactly(info->input_bytes);
  uint8_t *outputs = exactly(info->output_bytes);
  memset(inputs, 0x5A, info->input_bytes);
  th_engine_set_inputs(inputs);
  th_engine_invoke(on_layer);
  th_engine_get_outputs(outputs);
  for (size_t i = 0; i < info->output_bytes; i += 1 + info->output_bytes / 16) {
    (void)th_engine_output_value(i, &value);
  }
  CHECK(!th_engine_output_value(info->output_bytes, &value));
  free(inputs);
  free(outputs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  const char *detail = NULL;
  uint32_t total;
  uint32_t arena_bytes;
  if (bytes < 1 + sizeof(th_plan_header)) {
    return 0;
  }
  const size_t blob_bytes = bytes - 1;
  uint8_t *blob = exactly(blob_bytes);
  memcpy(blob, data + 1, blob_bytes);
  memcpy(&total, blob + offsetof(th_plan_header, total_bytes), sizeof total);
  if (total >= 16 && total <= blob_bytes) {
    plan_seal(blob, total);
  }
  memcpy(&arena_bytes, blob + offsetof(th_plan_header, arena_bytes), sizeof arena_bytes);
  arena_bytes = (arena_bytes % MOST_ARENA_BYTES) + data[0] % 4 * 16;
  uint8_t *arena = exactly(arena_bytes);
  memset(arena, 0, arena_bytes);
  const th_status status = th_engine_load(blob, blob_bytes, arena, arena_bytes, &detail);
  CHECK(status == TH_OK || (detail != NULL && th_engine_info() == NULL));
  if (status == TH_OK) {
    exercise(blob_bytes);
  }
  th_engine_unload();
  free(arena);
  free(blob);
  return 0;
}

size_t fuzz_seed(unsigned number, uint8_t *out) {
  __attribute__((aligned(16))) static uint8_t blob[PLAN_MAX_BYTES];
  if (number > 2) {
    return 0;
  }
  const size_t bytes = number == 0 ? plan_sample(blob) : plan_chain(blob, number == 1 ? 1 : 40);
  out[0] = 0;
  memcpy(out + 1, blob, bytes);
  return 1 + bytes;
}
