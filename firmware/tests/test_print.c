/* Number formatting against printf. */
#include "app/print.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "support/check.h"
#include "support/fake_board.h"

static const char *taken(void) {
  size_t bytes;
  return (const char *)fake_take_sent(&bytes);
}

static void check_fixed3(float value) {
  char expected[80];
  snprintf(expected, sizeof expected, "%.3f", (double)value);
  th_print_fixed3(value);
  CHECK_TEXT(taken(), expected);
}

int main(void) {
  static const float special[] = {0.0f,   -0.0f,   0.0005f, 0.0015f,       0.5f,      -0.0625f,       1.0f / 16, 999.9995f,
                                  1e-45f, 1.5e-3f, 8388608, 16777216.0f, 3.4028e38f, -1.17549435e-38f, INFINITY,  -INFINITY};
  char expected[80];
  for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
    check_fixed3(special[i]);
  }
  for (int round = 0; round < 200000; round++) { /* any bit pattern; then what results look like, ties among them */
    const uint32_t bits = random_u32();
    float value;
    memcpy(&value, &bits, sizeof value);
    if (!isnan(value)) {
      check_fixed3(value);
    }
    check_fixed3(((float)random_below(512) - 256) / (float)(1u << random_below(12)));
  }
  th_print_fixed3(NAN);
  CHECK(strstr(taken(), "nan") != NULL);
  for (int round = 0; round < 10000; round++) {
    const uint64_t value = ((uint64_t)random_u32() << 32 | random_u32()) >> random_below(64);
    snprintf(expected, sizeof expected, "%" PRIu64, value);
    th_print_u64(value);
    CHECK_TEXT(taken(), expected);
    snprintf(expected, sizeof expected, "0x%08" PRIx32, (uint32_t)value);
    th_print_hex32((uint32_t)value);
    CHECK_TEXT(taken(), expected);
    snprintf(expected, sizeof expected, "%02x", (unsigned)(value & 0xff));
    th_print_hex8((uint8_t)value);
    CHECK_TEXT(taken(), expected);
  }
  return 0;
}
