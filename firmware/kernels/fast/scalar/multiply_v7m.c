/* The inner loop on Armv7-M: 42 cycles for 16 products of a loose quad, 38 of a tight one (Cortex-M3). Loads stand together,
 * where each takes one cycle. */
#include "kernels/fast/scalar/multiply.h"

#if defined(__ARM_ARCH_7M__)

/* r0: sums; r1: rows, r2: weights, r3: end of the rows, r4 to r7, r12, lr: work; r8, r10: upper; r9, r11: all. */
#define ENTER \
  "push {r4, r5, r6, r7, r8, r9, r10, r11, lr}\n" \
  "ldm r0, {r8, r9, r10, r11}\n" \
  "1:\n"
#define LEAVE \
  "adds r2, #16\n" \
  "cmp r1, r3\n" \
  "bne 1b\n" \
  "stm r0, {r8, r9, r10, r11}\n" \
  "pop {r4, r5, r6, r7, r8, r9, r10, r11, pc}\n"

#define LOAD(tap, next) \
  "ldrsb r12, [r2, #" tap "]\n" \
  "ldrsb lr, [r2, #" next "]\n" \
  "ldmia r1!, {r4, r5, r6, r7}\n"
#define MULTIPLY_TWO \
  "mul r4, r4, r12\n" \
  "mul r5, r5, r12\n" \
  "mla r4, r6, lr, r4\n" \
  "mla r5, r7, lr, r5\n"
#define TAKE \
  "add r4, r4, #32768\n" \
  "add r5, r5, #32768\n" \
  "add r9, r4\n add r8, r8, r4, asr #16\n" \
  "add r11, r5\n add r10, r10, r5, asr #16\n"

__attribute__((naked)) void th_scalar_multiply_loose(__attribute__((unused)) th_scalar_sums sums[2],
                                                     __attribute__((unused)) const uint32_t *rows,
                                                     __attribute__((unused)) const int8_t *weights,
                                                     __attribute__((unused)) const uint32_t *rows_end) {
  __asm__(ENTER LOAD("0", "1") MULTIPLY_TWO TAKE LOAD("2", "3") MULTIPLY_TWO TAKE LEAVE);
}

__attribute__((naked)) void th_scalar_multiply_tight(__attribute__((unused)) th_scalar_sums sums[2],
                                                     __attribute__((unused)) const uint32_t *rows,
                                                     __attribute__((unused)) const int8_t *weights,
                                                     __attribute__((unused)) const uint32_t *rows_end) {
  __asm__(ENTER LOAD("0", "1") MULTIPLY_TWO
          "ldrsb r12, [r2, #2]\n"
          "ldrd r6, r7, [r1], #8\n"
          "mla r4, r6, r12, r4\n"
          "mla r5, r7, r12, r5\n"
          "ldrsb r12, [r2, #3]\n"
          "ldrd r6, r7, [r1], #8\n"
          "mla r4, r6, r12, r4\n"
          "mla r5, r7, r12, r5\n" TAKE LEAVE);
}

#endif
