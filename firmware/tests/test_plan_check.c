/* Unsound plans: every rule by itself, then mutations by the ten thousand, in buffers that end where the data ends. */
#include <stdbool.h>
#include <string.h>

#include "engines/engine.h"
#include "support/check.h"
#include "support/plans.h"

__attribute__((aligned(16))) static uint8_t sound[PLAN_MAX_BYTES];
static size_t sound_bytes;

/* 16-byte aligned, and ASan knows where it ends. */
static uint8_t *exactly(size_t bytes) {
  void *memory = NULL;
  CHECK(posix_memalign(&memory, 16, bytes > 0 ? bytes : 1) == 0);
  return memory;
}

static th_status load(const uint8_t *blob, size_t bytes, size_t arena_bytes) {
  static uint8_t *arena;
  const char *detail = NULL;
  free(arena);
  arena = exactly(arena_bytes);
  memset(arena, 0, arena_bytes);
  const th_status status = th_engine_load(blob, bytes, arena, arena_bytes, &detail);
  CHECK(status == TH_OK || (detail != NULL && th_engine_info() == NULL));
  return status;
}

/* Loads the sound plan with `bytes` of it at `offset` replaced. */
static th_status load_with(size_t offset, const void *value, size_t bytes) {
  uint8_t *blob = exactly(sound_bytes);
  memcpy(blob, sound, sound_bytes);
  memcpy(blob + offset, value, bytes);
  plan_seal(blob, sound_bytes);
  const th_status status = load(blob, sound_bytes, 48);
  th_engine_unload();
  free(blob);
  return status;
}

static th_status with_u32(size_t offset, uint32_t value) { return load_with(offset, &value, sizeof value); }

static th_status with_u16(size_t offset, uint16_t value) { return load_with(offset, &value, sizeof value); }

static th_status with_u8(size_t offset, uint8_t value) { return load_with(offset, &value, sizeof value); }

#define HEADER(field) offsetof(th_plan_header, field)

static void test_header(void) {
  CHECK(with_u32(HEADER(magic), TH_PLAN_MAGIC) == TH_OK);
  CHECK(with_u32(HEADER(magic), 0) == TH_ERR_BAD_PLAN);
  CHECK(with_u16(HEADER(version), TH_PLAN_VERSION + 1) == TH_ERR_BAD_PLAN);
  CHECK(with_u16(HEADER(header_bytes), 76) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(HEADER(total_bytes), (uint32_t)sound_bytes + 1) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(HEADER(total_bytes), 79) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(HEADER(total_bytes), 0) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(HEADER(kernel_abi), 77) == TH_ERR_KERNEL_SET);
  CHECK(with_u32(HEADER(arena_bytes), 49) == TH_ERR_ARENA);
  CHECK(with_u32(HEADER(arena_bytes), UINT32_MAX) == TH_ERR_ARENA);
  CHECK(with_u32(HEADER(arena_bytes), 39) == TH_ERR_BAD_PLAN); /* operands no longer fit */
  CHECK(with_u16(HEADER(input_count), 0) == TH_ERR_BAD_PLAN);
  CHECK(with_u16(HEADER(output_count), 0) == TH_ERR_BAD_PLAN);
  CHECK(with_u16(HEADER(output_count), UINT16_MAX) == TH_ERR_BAD_PLAN);
  CHECK(with_u16(HEADER(op_count), UINT16_MAX) != TH_OK);
  for (uint32_t bad = 1; bad < 4; bad++) {
    CHECK(with_u32(HEADER(io_offset), 80 + bad) == TH_ERR_BAD_PLAN);
    CHECK(with_u32(HEADER(ops_offset), 160 + bad) == TH_ERR_BAD_PLAN);
  }
  static const uint32_t far[] = {0x7FFFFFFCu, 0x80000000u, 0xFFFFFFFCu};
  for (size_t i = 0; i < sizeof far / sizeof far[0]; i++) {
    CHECK(with_u32(HEADER(io_offset), far[i]) == TH_ERR_BAD_PLAN);
    CHECK(with_u32(HEADER(ops_offset), far[i]) == TH_ERR_BAD_PLAN);
    CHECK(with_u32(HEADER(name_offset), far[i]) == TH_ERR_BAD_PLAN);
    CHECK(with_u32(HEADER(name_bytes), far[i]) == TH_ERR_BAD_PLAN);
  }
  CHECK(with_u32(HEADER(name_bytes), 5) == TH_ERR_BAD_PLAN); /* no NUL there */
  uint8_t *blob = exactly(sound_bytes);
  memcpy(blob, sound, sound_bytes);
  blob[sound_bytes - 1] ^= 1; /* CRC left as it was */
  CHECK(load(blob, sound_bytes, 48) == TH_ERR_BAD_PLAN);
  free(blob);
}

