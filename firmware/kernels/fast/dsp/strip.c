/* 3x3 depthwise outputs, four of a line at a time. On a Cortex-M4 a line of taps takes 6 cycles of loads (9 with stride 2) and
 * 8 of multiplications for 12 products: SMLAD takes two neighbours at once. */
#include "kernels/fast/dsp/strip.h"

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP
#include <assert.h>
#include <stddef.h>

static_assert(offsetof(th_dsp_strip, plane) == 0 && offsetof(th_dsp_strip, constants) == 4 &&
                  offsetof(th_dsp_strip, output) == 8 && offsetof(th_dsp_strip, line_bytes) == 12 &&
                  offsetof(th_dsp_strip, count) == 16 && offsetof(th_dsp_strip, lines) == 20 &&
                  offsetof(th_dsp_strip, output_step) == 24 && offsetof(th_dsp_strip, output_line_bytes) == 28,
              "the assembly below reads them");

/* r5 to r8: four sums; r9: weights 0, 1; r10: weights 1, 2; r11, r12, lr: pairs. */
#define LOAD_LINE(w01, w12)           \
  "ldr.w r9, [r1, #" #w01 "]\n"       \
  "ldr.w r10, [r1, #" #w12 "]\n"      \
  "ldr.w r11, [r0]\n"                 \
  "ldr.w r12, [r0, #16]\n"            \
  "ldr.w lr, [r0, #32]\n"

#define LINE_1                 \
  "smlad r5, r11, r9, r5\n"    \
  "smlatb r6, r11, r9, r6\n"   \
  "smlad r7, r12, r9, r7\n"    \
  "smlatb r8, r12, r9, r8\n"   \
  "smlabt r5, r12, r10, r5\n"  \
  "smlad r6, r12, r10, r6\n"   \
  "smlabt r7, lr, r10, r7\n"   \
  "smlad r8, lr, r10, r8\n"

#define LINE_2                 \
  "smlad r5, r11, r9, r5\n"    \
  "smlad r6, r12, r9, r6\n"    \
  "smlad r7, lr, r9, r7\n"     \
  "smlabt r5, r12, r10, r5\n"  \
  "ldr.w r11, [r0, #48]\n"     \
  "ldr.w r12, [r0, #64]\n"     \
  "smlabt r6, lr, r10, r6\n"   \
  "smlabt r7, r11, r10, r7\n"  \
  "smlad r8, r11, r9, r8\n"    \
  "smlabt r8, r12, r10, r8\n"

/* The first two sums only. */
#define LOAD_TWO_1(w01, w12)    \
  "ldr.w r9, [r1, #" #w01 "]\n"  \
  "ldr.w r10, [r1, #" #w12 "]\n" \
  "ldr.w r11, [r0]\n"           \
  "ldr.w r12, [r0, #16]\n"

#define LINE_TWO_1             \
  "smlad r5, r11, r9, r5\n"    \
  "smlatb r6, r11, r9, r6\n"   \
  "smlabt r5, r12, r10, r5\n"  \
  "smlad r6, r12, r10, r6\n"

#define LOAD_TWO_2(w01, w12) LOAD_LINE(w01, w12)

#define LINE_TWO_2             \
  "smlad r5, r11, r9, r5\n"    \
  "smlad r6, r12, r9, r6\n"    \
  "smlabt r5, r12, r10, r5\n"  \
  "smlabt r6, lr, r10, r6\n"

/* Doubled sums to what the shift in r10 makes outputs of; r9: multiplier, r11: half and zero point. */
#define RELU_TWO                 \
  "smmlar r5, r5, r9, r11\n"     \
  "smmlar r6, r6, r9, r11\n"
#define RELU                     \
  RELU_TWO                       \
  "smmlar r7, r7, r9, r11\n"     \
  "smmlar r8, r8, r9, r11\n"

#define LINEAR_TWO               \
  "smmulr r5, r5, r9\n"          \
  "smmulr r6, r6, r9\n"          \
  "add r5, r5, r5, asr #31\n"    \
  "add r6, r6, r6, asr #31\n"    \
  "add r5, r11\n"                \
  "add r6, r11\n"
