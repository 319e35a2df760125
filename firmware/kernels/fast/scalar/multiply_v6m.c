/* The inner loop on Armv6-M: 52 cycles for 16 products of a loose quad, 46 of a tight one (Cortex-M0+). */
#include "kernels/fast/scalar/multiply.h"

#if defined(__ARM_ARCH_6M__)

/* r0: rows, r1: weights, r2 to r7: work; r8, r9: all; r10, r11: upper; r12: TH_SCALAR_HALF; lr: end of the rows. */
#define ENTER \
  ".syntax unified\n" \
  "push {r4, r5, r6, r7, lr}\n" \
  "mov r4, r8\n mov r5, r9\n mov r6, r10\n mov r7, r11\n" \
  "push {r0, r4, r5, r6, r7}\n" \
  "mov lr, r3\n" \
  "ldmia r0!, {r4, r5, r6, r7}\n" \
  "mov r10, r4\n mov r8, r5\n mov r11, r6\n mov r9, r7\n" \
  "movs r4, #128\n lsls r4, r4, #8\n mov r12, r4\n" \
  "mov r0, r1\n mov r1, r2\n" \
  "1:\n"
#define LEAVE \
  "cmp r0, lr\n" \
  "bne 1b\n" \
  "pop {r0}\n" \
  "mov r4, r10\n mov r5, r8\n mov r6, r11\n mov r7, r9\n" \
  "stmia r0!, {r4, r5, r6, r7}\n" \
  "pop {r4, r5, r6, r7}\n" \
  "mov r8, r4\n mov r9, r5\n mov r10, r6\n mov r11, r7\n" \
  "pop {r4, r5, r6, r7, pc}\n"

/* Taps 0 and 1 of the weights in r6 into r4 and r5. */
#define FIRST_HALF \
  "ldr r6, [r1]\n" \
  "ldmia r0!, {r2, r3, r4, r5}\n" \
  "sxtb r7, r6\n" \
  "muls r2, r7, r2\n muls r3, r7, r3\n" \
  "lsls r7, r6, #16\n asrs r7, r7, #24\n" \
  "muls r4, r7, r4\n muls r5, r7, r5\n" \
  "adds r4, r4, r2\n adds r5, r5, r3\n"
#define TAKE \
  "add r4, r12\n add r5, r12\n" \
  "add r8, r4\n asrs r4, r4, #16\n add r10, r4\n" \
  "add r9, r5\n asrs r5, r5, #16\n add r11, r5\n"

__attribute__((naked)) void th_scalar_multiply_loose(__attribute__((unused)) th_scalar_sums sums[2],
                                                     __attribute__((unused)) const uint32_t *rows,
                                                     __attribute__((unused)) const int8_t *weights,
                                                     __attribute__((unused)) const uint32_t *rows_end) {
  __asm__(ENTER FIRST_HALF TAKE
          "ldmia r0!, {r2, r3, r4, r5}\n"
          "lsls r7, r6, #8\n asrs r7, r7, #24\n"
          "muls r2, r7, r2\n muls r3, r7, r3\n"
          "asrs r6, r6, #24\n"
          "muls r4, r6, r4\n muls r5, r6, r5\n"
          "adds r4, r4, r2\n adds r5, r5, r3\n" TAKE
          "adds r1, #16\n" LEAVE);
}

__attribute__((naked)) void th_scalar_multiply_tight(__attribute__((unused)) th_scalar_sums sums[2],
                                                     __attribute__((unused)) const uint32_t *rows,
                                                     __attribute__((unused)) const int8_t *weights,
                                                     __attribute__((unused)) const uint32_t *rows_end) {
  __asm__(ENTER FIRST_HALF
          "ldmia r0!, {r2, r3}\n"
          "lsls r7, r6, #8\n asrs r7, r7, #24\n"
          "muls r2, r7, r2\n muls r3, r7, r3\n"
          "adds r4, r4, r2\n adds r5, r5, r3\n"
          "ldmia r0!, {r2, r3}\n"
          "asrs r6, r6, #24\n"
          "muls r2, r6, r2\n muls r3, r6, r3\n"
          "adds r4, r4, r2\n adds r5, r5, r3\n" TAKE
          "adds r1, #16\n" LEAVE);
}

#endif