static void test_io(void) {
  const size_t input = sizeof(th_plan_header);
  const size_t output = input + 2 * sizeof(th_plan_io);
  CHECK(with_u32(input + offsetof(th_plan_io, bytes), 0) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(input + offsetof(th_plan_io, bytes), 49) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(input + offsetof(th_plan_io, ref), 2) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(input + offsetof(th_plan_io, ref), 44) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(input + offsetof(th_plan_io, ref), TH_REF_CONST) == TH_ERR_BAD_PLAN); /* an input is written */
  CHECK(with_u16(input + offsetof(th_plan_io, dtype), 7) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(output + offsetof(th_plan_io, ref), TH_REF_NONE) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(output + offsetof(th_plan_io, ref), TH_REF_CONST | 16) == TH_OK);
  CHECK(with_u32(output + offsetof(th_plan_io, ref), TH_REF_CONST | (uint32_t)sound_bytes) == TH_ERR_BAD_PLAN);
  CHECK(with_u16(output + offsetof(th_plan_io, dtype), TH_INT64) == TH_OK);
  CHECK(with_u32(output + offsetof(th_plan_io, bytes), 7) == TH_OK);
  CHECK(with_u16(output + sizeof(th_plan_io) + offsetof(th_plan_io, dtype), TH_INT64) == TH_ERR_BAD_PLAN);
}

static void test_ops(void) {
  const size_t op = sizeof(th_plan_header) + 4 * sizeof(th_plan_io);
  const size_t out = op + sizeof(th_plan_op);
  const size_t in = out + sizeof(th_operand);
  CHECK(with_u16(op, TEST_NO_KERNEL) == TH_ERR_OPERATOR);
  CHECK(with_u16(op, UINT16_MAX) == TH_ERR_OPERATOR);
  CHECK(with_u16(op, TEST_SUM) == TH_ERR_BAD_PLAN);
  CHECK(with_u16(op + offsetof(th_plan_op, record_bytes), 30) == TH_ERR_BAD_PLAN);
  CHECK(with_u16(op + offsetof(th_plan_op, record_bytes), 0) == TH_ERR_BAD_PLAN);
  CHECK(with_u16(op + offsetof(th_plan_op, record_bytes), 0xFFFC) == TH_ERR_BAD_PLAN);
  CHECK(with_u8(op + offsetof(th_plan_op, operand_count), 1) == TH_ERR_BAD_PLAN);
  CHECK(with_u8(op + offsetof(th_plan_op, operand_count), 255) == TH_ERR_BAD_PLAN);
  CHECK(with_u8(op + offsetof(th_plan_op, output_count), 0) == TH_ERR_BAD_PLAN);
  CHECK(with_u8(op + offsetof(th_plan_op, output_count), 2) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(op + offsetof(th_plan_op, param_bytes), 0) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(op + offsetof(th_plan_op, param_bytes), UINT32_MAX) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(out, TH_REF_CONST | 16) == TH_ERR_BAD_PLAN); /* an output is never constant */
  CHECK(with_u32(out, TH_REF_NONE) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(out, 44) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(out, 40) == TH_OK);
  CHECK(with_u32(out, 41) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(in, TH_REF_CONST | 16) == TH_OK);
  CHECK(with_u32(in, TH_REF_CONST | 0x7FFFFFF0u) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(in, TH_REF_NONE) == TH_ERR_BAD_PLAN); /* with 8 bytes */
  CHECK(with_u32(in + 4, UINT32_MAX) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(in + 4, 0) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(in + 8, TEST_REFUSED) == TH_ERR_BAD_PLAN); /* the kernel's own check */
}

