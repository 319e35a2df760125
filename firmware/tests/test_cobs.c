/* COBS against the definition. */
#include "app/cobs.h"

#include <string.h>

#include "support/check.h"
#include "support/host.h"

enum { MOST = 1200 };

static uint8_t encoded[2 * MOST];
static size_t encoded_bytes;

static void emit(uint8_t byte) { encoded[encoded_bytes++] = byte; }

static bool decode(const uint8_t *data, size_t bytes, uint8_t *out, size_t capacity, size_t *length) {
  th_cobs_decoder decoder;
  th_cobs_begin(&decoder, out, capacity);
  for (size_t i = 0; i < bytes; i++) {
    th_cobs_byte(&decoder, data[i]);
  }
  *length = decoder.length;
  return th_cobs_complete(&decoder);
}

static void check_one(const uint8_t *data, size_t bytes) {
  uint8_t expected[2 * MOST];
  uint8_t back[MOST];
  size_t length;
  const size_t expected_bytes = host_cobs_encode(data, bytes, expected);
  encoded_bytes = 0;
  th_cobs_encode(data, bytes, emit);
  CHECK(encoded_bytes == expected_bytes && memcmp(encoded, expected, expected_bytes) == 0);
  CHECK(decode(encoded, encoded_bytes, back, bytes, &length)); /* into just enough room */
  CHECK(length == bytes && memcmp(back, data, bytes) == 0);
  if (bytes > 0) {
    CHECK(!decode(encoded, encoded_bytes, back, bytes - 1, &length));
  }
  CHECK(!decode(encoded, encoded_bytes - 1, back, sizeof back, &length) || encoded[encoded_bytes - 1] == 1);
}

int main(void) {
  uint8_t data[MOST];
  for (int round = 0; round < 4000; round++) {
    const size_t bytes = random_below(MOST);
    const uint32_t zeros = random_below(4); /* none, rare, many, mostly */
    for (size_t i = 0; i < bytes; i++) {
      const bool zero = zeros > 0 && random_below(zeros == 1 ? 300 : zeros == 2 ? 4 : 2) == 0;
      data[i] = zero ? 0 : (uint8_t)(1 + random_below(255));
    }
    check_one(data, bytes);
  }
  for (size_t bytes = 250; bytes < 260; bytes++) { /* around a full block, with and without a zero at its end */
    memset(data, 0x11, sizeof data);
    check_one(data, bytes);
    data[bytes - 1] = 0;
    check_one(data, bytes);
  }
  uint8_t back[MOST];
  for (int round = 0; round < 4000; round++) { /* any bytes: same verdict as the definition's */
    const size_t bytes = 1 + random_below(40);
    uint8_t wire[40];
    uint8_t expected[MOST];
    size_t length;
    for (size_t i = 0; i < bytes; i++) {
      wire[i] = (uint8_t)(1 + random_below(random_below(2) != 0 ? 8 : 255));
    }
    const size_t expected_bytes = host_cobs_decode(wire, bytes, expected);
    const bool complete = decode(wire, bytes, back, sizeof back, &length);
    CHECK(complete == (expected_bytes != SIZE_MAX));
    CHECK(!complete || (length == expected_bytes && memcmp(back, expected, length) == 0));
  }
  return 0;
}
