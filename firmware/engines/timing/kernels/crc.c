/* CRC-16 (CCITT, bit by bit) and CRC-32 (IEEE, reflected, bit by bit) over 256 bytes. */
#include "engines/timing/kernels/kernels.h"
#include "engines/timing/kernels/random.h"

enum { BYTES = 256 };

static uint16_t crc16(const uint8_t *data, uint32_t bytes) {
  uint16_t crc = 0xFFFFu;
  for (uint32_t i = 0; i < bytes; i++) {
    crc ^= (uint16_t)(data[i] << 8);
    for (int bit = 0; bit < 8; bit++) {
      const uint16_t shifted = (uint16_t)(crc << 1);
      crc = (crc & 0x8000u) != 0 ? shifted ^ 0x1021u : shifted;
    }
  }
  return crc;
}

static uint32_t crc32(const uint8_t *data, uint32_t bytes) {
  uint32_t crc = 0xFFFFFFFFu;
  for (uint32_t i = 0; i < bytes; i++) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; bit++) {
      crc = (crc & 1u) != 0 ? (crc >> 1) ^ 0xEDB88320u : crc >> 1;
    }
  }
  return ~crc;
}

uint32_t th_kernel_crc(uint32_t iterations, void *memory) {
  uint8_t *data = memory;
  uint32_t checksum = 0;
  while (iterations-- > 0) {
    uint32_t seed = 1;
    for (uint32_t i = 0; i < BYTES; i++) {
      data[i] = (uint8_t)th_random(&seed);
    }
    checksum = crc32(data, BYTES) ^ crc16(data, BYTES);
  }
  return checksum;
}
