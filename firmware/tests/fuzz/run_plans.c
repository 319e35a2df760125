/* Runs plans from stdin with the real kernels, each in memory that ends where it should; a memory error ends the process.
 * In: length:u32 and the plan, length:u32 and its inputs; again and again. Out, per plan: status:u32, output bytes:u32, outputs.
 * Little endian, as the host is. */
#include <stdlib.h>
#include <string.h>

#include "board/board.h"
#include "engines/engine.h"
#include "engines/plan/plan_format.h"
#include "support/check.h"

uint64_t board_cycles(void) { return 0; }

/* 16-byte aligned, and ASan knows where it ends. */
static uint8_t *exactly(size_t bytes) {
  void *memory = NULL;
  CHECK(posix_memalign(&memory, 16, bytes > 0 ? bytes : 1) == 0);
  return memory;
}

static void answer(uint32_t status, const uint8_t *outputs, uint32_t bytes) {
  CHECK(fwrite(&status, sizeof status, 1, stdout) == 1 && fwrite(&bytes, sizeof bytes, 1, stdout) == 1);
  CHECK(bytes == 0 || fwrite(outputs, 1, bytes, stdout) == bytes);
  CHECK(fflush(stdout) == 0); /* a crash must not take earlier answers along */
}

static void run(const uint8_t *blob, uint32_t bytes, const uint8_t *given, uint32_t given_bytes) {
  const char *detail = NULL;
  uint32_t arena_bytes = 0;
  if (bytes >= sizeof(th_plan_header)) {
    memcpy(&arena_bytes, blob + offsetof(th_plan_header, arena_bytes), sizeof arena_bytes);
  }
  uint8_t *arena = exactly(arena_bytes);
  memset(arena, 0, arena_bytes);
  const th_status status = th_engine_load(blob, bytes, arena, arena_bytes, &detail);
  if (status != TH_OK) {
    answer((uint32_t)status, NULL, 0);
    free(arena);
    return;
  }
  const th_model_info *info = th_engine_info();
  uint8_t *inputs = exactly(info->input_bytes);
  uint8_t *outputs = exactly(info->output_bytes);
  CHECK(given_bytes == info->input_bytes);
  memcpy(inputs, given, given_bytes);
  th_engine_set_inputs(inputs);
  th_engine_invoke(NULL);
  th_engine_get_outputs(outputs);
  answer(TH_OK, outputs, info->output_bytes);
  th_engine_unload();
  free(inputs);
  free(outputs);
  free(arena);
}

/* NULL at the end of the input. */
static uint8_t *part(uint32_t *bytes) {
  if (fread(bytes, sizeof *bytes, 1, stdin) != 1) return NULL;
  uint8_t *found = exactly(*bytes);
  CHECK(fread(found, 1, *bytes, stdin) == *bytes);
  return found;
}

int main(void) {
  uint32_t bytes, given_bytes;
  uint8_t *blob;
  while ((blob = part(&bytes)) != NULL) {
    uint8_t *given = part(&given_bytes);
    CHECK(given != NULL);
    run(blob, bytes, given, given_bytes);
    free(blob);
    free(given);
  }
  return 0;
}
