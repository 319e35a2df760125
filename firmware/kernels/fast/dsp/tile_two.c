/* Two rows times packed groups: 4 filters x 2 rows, 16 multiply-accumulates for each pair of a row. On a Cortex-M4 they take
 * 5 cycles of loads, 8 of SMLAD, 2 of unpacking; all sums stay in registers. */
#include "kernels/fast/dsp/tile.h"

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP
#include <assert.h>
#include <stddef.h>

static_assert(offsetof(th_dsp_tile, rows) == 0 && offsetof(th_dsp_tile, group) == 4 && offsetof(th_dsp_tile, output0) == 8 &&
                  offsetof(th_dsp_tile, sums) == 16 && offsetof(th_dsp_tile, pairs) == 20 &&
                  offsetof(th_dsp_tile, groups) == 24 && offsetof(th_dsp_tile, finish) == 28 &&
                  offsetof(th_dsp_tile, blocks) == 32,
              "the assembly below reads them");

/* r4, r5: filters 0, 1 as one, each row; r6, r7: filter 1; r8, r9: filters 2, 3 as one; r10, r11: filter 3. 56 bytes. */
#define PAIR(first, second)                \
  "ldr.w r2, [r0, #" #first "]\n"          \
  "ldr.w r3, [r0, #" #second "]\n"         \
  "ldr.w r12, [r1, #" #first "]\n"         \
  "ldr.w lr, [r1, #" #second "]\n"         \
  "smlad r4, r12, r2, r4\n"                \
  "smlad r5, r12, r3, r5\n"                \
  "sxtb16 r12, r12\n"                      \
  "smlad r8, lr, r2, r8\n"                 \
  "smlad r9, lr, r3, r9\n"                 \
  "sxtb16 lr, lr\n"                        \
  "smlad r6, r12, r2, r6\n"                \
  "smlad r7, r12, r3, r7\n"                \
  "smlad r10, lr, r2, r10\n"               \
  "smlad r11, lr, r3, r11\n"

/* Sums of two filters, apart and doubled. */
#define APART(a0, a1, b0, b1)            \
  "sub " #a0 ", " #a0 ", " #b0 "\n"       \
  "sub " #a1 ", " #a1 ", " #b1 "\n"       \
  "asr " #a0 ", " #a0 ", #7\n"            \
  "asr " #a1 ", " #a1 ", #7\n"            \
  "add " #b0 ", " #b0 "\n"                \
  "add " #b1 ", " #b1 "\n"

#define OUTPUT(a, b, at)                 \
  "asr.w " #a ", " #a ", r3\n"            \
  "asr.w " #b ", " #b ", r3\n"            \
  "ssat " #a ", #8, " #a "\n"             \
  "ssat " #b ", #8, " #b "\n"             \
  "strb.w " #a ", [r0, #" #at "]\n"       \
  "strb.w " #b ", [lr, #" #at "]\n"

#define RELU(a, b, at)                   \
  "ldm r1!, {r2, r3, r12}\n"             \
  "smmlar " #a ", " #a ", r2, r12\n"     \
  "smmlar " #b ", " #b ", r2, r12\n"     \
  OUTPUT(a, b, at)

#define LINEAR(a, b, at)                 \
  "ldm r1!, {r2, r3, r12}\n"             \
  "smmulr " #a ", " #a ", r2\n"          \
  "smmulr " #b ", " #b ", r2\n"          \
  "add " #a ", " #a ", " #a ", asr #31\n" \
  "add " #b ", " #b ", " #b ", asr #31\n" \
  "add " #a ", r12\n"                    \
  "add " #b ", r12\n"                    \
  OUTPUT(a, b, at)

/* Stack: 0 rows (moved back by the pairs skipped in the first round), 4 where the first round begins, 8 bytes of pairs
 * skipped, 12 end of the rows, 16 outputs, 24 groups left, 28 finish, 32 sums, 36 blocks left, 40 groups, 44 first group, 48
 * bytes of a block's rows. */