/* Only operands that the kernel says are optional may be absent. */
static void test_optional_operands(void) {
  static const th_operand absent = {TH_REF_NONE, 0};
  const size_t op = sizeof(th_plan_header) + 4 * sizeof(th_plan_io);
  const size_t sum = op + sizeof(th_plan_op) + 2 * sizeof(th_operand) + 4 + sizeof(th_plan_op);
  CHECK(load_with(op + sizeof(th_plan_op) + sizeof absent, &absent, sizeof absent) == TH_ERR_BAD_PLAN);
  CHECK(load_with(sum, &absent, sizeof absent) == TH_ERR_BAD_PLAN);
  CHECK(load_with(sum + sizeof absent, &absent, sizeof absent) == TH_ERR_BAD_PLAN);
  CHECK(load_with(sum + 2 * sizeof absent, &absent, sizeof absent) == TH_OK);
}

static void test_states(void) {
  const size_t state = sizeof(th_plan_header) + 3 * sizeof(th_plan_io);
  const size_t initial = state + sizeof(th_plan_state) + offsetof(th_plan_state, initial);
  sound_bytes = plan_running_sum(sound);
  CHECK(with_u32(state, 28) == TH_OK);
  CHECK(with_u32(state, 29) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(state, 32) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(state, TH_REF_NONE) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(state, TH_REF_CONST | 80) == TH_ERR_BAD_PLAN); /* state is written */
  CHECK(with_u32(state + offsetof(th_plan_state, bytes), 17) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(state + offsetof(th_plan_state, bytes), 0) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(state + offsetof(th_plan_state, fill), 255) == TH_OK);
  CHECK(with_u32(state + offsetof(th_plan_state, fill), 256) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(initial, TH_REF_NONE) == TH_OK);
  CHECK(with_u32(initial, 0) == TH_ERR_BAD_PLAN); /* must be a constant */
  CHECK(with_u32(initial, TH_REF_CONST | (uint32_t)sound_bytes) == TH_ERR_BAD_PLAN);
  CHECK(with_u32(initial, TH_REF_CONST | 0x7FFFFFFCu) == TH_ERR_BAD_PLAN);
  CHECK(with_u16(HEADER(state_count), UINT16_MAX) == TH_ERR_BAD_PLAN);
}

static void test_truncation_and_alignment(void) {
  for (size_t bytes = 0; bytes < sound_bytes; bytes++) {
    uint8_t *blob = exactly(bytes);
    memcpy(blob, sound, bytes);
    CHECK(load(blob, bytes, 48) == TH_ERR_BAD_PLAN);
    free(blob);
  }
  uint8_t *shifted = exactly(sound_bytes + 8);
  memcpy(shifted + 8, sound, sound_bytes);
  CHECK(load(shifted + 8, sound_bytes, 48) == TH_ERR_BAD_PLAN);
  free(shifted);
  CHECK(load(sound, sound_bytes, 47) == TH_ERR_ARENA);
}

static uint32_t interesting(void) {
  static const uint32_t values[] = {0,  1,  2,  4,  8,  12, 16, 31, 32, 40, 44, 48, 49, 80, 160, 0x7F, 0x80, 0xFF, 0xFFFF, 0x10000,
                                    0x7FFFFFFF, 0x80000000, 0x80000010, 0xFFFFFFF0, 0xFFFFFFFC, 0xFFFFFFFF};
  const uint32_t choice = random_below(sizeof values / sizeof values[0] + 2);
  if (choice < sizeof values / sizeof values[0]) {
    return values[choice];
  }
  return choice % 2 != 0 ? random_u32() : (uint32_t)sound_bytes - random_below(20);
}