#define LINEAR                   \
  LINEAR_TWO                     \
  "smmulr r7, r7, r9\n"          \
  "smmulr r8, r8, r9\n"          \
  "add r7, r7, r7, asr #31\n"    \
  "add r8, r8, r8, asr #31\n"    \
  "add r7, r11\n"                \
  "add r8, r11\n"


/* The last one or two outputs of a line have a path of their own. r0: plane; r1: constants; r2: line_bytes; r3: output; r4: outputs of the line left. Stack: 0 count, 4 plane of the line,
 * 8 output of the line, 12 lines left, 16 bytes between lines of windows, 20 output_line_bytes, 24 output_step. */
#define STRIP(stride, line_shift, advance, finish)    \
  __asm__ volatile(                                   \
      "push {r4-r11, lr}\n"                           \
      "sub sp, #28\n"                                 \
      "ldrd r2, r4, [r0, #12]\n"                      \
      "str r4, [sp]\n"                                \
      "ldr r3, [r0, #8]\n"                            \
      "ldr r5, [r0]\n"                                \
      "strd r5, r3, [sp, #4]\n"                       \
      "ldrd r5, r6, [r0, #20]\n"                      \
      "lsl r7, r2, #" #line_shift "\n"                \
      "strd r5, r7, [sp, #12]\n"                      \
      "ldr r7, [r0, #28]\n"                           \
      "strd r7, r6, [sp, #20]\n"                      \
      "ldr r1, [r0, #4]\n"                            \
      "1:\n"                                          \
      "ldrd r0, r3, [sp, #4]\n"                       \
      "ldr r4, [sp]\n"                                \
      "2:\n"                                          \
      "cmp r4, #2\n"                                  \
      "ble 5f\n"                                      \
      "ldr r5, [r1, #24]\n"                           \
      LOAD_LINE(0, 4)                                 \
      "mov r6, r5\n"                                  \
      "mov r7, r5\n"                                  \
      "mov r8, r5\n"                                  \
      LINE_##stride                                   \
      "add r0, r2\n"                                  \
      LOAD_LINE(8, 12)                                \
      LINE_##stride                                   \
      "add r0, r2\n"                                  \
      LOAD_LINE(16, 20)                               \
      LINE_##stride                                   \
      "sub r0, r0, r2, lsl #1\n"                      \
      "adds r0, #" #advance "\n"                      \
      "ldr.w r9, [r1, #28]\n"                         \
      "ldr.w r10, [r1, #32]\n"                        \
      "ldr.w r11, [r1, #36]\n"                        \
      "ldr.w r12, [sp, #24]\n"                        \
      finish                                          \
      "asr r5, r5, r10\n"                             \
      "asr r6, r6, r10\n"                             \
      "asr r7, r7, r10\n"                             \
      "asr r8, r8, r10\n"                             \
      "ssat r5, #8, r5\n"                             \
      "ssat r6, #8, r6\n"                             \
      "ssat r7, #8, r7\n"                             \
      "ssat r8, #8, r8\n"                             \
      "subs r4, #4\n"                                 \
      "blt 3f\n"                                      \
      "strb r5, [r3]\n"                               \
      "strb r6, [r3, r12]\n"                          \
      "add r3, r3, r12, lsl #1\n"                     \
      "strb r7, [r3]\n"                               \
      "strb r8, [r3, r12]\n"                          \
      "add r3, r3, r12, lsl #1\n"                     \
      "bne 2b\n"                                      \
      "b 4f\n"                                        \
      "3:\n"                                          \
      "strb r5, [r3]\n"                               \
      "strb r6, [r3, r12]\n"                          \
      "strb r7, [r3, r12, lsl #1]\n"                  \
      "b 4f\n"                                        \
      "5:\n"                                          \
      "ldr r5, [r1, #24]\n"                           \
      LOAD_TWO_##stride(0, 4)                         \
      "add r0, r2\n"                                  \
      "mov r6, r5\n"                                  \
      LINE_TWO_##stride                               \
      LOAD_TWO_##stride(8, 12)                        \
      "add r0, r2\n"                                  \
      LINE_TWO_##stride                               \
      LOAD_TWO_##stride(16, 20)                       \
      LINE_TWO_##stride                               \
      "ldr.w r9, [r1, #28]\n"                         \
      "ldr.w r10, [r1, #32]\n"                        \
      "ldr.w r11, [r1, #36]\n"                        \
      "ldr.w r12, [sp, #24]\n"                        \
      finish##_TWO                                    \
      "asr r5, r5, r10\n"                             \
      "asr r6, r6, r10\n"                             \
      "ssat r5, #8, r5\n"                             \
      "ssat r6, #8, r6\n"                             \
      "strb r5, [r3]\n"                               \
      "cmp r4, #2\n"                                  \
      "bne 4f\n"                                      \
      "strb r6, [r3, r12]\n"                          \
      "4:\n"                                          \
      "ldrd r0, r3, [sp, #4]\n"                       \
      "ldrd r5, r6, [sp, #12]\n"                      \
      "ldr r7, [sp, #20]\n"                           \
      "add r0, r6\n"                                  \
      "add r3, r7\n"                                  \
      "subs r5, #1\n"                                 \
      "strd r0, r3, [sp, #4]\n"                       \
      "str r5, [sp, #12]\n"                           \
      "bne 1b\n"                                      \
      "add sp, #28\n"                                 \
      "pop {r4-r11, pc}\n")

