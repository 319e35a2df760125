/* Copies and fills of any number of bytes, sixteen at a time. */
#ifndef TINYHIL_FAST_MVE_BYTES_H
#define TINYHIL_FAST_MVE_BYTES_H

#include <arm_mve.h>
#include <stdint.h>

/* Returns the first byte behind what it wrote; count >= 0. */
static inline int8_t *th_mve_copy(int8_t *to, const int8_t *from, int32_t count) {
  int8_t *const end = to + count;
  __asm__ volatile(
      "wlstp.8 lr, %[count], 2f\n"
      "1:\n"
      "vldrb.u8 q0, [%[from]], #16\n"
      "vstrb.8 q0, [%[to]], #16\n"
      "letp lr, 1b\n"
      "2:\n"
      : [from] "+r"(from), [to] "+r"(to)
      : [count] "r"(count)
      : "q0", "lr", "memory");
  return end;
}

/* Returns the first byte behind what it wrote; count >= 0. */
static inline int8_t *th_mve_fill(int8_t *to, int32_t value, int32_t count) {
  int8_t *const end = to + count;
  __asm__ volatile(
      "vdup.8 q0, %[value]\n"
      "wlstp.8 lr, %[count], 2f\n"
      "1:\n"
      "vstrb.8 q0, [%[to]], #16\n"
      "letp lr, 1b\n"
      "2:\n"
      : [to] "+r"(to)
      : [count] "r"(count), [value] "r"(value)
      : "q0", "lr", "memory");
  return end;
}

#endif
