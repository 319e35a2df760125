/* The instructions of the DSP extension that the kernels are made of; in plain C where they are not there, so that hosts can
 * test what surrounds them. Halves: bottom is bits 0 to 15, top 16 to 31, both signed. */
#ifndef TINYHIL_FAST_DSP_SIMD_H
#define TINYHIL_FAST_DSP_SIMD_H

#include <stdint.h>
#include <string.h>

#include "kernels/fixed_point.h"

/* Four bytes from any address. */
static inline uint32_t th_load_4(const int8_t *from) {
  uint32_t word;
  memcpy(&word, from, sizeof word);
  return word;
}

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* Bytes 0 and 2 as halves. */
static inline uint32_t th_sxtb16(uint32_t x) {
  uint32_t halves;
  __asm__("sxtb16 %0, %1" : "=r"(halves) : "r"(x));
  return halves;
}

/* Bytes 1 and 3 as halves. */
static inline uint32_t th_sxtb16_odd(uint32_t x) {
  uint32_t halves;
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(halves) : "r"(x));
  return halves;
}

/* The same added to halves; wrapping. */
static inline uint32_t th_sxtab16(uint32_t halves, uint32_t x) {
  uint32_t sum;
  __asm__("sxtab16 %0, %1, %2" : "=r"(sum) : "r"(halves), "r"(x));
  return sum;
}

static inline uint32_t th_sxtab16_odd(uint32_t halves, uint32_t x) {
  uint32_t sum;
  __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(sum) : "r"(halves), "r"(x));
  return sum;
}

/* The larger of each two bytes, signed. */
static inline uint32_t th_max_bytes(uint32_t a, uint32_t b) {
  uint32_t larger;
  __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(larger) : "r"(a), "r"(b) : "cc");
  return larger;
}

/* bottom of a and bottom of b */
static inline uint32_t th_pack_bottoms(uint32_t a, uint32_t b) {
  uint32_t halves;
  __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(halves) : "r"(a), "r"(b));
  return halves;
}

/* top of a and top of b */
static inline uint32_t th_pack_tops(uint32_t a, uint32_t b) {
  uint32_t halves;
  __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(halves) : "r"(b), "r"(a));
  return halves;
}

/* acc + bottom * bottom, acc + top * top; wrapping. */
static inline int32_t th_smlabb(uint32_t a, uint32_t b, int32_t acc) {
  int32_t sum;
  __asm__("smlabb %0, %1, %2, %3" : "=r"(sum) : "r"(a), "r"(b), "r"(acc));
  return sum;
}

static inline int32_t th_smlatt(uint32_t a, uint32_t b, int32_t acc) {
  int32_t sum;
  __asm__("smlatt %0, %1, %2, %3" : "=r"(sum) : "r"(a), "r"(b), "r"(acc));
  return sum;
}

/* acc + the rounded high half of a * b; wrapping. */
static inline int32_t th_smmlar(int32_t a, int32_t b, int32_t acc) {
  int32_t high;
  __asm__("smmlar %0, %1, %2, %3" : "=r"(high) : "r"(a), "r"(b), "r"(acc));
  return high;
}

/* The rounded high half of a * b. */
static inline int32_t th_smmulr(int32_t a, int32_t b) {
  int32_t high;
  __asm__("smmulr %0, %1, %2" : "=r"(high) : "r"(a), "r"(b));
  return high;
}

static inline int32_t th_ssat8(int32_t x) {
  int32_t bounded;
  __asm__("ssat %0, #8, %1" : "=r"(bounded) : "r"(x));
  return bounded;
}

#else

static inline int32_t th_bottom(uint32_t x) { return (int16_t)(x & 0xFFFFu); }
static inline int32_t th_top(uint32_t x) { return (int16_t)(x >> 16); }

static inline uint32_t th_halves(int32_t bottom, int32_t top) { return ((uint32_t)bottom & 0xFFFFu) | (uint32_t)top << 16; }

static inline uint32_t th_sxtb16(uint32_t x) { return th_halves((int8_t)(x & 0xFFu), (int8_t)(x >> 16 & 0xFFu)); }
static inline uint32_t th_sxtb16_odd(uint32_t x) { return th_halves((int8_t)(x >> 8 & 0xFFu), (int8_t)(x >> 24)); }
static inline uint32_t th_sxtab16(uint32_t halves, uint32_t x) {
  const uint32_t added = th_sxtb16(x);
  return th_halves(th_bottom(halves) + th_bottom(added), th_top(halves) + th_top(added));
}
static inline uint32_t th_sxtab16_odd(uint32_t halves, uint32_t x) { return th_sxtab16(halves, x >> 8 | x << 24); }
static inline uint32_t th_max_bytes(uint32_t a, uint32_t b) {
  uint32_t larger = 0;
  for (uint32_t at = 0; at < 32; at += 8) {
    const int8_t x = (int8_t)(a >> at & 0xFFu), y = (int8_t)(b >> at & 0xFFu);
    larger |= ((uint32_t)(x > y ? x : y) & 0xFFu) << at;
  }
  return larger;
}
static inline uint32_t th_pack_bottoms(uint32_t a, uint32_t b) { return th_halves(th_bottom(a), th_bottom(b)); }
static inline uint32_t th_pack_tops(uint32_t a, uint32_t b) { return th_halves(th_top(a), th_top(b)); }
static inline int32_t th_smlabb(uint32_t a, uint32_t b, int32_t acc) { return th_wrapping_add(acc, th_bottom(a) * th_bottom(b)); }
static inline int32_t th_smlatt(uint32_t a, uint32_t b, int32_t acc) { return th_wrapping_add(acc, th_top(a) * th_top(b)); }
static inline int32_t th_negated(int32_t x) { return th_from_bits(0u - (uint32_t)x); }
static inline int32_t th_smmlar(int32_t a, int32_t b, int32_t acc) {
  const int64_t product = (int64_t)a * b + (INT64_C(1) << 31);
  return th_wrapping_add(acc, th_from_bits((uint32_t)((uint64_t)product >> 32)));
}
static inline int32_t th_smmulr(int32_t a, int32_t b) { return th_smmlar(a, b, 0); }
static inline int32_t th_ssat8(int32_t x) { return th_clamp(x, -128, 127); }

#endif
#endif