#define KERNEL __attribute__((naked)) void
#define STRIP_ARGUMENT __attribute__((unused)) const th_dsp_strip *strip

KERNEL th_dsp_strip_1_relu(STRIP_ARGUMENT) { STRIP(1, 0, 32, RELU); }
KERNEL th_dsp_strip_1_linear(STRIP_ARGUMENT) { STRIP(1, 0, 32, LINEAR); }
KERNEL th_dsp_strip_2_relu(STRIP_ARGUMENT) { STRIP(2, 1, 64, RELU); }
KERNEL th_dsp_strip_2_linear(STRIP_ARGUMENT) { STRIP(2, 1, 64, LINEAR); }

#else

#include "kernels/fast/dsp/requantize.h"

static int32_t activation(const uint32_t *line, int32_t column) {
  const uint32_t pair = line[column / 2 * (TH_DSP_PAIR_BYTES / 4)];
  return column % 2 == 0 ? th_bottom(pair) : th_top(pair);
}

static void strip_portable(const th_dsp_strip *s, int32_t stride, th_dsp_finish finish) {
  const int32_t line_words = s->line_bytes / 4;
  const th_dsp_output to = {.finish = finish};
  for (int32_t y = 0; y < s->lines; ++y) {
    for (int32_t x = 0; x < s->count; ++x) {
      int32_t sum = s->constants[6]; /* doubled, as the weights are */
      for (int32_t tap = 0; tap < 3; ++tap) {
        const uint32_t *line = s->plane + (y * stride + tap) * line_words;
        const uint32_t first = (uint32_t)s->constants[2 * tap], last = (uint32_t)s->constants[2 * tap + 1];
        sum += th_bottom(first) * activation(line, x * stride) + th_top(first) * activation(line, x * stride + 1) +
               th_top(last) * activation(line, x * stride + 2);
      }
      s->output[y * s->output_line_bytes + x * s->output_step] = th_dsp_finished(sum, s->constants + 7, &to);
    }
  }
}

void th_dsp_strip_1_relu(const th_dsp_strip *strip) { strip_portable(strip, 1, TH_DSP_FINISH_RELU); }
void th_dsp_strip_1_linear(const th_dsp_strip *strip) { strip_portable(strip, 1, TH_DSP_FINISH_LINEAR); }
void th_dsp_strip_2_relu(const th_dsp_strip *strip) { strip_portable(strip, 2, TH_DSP_FINISH_RELU); }
void th_dsp_strip_2_linear(const th_dsp_strip *strip) { strip_portable(strip, 2, TH_DSP_FINISH_LINEAR); }

#endif
