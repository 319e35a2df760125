/* Little-endian fields in byte buffers, at any alignment. */
#ifndef TINYHIL_WIRE_H
#define TINYHIL_WIRE_H

#include <stdint.h>

static inline uint16_t th_get_u16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }

static inline uint32_t th_get_u32(const uint8_t *p) {
  return (uint32_t)th_get_u16(p) | (uint32_t)th_get_u16(p + 2) << 16;
}

/* Each put returns the place after the field. */
static inline uint8_t *th_put_u8(uint8_t *p, uint8_t value) {
  *p = value;
  return p + 1;
}

static inline uint8_t *th_put_u16(uint8_t *p, uint16_t value) {
  return th_put_u8(th_put_u8(p, (uint8_t)value), (uint8_t)(value >> 8));
}

static inline uint8_t *th_put_u32(uint8_t *p, uint32_t value) {
  return th_put_u16(th_put_u16(p, (uint16_t)value), (uint16_t)(value >> 16));
}

static inline uint8_t *th_put_u64(uint8_t *p, uint64_t value) {
  return th_put_u32(th_put_u32(p, (uint32_t)value), (uint32_t)(value >> 32));
}

#endif
