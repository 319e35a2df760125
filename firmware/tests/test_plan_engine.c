/* Loading and running sound plans. */
#include <string.h>

#include "engines/engine.h"
#include "support/check.h"
#include "support/fake_board.h"
#include "support/plans.h"

__attribute__((aligned(16))) static uint8_t blob[PLAN_MAX_BYTES];
__attribute__((aligned(16))) static uint8_t arena[64];
static uint16_t hooked;

static void on_layer(uint16_t op_index, uint32_t cycles) {
  CHECK(op_index == hooked);
  CHECK(cycles == FAKE_CYCLES_PER_READING);
  hooked++;
}

static void test_sample(void) {
  const char *detail = "";
  uint8_t inputs[12] = {10, 20, 30, 40, 50, 60, 70, 80, 0, 0, 0x80, 0x3f};
  uint8_t outputs[12];
  float value;
  const size_t bytes = plan_sample(blob);
  CHECK(th_engine_info() == NULL);
  CHECK(!th_engine_output_value(0, &value));
  CHECK(th_engine_load(blob, bytes, arena, 48, &detail) == TH_OK);
  const th_model_info *info = th_engine_info();
  CHECK(info->arena_bytes == 48 && info->input_bytes == 12 && info->output_bytes == 12);
  CHECK(info->ops == 3 && info->inputs == 2 && info->outputs == 2);
  CHECK(info->model_sha256[0] == 0xC0 && info->model_sha256[31] == 0xDF);
  CHECK_TEXT(info->model_name, "sample");

  memset(arena, 0, sizeof arena);
  th_engine_set_inputs(inputs);
  CHECK(memcmp(arena, inputs, 12) == 0);
  th_engine_invoke(NULL);
  th_engine_get_outputs(outputs);
  CHECK(outputs[0] == 10 + 5 + 1 + 100);
  CHECK(memcmp(outputs + 8, "\x01\x02\x03\x04", 4) == 0);
  CHECK(th_engine_output_value(0, &value) && value == 0.5f * (116 + 1));
  CHECK(th_engine_output_value(7, &value) && value == 0.5f);
  CHECK(th_engine_output_value(8, &value) && value == 1.0f);
  CHECK(th_engine_output_value(11, &value) && value == 4.0f);
  CHECK(!th_engine_output_value(12, &value));

  hooked = 0;
  th_engine_invoke(on_layer);
  CHECK(hooked == 3);
  th_engine_unload();
  CHECK(th_engine_info() == NULL);
}

/* The same bits, read as each type. */
static void test_output_types(void) {
  static const uint8_t input[8] = {0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
  static const struct {
    uint16_t dtype;
    size_t count;
    float first;
  } cases[] = {{TH_INT8, 8, -1.0f},   {TH_UINT8, 8, 127.0f}, {TH_BOOL, 8, 127.0f},
               {TH_INT16, 4, -1.0f},  {TH_INT32, 2, -1.0f},  {TH_INT64, 1, -1.0f}};
  const char *detail;
  float value;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const plan_recipe recipe = {
        .arena_bytes = 16,
        .inputs = 1,
        .outputs = 1,
        .io = {{0, 8, TH_INT8, 1, 0.0f, 0}, {0, 8, cases[i].dtype, 1, 0.5f, 0}},
        .name = "",
    };
    const size_t bytes = plan_build(&recipe, blob, NULL);
    CHECK(th_engine_load(blob, bytes, arena, 16, &detail) == TH_OK);
    th_engine_set_inputs(input);
    CHECK(th_engine_output_value(0, &value) && value == cases[i].first);
    CHECK(th_engine_output_value(cases[i].count - 1, &value));
    CHECK(!th_engine_output_value(cases[i].count, &value));
  }
}

static void test_state(void) {
  const char *detail;
  const uint8_t input[4] = {5};
  uint8_t outputs[8];
  const size_t bytes = plan_running_sum(blob);
  for (int round = 0; round < 2; round++) { /* loading anew begins anew, whatever the arena holds */
    memset(arena, 0xEE, sizeof arena);
    CHECK(th_engine_load(blob, bytes, arena, 32, &detail) == TH_OK);
    for (int pass = 0; pass < 2; pass++) {
      for (uint8_t i = 1; i < 4; i++) {
        th_engine_set_inputs(input);
        th_engine_invoke(NULL);
        th_engine_get_outputs(outputs);
        CHECK(outputs[0] == 7 + 5 * i && outputs[1] == 7 && memcmp(outputs + 4, "\x01\x02\x03\x04", 4) == 0);
      }
      th_engine_reset_state();
    }
  }
}

static void test_chain(void) {
  const char *detail;
  uint8_t data[4] = {0};
  const size_t bytes = plan_chain(blob, 200);
  CHECK(th_engine_load(blob, bytes, arena, 16, &detail) == TH_OK);
  th_engine_set_inputs(data);
  th_engine_invoke(NULL);
  th_engine_get_outputs(data);
  CHECK(data[0] == 200);
}

int main(void) {
  test_sample();
  test_output_types();
  test_state();
  test_chain();
  return 0;
}
