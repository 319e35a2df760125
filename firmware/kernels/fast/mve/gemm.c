/* Two rows of activations times packed filters: 2 x 2 accumulators in core registers, loads and VMLADAVA alternate, so that
 * either's two beats hide the other's (8 multiply-accumulates a cycle). */
#include "kernels/fast/mve/gemm.h"

enum { BLOCK = 32 }; /* channels whose accumulators wait for requantisation at a time */

/* acc[pixel * BLOCK + channel] = bias + row of the pixel * filter of the channel, for `pairs` pairs of channels. Returns
 * the first filter behind them. tail: weights behind the last whole 16 of a row. */
/* Not inlined: GCC has no name for VPR, which calls clobber. */
__attribute__((noinline)) static const int8_t *multiply(int32_t *acc, const int8_t *row0, const int8_t *row1, const int8_t *filters, const int32_t *biases,
                                                       int32_t pairs, int32_t whole, int32_t tail) {
  if (tail == 0) {
    __asm__ volatile(
        "vldrb.u8 q1, [%[w]], #16\n"
        "1:\n"
        "ldrd r0, r2, [%[bias]], #8\n"
        "dls lr, %[whole]\n"
        "mov r4, r0\n"
        "mov r6, r2\n"
        "2:\n"
        "vldrb.u8 q0, [%[x0]], #16\n"
        "vmladava.s8 r0, q0, q1\n"
        "vldrb.u8 q2, [%[x1]], #16\n"
        "vmladava.s8 r4, q2, q1\n"
        "vldrb.u8 q3, [%[w]], #16\n"
        "vmladava.s8 r2, q0, q3\n"
        "vldrb.u8 q1, [%[w]], #16\n"
        "vmladava.s8 r6, q2, q3\n"
        "le lr, 2b\n"
        "sub %[x0], %[x0], %[whole], lsl #4\n"
        "sub %[x1], %[x1], %[whole], lsl #4\n"
        "strd r0, r2, [%[acc]], #8\n"
        "subs %[pairs], %[pairs], #1\n"
        "strd r4, r6, [%[acc], #120]\n"
        "bne 1b\n"
        : [x0] "+r"(row0), [x1] "+r"(row1), [w] "+r"(filters), [bias] "+r"(biases), [acc] "+r"(acc), [pairs] "+r"(pairs)
        : [whole] "r"(whole)
        : "r0", "r2", "r4", "r6", "lr", "q0", "q1", "q2", "q3", "cc", "memory");
  } else {
    __asm__ volatile(
        "vctp.8 %[tail]\n"
        "vldrb.u8 q1, [%[w]], #16\n"
        "1:\n"
        "ldrd r0, r2, [%[bias]], #8\n"
        "mov r4, r0\n"
        "mov r6, r2\n"
        "wls lr, %[whole], 3f\n"
        "2:\n"
        "vldrb.u8 q0, [%[x0]], #16\n"
        "vmladava.s8 r0, q0, q1\n"
        "vldrb.u8 q2, [%[x1]], #16\n"
        "vmladava.s8 r4, q2, q1\n"
        "vldrb.u8 q3, [%[w]], #16\n"
        "vmladava.s8 r2, q0, q3\n"
        "vldrb.u8 q1, [%[w]], #16\n"
        "vmladava.s8 r6, q2, q3\n"
        "le lr, 2b\n"
        "3:\n"
        "vpst\n"
        "vldrbt.u8 q0, [%[x0]]\n"
        "vmladava.s8 r0, q0, q1\n"
        "vpst\n"
        "vldrbt.u8 q2, [%[x1]]\n"
        "vmladava.s8 r4, q2, q1\n"
        "vldrb.u8 q3, [%[w]], #16\n"
        "vmladava.s8 r2, q0, q3\n"
        "vldrb.u8 q1, [%[w]], #16\n"
        "vmladava.s8 r6, q2, q3\n"
        "sub %[x0], %[x0], %[whole], lsl #4\n"
        "sub %[x1], %[x1], %[whole], lsl #4\n"
        "strd r0, r2, [%[acc]], #8\n"
        "subs %[pairs], %[pairs], #1\n"
        "strd r4, r6, [%[acc], #120]\n"
        "bne 1b\n"
        : [x0] "+r"(row0), [x1] "+r"(row1), [w] "+r"(filters), [bias] "+r"(biases), [acc] "+r"(acc), [pairs] "+r"(pairs)
        : [whole] "r"(whole), [tail] "r"(tail)
        : "r0", "r2", "r4", "r6", "lr", "q0", "q1", "q2", "q3", "cc", "memory");
  }
  return filters - 16; /* the next pair's first weights were loaded already */
}

void th_mve_gemm_pixels(const th_mve_gemm *g, const int8_t *row0, const int8_t *row1, int8_t *output, int32_t pixels) {
  int32_t acc[2 * BLOCK];
  const int32_t quads = th_mve_quads(g->channels);
  const int32_t *constants = g->constants;
  const int8_t *filters = g->filters;
  for (int32_t left = g->channels; left > 0; left -= BLOCK) {
    const int32_t channels = left < BLOCK ? left : BLOCK;
    filters = multiply(acc, row0, row1, filters, constants, (channels + 1) / 2, g->depth / 16, g->depth % 16);
    th_mve_requantize(output, g->channels, acc, BLOCK, constants + quads, constants + 2 * quads, channels, pixels,
                      &g->output);
    constants += BLOCK;
    output += BLOCK;
  }
}