__attribute__((naked)) const int32_t *th_dsp_tile_two(__attribute__((unused)) const th_dsp_tile *tile) {
  __asm__ volatile(
      "push {r4-r11, lr}\n"
      "sub sp, #52\n"
      "ldrd r2, r1, [r0]\n"
      "ldr r3, [r0, #20]\n"
      "lsl r4, r3, #3\n"
      "strd r1, r4, [sp, #44]\n"
      "add r4, r4, r2\n"
      "str r4, [sp, #12]\n"
      "rsb r3, r3, #0\n"
      "and r3, r3, #7\n"
      "lsl r4, r3, #3\n"
      "str r4, [sp, #8]\n"
      "sub r2, r2, r4\n"
      "str r2, [sp]\n"
      "adr r5, 2f\n"
      "mov r4, #56\n"
      "mla r5, r3, r4, r5\n"
      "orr r5, r5, #1\n"
      "str r5, [sp, #4]\n"
      "ldrd r2, r3, [r0, #8]\n"
      "strd r2, r3, [sp, #16]\n"
      "ldrd r2, r3, [r0, #24]\n"
      "strd r2, r3, [sp, #24]\n"
      "ldr r3, [r0, #32]\n"
      "strd r3, r2, [sp, #36]\n"
      "ldr r2, [r0, #16]\n"
      "str r2, [sp, #32]\n"
      "1:\n"
      "ldm r1!, {r4, r6, r8, r10}\n"
      "ldrd r0, r2, [sp]\n"
      "ldr r3, [sp, #8]\n"
      "mov r5, r4\n"
      "mov r7, r6\n"
      "mov r9, r8\n"
      "mov r11, r10\n"
      "sub r1, r1, r3\n"
      "bx r2\n"
      ".p2align 2\n"
      "2:\n"
      PAIR(0, 4) PAIR(8, 12) PAIR(16, 20) PAIR(24, 28) PAIR(32, 36) PAIR(40, 44) PAIR(48, 52) PAIR(56, 60)
      "adds r0, #64\n"
      "ldr r2, [sp, #12]\n"
      "adds r1, #64\n"
      "cmp r0, r2\n"
      "bne 2b\n"
      "ldr r3, [sp, #28]\n"
      "ldrd r0, lr, [sp, #16]\n"
      "cmp r3, #1\n"
      "beq 4f\n"
      "bhi 5f\n"
      APART(r4, r5, r6, r7) APART(r8, r9, r10, r11)
      RELU(r4, r5, 0) RELU(r6, r7, 1) RELU(r8, r9, 2) RELU(r10, r11, 3)
      "3:\n"
      "adds r0, #4\n"
      "add lr, #4\n"
      "ldr r2, [sp, #24]\n"
      "strd r0, lr, [sp, #16]\n"
      "subs r2, #1\n"
      "str r2, [sp, #24]\n"
      "bne 1b\n"
      "ldrd r2, r12, [sp, #36]\n"
      "subs r2, #1\n"
      "beq 6f\n"
      "str r2, [sp, #36]\n"
      "str r12, [sp, #24]\n"
      "add r0, r0, r12, lsl #2\n"
      "add lr, lr, r12, lsl #2\n"
      "strd r0, lr, [sp, #16]\n"
      "ldr r2, [sp]\n"
      "ldr r3, [sp, #12]\n"
      "ldrd r1, r4, [sp, #44]\n"
      "add r2, r4\n"
      "add r3, r4\n"
      "str r2, [sp]\n"
      "str r3, [sp, #12]\n"
      "b 1b\n"
      "6:\n"
      "mov r0, r1\n"
      "add sp, #52\n"
      "pop {r4-r11, pc}\n"
      "4:\n"
      APART(r4, r5, r6, r7) APART(r8, r9, r10, r11)
      LINEAR(r4, r5, 0) LINEAR(r6, r7, 1) LINEAR(r8, r9, 2) LINEAR(r10, r11, 3)
      "b 3b\n"
      "5:\n"
      APART(r4, r5, r6, r7) APART(r8, r9, r10, r11)
      "ldr r2, [sp, #32]\n"
      "stm r2!, {r4-r11}\n"
      "str r2, [sp, #32]\n"
      "adds r1, #48\n"
      "b 3b\n");
}

#else

const int32_t *th_dsp_tile_two(const th_dsp_tile *tile) { return th_dsp_tile_portable(tile, 2); }

#endif
