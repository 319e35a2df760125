/* CRC-32 against its check value and the polynomial. */
#include "app/crc32.h"

#include "support/check.h"
#include "support/host.h"

int main(void) {
  uint8_t data[300];
  CHECK(th_crc32(0, "123456789", 9) == 0xCBF43926u);
  CHECK(th_crc32(0, data, 0) == 0);
  for (int round = 0; round < 500; round++) {
    const size_t bytes = random_below(sizeof data);
    const size_t part = bytes > 0 ? random_below((uint32_t)bytes) : 0;
    for (size_t i = 0; i < bytes; i++) {
      data[i] = (uint8_t)random_u32();
    }
    CHECK(th_crc32(0, data, bytes) == host_crc32(data, bytes));
    CHECK(th_crc32(th_crc32(0, data, part), data + part, bytes - part) == host_crc32(data, bytes));
  }
  return 0;
}
