/* One row times packed groups: 4 filters, 16 multiply-accumulates for each two pairs of the row. On a Cortex-M4 they take 7
 * cycles of loads, 8 of SMLAD, 4 of unpacking. */
#include "kernels/fast/dsp/tile.h"

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP
#include <assert.h>
#include <stddef.h>

static_assert(offsetof(th_dsp_tile, rows) == 0 && offsetof(th_dsp_tile, group) == 4 && offsetof(th_dsp_tile, output0) == 8 &&
                  offsetof(th_dsp_tile, sums) == 16 && offsetof(th_dsp_tile, pairs) == 20 &&
                  offsetof(th_dsp_tile, groups) == 24 && offsetof(th_dsp_tile, finish) == 28,
              "the assembly below reads them");

/* r4: filters 0, 1 as one; r6: filter 1; r8: filters 2, 3 as one; r10: filter 3. 72 bytes. */
#define TWO_PAIRS(x0, x1, w0, w1, w2, w3) \
  "ldr.w r2, [r0, #" #x0 "]\n"            \
  "ldr.w r3, [r0, #" #x1 "]\n"            \
  "ldr.w r5, [r1, #" #w0 "]\n"            \
  "ldr.w r7, [r1, #" #w1 "]\n"            \
  "ldr.w r9, [r1, #" #w2 "]\n"            \
  "ldr.w r11, [r1, #" #w3 "]\n"           \
  "smlad r4, r5, r2, r4\n"                \
  "sxtb16 r5, r5\n"                       \
  "smlad r8, r7, r2, r8\n"                \
  "sxtb16 r7, r7\n"                       \
  "smlad r6, r5, r2, r6\n"                \
  "smlad r10, r7, r2, r10\n"              \
  "smlad r4, r9, r3, r4\n"                \
  "sxtb16 r9, r9\n"                       \
  "smlad r8, r11, r3, r8\n"               \
  "sxtb16 r11, r11\n"                     \
  "smlad r6, r9, r3, r6\n"                \
  "smlad r10, r11, r3, r10\n"

/* Sums of two filters, apart and doubled. */
#define APART(a, b)                    \
  "sub " #a ", " #a ", " #b "\n"        \
  "asr " #a ", " #a ", #7\n"            \
  "add " #b ", " #b "\n"

#define OUTPUT(a, at)                  \
  "asr.w " #a ", " #a ", r3\n"          \
  "ssat " #a ", #8, " #a "\n"           \
  "strb.w " #a ", [r0, #" #at "]\n"

#define RELU(a, at)                    \
  "ldm r1!, {r2, r3, r5}\n"            \
  "smmlar " #a ", " #a ", r2, r5\n"    \
  OUTPUT(a, at)

#define LINEAR(a, at)                  \
  "ldm r1!, {r2, r3, r5}\n"            \
  "smmulr " #a ", " #a ", r2\n"        \
  "add " #a ", " #a ", " #a ", asr #31\n" \
  "add " #a ", r5\n"                   \
  OUTPUT(a, at)

/* r12: end of the row; lr: where the first round begins. Stack: 0 row (moved back by the pairs skipped in the first round),
 * 4 bytes of weights skipped, 8 output, 12 groups left, 16 finish, 20 sums. */
__attribute__((naked)) const int32_t *th_dsp_tile_one(__attribute__((unused)) const th_dsp_tile *tile) {
  __asm__ volatile(
      "push {r4-r11, lr}\n"
      "sub sp, #28\n"
      "ldrd r2, r1, [r0]\n"
      "ldr r3, [r0, #20]\n"
      "add r12, r2, r3, lsl #2\n"
      "rsb r3, r3, #0\n"
      "and r3, r3, #7\n"
      "sub r2, r2, r3, lsl #2\n"
      "lsl r4, r3, #3\n"
      "strd r2, r4, [sp]\n"
      "adr lr, 2f\n"
      "mov r4, #36\n"
      "mla lr, r3, r4, lr\n"
      "orr lr, lr, #1\n"
      "ldr r2, [r0, #8]\n"
      "str r2, [sp, #8]\n"
      "ldrd r2, r3, [r0, #24]\n"
      "strd r2, r3, [sp, #12]\n"
      "ldr r2, [r0, #16]\n"
      "str r2, [sp, #20]\n"
      "1:\n"
      "ldm r1!, {r4, r6, r8, r10}\n"
      "ldrd r0, r3, [sp]\n"
      "sub r1, r1, r3\n"
      "bx lr\n"
      ".p2align 2\n"
      "2:\n"
      TWO_PAIRS(0, 4, 0, 4, 8, 12) TWO_PAIRS(8, 12, 16, 20, 24, 28)
      TWO_PAIRS(16, 20, 32, 36, 40, 44) TWO_PAIRS(24, 28, 48, 52, 56, 60)
      "adds r0, #32\n"
      "adds r1, #64\n"
      "cmp r0, r12\n"
      "bne 2b\n"
      "ldr r3, [sp, #16]\n"
      "ldr r0, [sp, #8]\n"
      APART(r4, r6) APART(r8, r10)
      "cmp r3, #1\n"
      "beq 4f\n"
      "bhi 5f\n"
      RELU(r4, 0) RELU(r6, 1) RELU(r8, 2) RELU(r10, 3)
      "3:\n"
      "adds r0, #4\n"
      "ldr r2, [sp, #12]\n"
      "str r0, [sp, #8]\n"
      "subs r2, #1\n"
      "str r2, [sp, #12]\n"
      "bne 1b\n"
      "mov r0, r1\n"
      "add sp, #28\n"
      "pop {r4-r11, pc}\n"
      "4:\n"
      LINEAR(r4, 0) LINEAR(r6, 1) LINEAR(r8, 2) LINEAR(r10, 3)
      "b 3b\n"
      "5:\n"
      "ldr r2, [sp, #20]\n"
      "str r4, [r2]\n"
      "str r6, [r2, #4]\n"
      "str r8, [r2, #8]\n"
      "str r10, [r2, #12]\n"
      "adds r2, #16\n"
      "str r2, [sp, #20]\n"
      "adds r1, #48\n"
      "b 3b\n");
}

#else

const int32_t *th_dsp_tile_one(const th_dsp_tile *tile) { return th_dsp_tile_portable(tile, 1); }

#endif