static void mutate(uint8_t *blob, size_t bytes) {
  const size_t at = random_below((uint32_t)bytes);
  const uint32_t value = interesting();
  switch (random_below(4)) {
    case 0:
      blob[at] = (uint8_t)random_u32();
      break;
    case 1:
      blob[at] ^= (uint8_t)(1u << random_below(8));
      break;
    case 2:
      if (at + 2 <= bytes) {
        memcpy(blob + (at & ~(size_t)1), &value, 2);
      }
      break;
    default:
      if ((at & ~(size_t)3) + 4 <= bytes) {
        memcpy(blob + (at & ~(size_t)3), &value, 4);
      }
      break;
  }
}

static void on_layer(uint16_t op_index, uint32_t cycles) { CHECK(op_index < th_engine_info()->ops && cycles > 0); }

/* Uses everything that a loaded model offers. */
static void exercise(void) {
  const th_model_info *info = th_engine_info();
  float value;
  if ((uint64_t)info->input_bytes + info->output_bytes > 1u << 20) {
    return; /* the session finds no room for these */
  }
  uint8_t *inputs = exactly(info->input_bytes);
  uint8_t *outputs = exactly(info->output_bytes);
  memset(inputs, 0x5A, info->input_bytes);
  th_engine_set_inputs(inputs);
  th_engine_invoke(NULL);
  th_engine_set_inputs(inputs);
  th_engine_reset_state();
  th_engine_invoke(on_layer);
  th_engine_get_outputs(outputs);
  CHECK(th_engine_output_value(0, &value));
  for (size_t i = 0; i < info->output_bytes; i += 1 + info->output_bytes / 64) {
    (void)th_engine_output_value(i, &value);
  }
  CHECK(!th_engine_output_value(info->output_bytes, &value));
  CHECK(strlen(info->model_name) < sound_bytes);
  free(inputs);
  free(outputs);
}

static void test_mutations(int rounds) {
  int verdicts[16] = {0};
  for (int round = 0; round < rounds; round++) {
    const size_t bytes = random_below(20) == 0 ? 16 + random_below((uint32_t)sound_bytes - 16) : sound_bytes;
    uint8_t *blob = exactly(bytes);
    memcpy(blob, sound, bytes);
    for (uint32_t n = 1 + random_below(4); n > 0; n--) {
      mutate(blob, bytes);
    }
    uint32_t total;
    memcpy(&total, blob + HEADER(total_bytes), sizeof total);
    if (random_below(20) != 0 && total >= 16 && total <= bytes) { /* what is beyond the plan's end has no part in its CRC */
      plan_seal(blob, total);
    }
    const th_status status = load(blob, bytes, 48 + random_below(3));
    verdicts[status]++;
    if (status == TH_OK) {
      exercise();
    }
    th_engine_unload();
    free(blob);
  }
  printf("loaded %d, bad plan %d, arena %d, kernel set %d, operator %d\n", verdicts[TH_OK], verdicts[TH_ERR_BAD_PLAN],
         verdicts[TH_ERR_ARENA], verdicts[TH_ERR_KERNEL_SET], verdicts[TH_ERR_OPERATOR]);
  CHECK(verdicts[TH_OK] > rounds / 200 && verdicts[TH_ERR_BAD_PLAN] > rounds / 200 &&
        verdicts[TH_ERR_ARENA] > rounds / 2000 && verdicts[TH_ERR_KERNEL_SET] > rounds / 2000 &&
        verdicts[TH_ERR_OPERATOR] > rounds / 2000);
}

int main(void) {
  sound_bytes = plan_sample(sound);
  test_header();
  test_io();
  test_ops();
  test_optional_operands();
  test_truncation_and_alignment();
  test_mutations(200000);
  test_states();
  test_mutations(50000);
  (void)load(sound, sound_bytes, 1); /* gives the last arena back */
  return 0;
}
