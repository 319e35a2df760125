/* The frame around a .tflite: every field that lies is refused. */
#include <string.h>

#include "engines/tflm/tflm_blob.h"
#include "engines/tflm/tflm_log.h"
#include "support/check.h"

#include <stdarg.h>

void DebugLog(const char *format, va_list args);

enum { BLOB_BYTES = 96, MODEL_AT = 80 };

static _Alignas(16) uint8_t blob[BLOB_BYTES];

static th_tflm_header sample(void) {
  memset(blob, 0, sizeof blob);
  memcpy(blob + 64, "name", 5);
  return (th_tflm_header){.magic = TH_TFLM_MAGIC,
                          .version = TH_TFLM_VERSION,
                          .total_bytes = BLOB_BYTES,
                          .name_offset = 64,
                          .model_offset = MODEL_AT,
                          .model_bytes = BLOB_BYTES - MODEL_AT};
}

static th_status check(th_tflm_header header, size_t bytes) {
  const th_tflm_header *found = NULL;
  const char *detail = NULL;
  memcpy(blob, &header, sizeof header);
  const th_status status = th_tflm_check(blob, bytes, &found, &detail);
  CHECK((status == TH_OK) == (detail == NULL) && (status == TH_OK) == (found != NULL));
  return status;
}

#define WITH(field, value) \
  do { \
    th_tflm_header header = sample(); \
    header.field = (value); \
    CHECK(check(header, BLOB_BYTES) == TH_ERR_BAD_PLAN); \
  } while (0)

static void test_frame(void) {
  CHECK(check(sample(), BLOB_BYTES) == TH_OK);
  CHECK(check(sample(), BLOB_BYTES - 1) == TH_ERR_BAD_PLAN);
  CHECK(check(sample(), 63) == TH_ERR_BAD_PLAN);
  WITH(magic, 1);
  WITH(version, 2);
  WITH(total_bytes, BLOB_BYTES + 1);
  WITH(total_bytes, 0);
  WITH(model_offset, MODEL_AT + 8);
  WITH(model_offset, 48);
  WITH(model_offset, 0xFFFFFFF0u);
  WITH(model_bytes, BLOB_BYTES - MODEL_AT + 1);
  WITH(model_bytes, UINT32_MAX);
  WITH(name_offset, 63);
  WITH(name_offset, MODEL_AT);
  WITH(name_offset, UINT32_MAX);
  th_tflm_header unended = sample();
  memset(blob + 64, 'x', 16);
  CHECK(check(unended, BLOB_BYTES) == TH_ERR_BAD_PLAN);
}

static void say(const char *format, ...) {
  va_list args;
  va_start(args, format);
  DebugLog(format, args);
  va_end(args);
}

static void test_log(void) {
  char longer[200];
  th_tflm_log_clear();
  CHECK(strcmp(th_tflm_log_text(), "") == 0);
  say("Didn't find op '%s' (%d of %u, %zu, %lld, %x, %5.2f, 100%%)", "ADD", -7, 8u, (size_t)9, -10LL, 0xabu, 3.7);
  say("\r\n");
  say("second line");
  CHECK(strcmp(th_tflm_log_text(), "Didn't find op 'ADD' (-7 of 8, 9, -10, ab, 3, 100%)") == 0);
  memset(longer, 'y', sizeof longer);
  longer[sizeof longer - 1] = '\0';
  th_tflm_log_clear();
  say("%s", longer);
  CHECK(strlen(th_tflm_log_text()) == 95);
}

int main(void) {
  test_frame();
  test_log();
  return 0;
}
