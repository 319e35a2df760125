/* The timing engine: its list, kernels that come to the same solution however often, and suites that are refused. */
#include <string.h>

#include "engines/engine.h"
#include "engines/timing/bench_list.h"
#include "engines/timing/suite_check.h"
#include "support/check.h"
#include "support/fake_board.h"
#include "support/host.h"

enum { MOST_BYTES = sizeof(th_suite_header) + TH_SUITE_MAX_RUNS * sizeof(th_suite_run) };

__attribute__((aligned(16))) static uint8_t blob[MOST_BYTES];
__attribute__((aligned(16))) static uint8_t arena[8192];
static uint16_t hooked;

static void seal(size_t bytes) {
  const size_t crc_end = offsetof(th_suite_header, sha256);
  const uint32_t crc = host_crc32(blob + crc_end, bytes - crc_end);
  memcpy(blob + crc_end - sizeof crc, &crc, sizeof crc);
}

static size_t suite(const char *const *names, const uint32_t *iterations, uint16_t runs) {
  const th_suite_header header = {
      .magic = TH_SUITE_MAGIC,
      .version = TH_SUITE_VERSION,
      .runs = runs,
      .total_bytes = (uint32_t)(sizeof header + runs * sizeof(th_suite_run)),
      .sha256 = {0xC0},
  };
  memcpy(blob, &header, sizeof header);
  for (uint16_t i = 0; i < runs; i++) {
    const th_suite_run run = {host_crc32((const uint8_t *)names[i], strlen(names[i])), iterations[i]};
    memcpy(blob + sizeof header + i * sizeof run, &run, sizeof run);
  }
  seal(header.total_bytes);
  return header.total_bytes;
}

static void on_layer(uint16_t op_index, uint32_t cycles) {
  CHECK(op_index == hooked);
  CHECK(cycles == FAKE_CYCLES_PER_READING);
  hooked++;
}

static void test_list(void) {
  static uint8_t list[4096];
  const char *detail = "";
  CHECK(th_engine_load(blob, suite(NULL, NULL, 0), arena, sizeof arena, &detail) == TH_OK);
  const th_model_info *info = th_engine_info();
  CHECK(info->ops == 0 && info->output_bytes < sizeof list);
  th_engine_invoke(NULL);
  th_engine_get_outputs(list);
  CHECK(strncmp((const char *)list, "kernel_list 1 2\nkernel_matrix 1 2\n", 34) == 0);
  CHECK(list[info->output_bytes - 1] == '\n');
  CHECK(th_bench_list(NULL) == info->output_bytes);
}

static void test_every_kernel(void) {
  for (const th_bench *bench = th_bench_tables[1].begin; bench < th_bench_tables[1].end; bench++) {
    const char *const names[] = {bench->name, bench->name, bench->name};
    const uint32_t iterations[] = {1, 2, 3};
    const char *detail = "";
    uint32_t results[3];
    float value;
    CHECK(th_engine_load(blob, suite(names, iterations, 3), arena, sizeof arena, &detail) == TH_OK);
    const th_model_info *info = th_engine_info();
    CHECK(info->ops == 3 && info->output_bytes == sizeof results && info->model_sha256[0] == 0xC0);
    memset(arena, (int)random_below(256), info->arena_bytes); /* nothing may depend on what was there */
    th_engine_reset_state();
    hooked = 0;
    th_engine_invoke(on_layer);
    CHECK(hooked == 3);
    th_engine_get_outputs((uint8_t *)results);
    CHECK(results[0] != 0 && results[0] == results[1] && results[0] == results[2]);
    CHECK(th_engine_output_value(2, &value) && value == (float)results[2]);
    CHECK(!th_engine_output_value(3, &value));
    th_engine_unload();
    CHECK(!th_engine_output_value(0, &value));
  }
}

static void check_refused(size_t bytes, th_status status) {
  const char *detail = "";
  CHECK(th_engine_load(blob, bytes, arena, sizeof arena, &detail) == status);
  CHECK(detail[0] != '\0');
  CHECK(th_engine_info() == NULL);
}

static void test_refusals(void) {
  static const char *const known[] = {"kernel_crc"};
  static const char *const unknown[] = {"kernel_crd"};
  static const uint32_t once[] = {1}, never[] = {0}, endless[] = {TH_SUITE_MAX_ITERATIONS + 1};
  const char *detail;
  check_refused(suite(unknown, once, 1), TH_ERR_OPERATOR);
  check_refused(suite(known, never, 1), TH_ERR_BAD_PLAN);
  check_refused(suite(known, endless, 1), TH_ERR_BAD_PLAN);
  const size_t bytes = suite(known, once, 1);
  check_refused(0, TH_ERR_BAD_PLAN);
  check_refused(bytes - 1, TH_ERR_BAD_PLAN);
  CHECK(th_engine_load(blob, bytes, arena, TH_BENCH_MEMORY_BYTES, &detail) == TH_ERR_ARENA);
  blob[bytes - 1] ^= 1;
  check_refused(bytes, TH_ERR_BAD_PLAN);
}

/* Every bit that is changed is found, and sealed again it is refused or sound: never read beyond its end. */
static void test_hostile(void) {
  static const char *const names[] = {"kernel_tokens", "kernel_crc"};
  static const uint32_t iterations[] = {1, 2};
  for (uint32_t round = 0; round < 20000; round++) {
    const char *detail = "";
    const size_t bytes = suite(names, iterations, 2);
    th_suite checked;
    for (uint32_t change = random_below(4) + 1; change > 0; change--) {
      blob[random_below((uint32_t)bytes)] ^= (uint8_t)(1u << random_below(8));
    }
    if (round % 2 == 0) {
      seal(bytes);
    }
    uint8_t *exact = malloc(bytes); /* of its very size, for the sanitizer */
    CHECK(exact != NULL);
    memcpy(exact, blob, bytes);
    const size_t told = random_below(4) == 0 ? random_below((uint32_t)bytes) : bytes;
    if (th_suite_check(exact, told, &checked, &detail) == TH_OK) {
      CHECK(told == bytes && checked.header->runs == 2);
    } else {
      CHECK(detail[0] != '\0');
    }
    free(exact);
  }
}

int main(void) {
  test_list();
  test_every_kernel();
  test_refusals();
  test_hostile();
  return 0;
}
