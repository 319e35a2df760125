/* Rows of activations times packed filters. Sums of 16 channels of up to 16 pixels are made, then rescaled.
 *
 * Filters of up to 32 weights stay in registers while all pixels pass. Longer ones: 2 x 2 accumulators in core registers, loads
 * and VMLADAVA alternate, so that either's two beats hide the other's (8 multiply-accumulates a cycle). */
#include "kernels/fast/mve/gemm.h"

#include "kernels/fast/mve/finish.h"

enum { PIXELS = TH_MVE_GEMM_PIXELS, CHANNELS = TH_MVE_FINISH_CHANNELS };

/* sums[pixel][16] of groups of four channels, depth at most 16. Writes before `sums`, too, for one pixel. */
/* Not inlined, as the others: GCC has no name for VPR, which calls clobber. */
__attribute__((noinline)) static void multiply_16(int32_t *sums, const int8_t *rows, const int8_t *filters, int32_t depth,
                                                  int32_t quads, int32_t pixels) {
  const int8_t *x;
  int32_t *to;
  __asm__ volatile(
      "vctp.8 %[depth]\n"
      "1:\n"
      "vldrb.u8 q4, [%[w]], #16\n"
      "mov %[x], %[rows]\n"
      "vldrb.u8 q5, [%[w]], #16\n"
      "mov %[to], %[sums]\n"
      "vldrb.u8 q6, [%[w]], #16\n"
      "adds %[sums], %[sums], #16\n"
      "vldrb.u8 q7, [%[w]], #16\n"
      "dls lr, %[pixels]\n"
      "2:\n"
      "vpst\n"
      "vldrbt.u8 q0, [%[x]]\n"
      "vmladav.s8 r0, q0, q4\n"
      "strd r4, r6, [%[to], #-56]\n" /* of the pixel before */
      "vmladav.s8 r2, q0, q5\n"
      "add %[x], %[x], %[depth]\n"
      "vmladav.s8 r4, q0, q6\n"
      "strd r0, r2, [%[to]], #64\n"
      "vmladav.s8 r6, q0, q7\n"
      "le lr, 2b\n"
      "subs %[quads], %[quads], #1\n"
      "strd r4, r6, [%[to], #-56]\n"
      "bne 1b\n"
      : [sums] "+r"(sums), [w] "+r"(filters), [quads] "+r"(quads), [x] "=&r"(x), [to] "=&r"(to)
      : [rows] "r"(rows), [depth] "r"(depth), [pixels] "r"(pixels)
      : "r0", "r2", "r4", "r6", "lr", "q0", "q4", "q5", "q6", "q7", "cc", "memory");
}

/* sums[pixel][16] of pairs of channels, depth 17 to 32. */
__attribute__((noinline)) static void multiply_32(int32_t *sums, const int8_t *rows, const int8_t *filters, int32_t depth,
                                                  int32_t pairs, int32_t pixels) {
  const int8_t *x;
  int32_t *to;
  __asm__ volatile(
      "sub r0, %[depth], #16\n"
      "vctp.8 r0\n"
      "1:\n"
      "vldrb.u8 q4, [%[w]], #16\n"
      "mov %[x], %[rows]\n"
      "vldrb.u8 q5, [%[w]], #16\n"
      "mov %[to], %[sums]\n"
      "vldrb.u8 q6, [%[w]], #16\n"
      "adds %[sums], %[sums], #8\n"
      "vldrb.u8 q7, [%[w]], #16\n"
      "dls lr, %[pixels]\n"
      "2:\n"
      "vldrb.u8 q0, [%[x]]\n"
      "vmladav.s8 r0, q0, q4\n"
      "vpst\n"
      "vldrbt.u8 q1, [%[x], #16]\n"
      "vmladav.s8 r2, q0, q5\n"
      "add %[x], %[x], %[depth]\n"
      "vmladava.s8 r0, q1, q6\n"
      "vmladava.s8 r2, q1, q7\n"
      "strd r0, r2, [%[to]], #64\n"
      "le lr, 2b\n"
      "subs %[pairs], %[pairs], #1\n"
      "bne 1b\n"
      : [sums] "+r"(sums), [w] "+r"(filters), [pairs] "+r"(pairs), [x] "=&r"(x), [to] "=&r"(to)
      : [rows] "r"(rows), [depth] "r"(depth), [pixels] "r"(pixels)
      : "r0", "r2", "lr", "q0", "q1", "q4", "q5", "q6", "q7", "cc", "memory");
}

/* sums[2 pixels][16] of pairs of channels. tail: weights behind the last whole 16 of a row. */
__attribute__((noinline)) static void multiply(int32_t *sums, const int8_t *row0, const int8_t *row1, const int8_t *filters,
                                               int32_t pairs, int32_t whole, int32_t tail) {
  if (tail == 0) {
    __asm__ volatile(
        "vldrb.u8 q1, [%[w]], #16\n"
        "1:\n"
        "movs r0, #0\n"
        "movs r2, #0\n"
        "movs r4, #0\n"
        "movs r6, #0\n"
        "dls lr, %[whole]\n"
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
        "strd r0, r2, [%[sums]], #8\n"
        "subs %[pairs], %[pairs], #1\n"
        "strd r4, r6, [%[sums], #56]\n"
        "bne 1b\n"
        : [x0] "+r"(row0), [x1] "+r"(row1), [w] "+r"(filters), [sums] "+r"(sums), [pairs] "+r"(pairs)
        : [whole] "r"(whole)
        : "r0", "r2", "r4", "r6", "lr", "q0", "q1", "q2", "q3", "cc", "memory");
  } else {
    __asm__ volatile(
        "vctp.8 %[tail]\n"
        "vldrb.u8 q1, [%[w]], #16\n"
        "1:\n"
        "movs r0, #0\n"
        "movs r2, #0\n"
        "movs r4, #0\n"
        "movs r6, #0\n"
        "dls lr, %[whole]\n"
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
        "strd r0, r2, [%[sums]], #8\n"
        "subs %[pairs], %[pairs], #1\n"
        "strd r4, r6, [%[sums], #56]\n"
        "bne 1b\n"
        : [x0] "+r"(row0), [x1] "+r"(row1), [w] "+r"(filters), [sums] "+r"(sums), [pairs] "+r"(pairs)
        : [whole] "r"(whole), [tail] "r"(tail)
        : "r0", "r2", "r4", "r6", "lr", "q0", "q1", "q2", "q3", "cc", "memory");
  }
}

/* sums[pixel][16] of `channels` channels, at most 16. */
static void multiply_pixels(int32_t *sums, const int8_t *rows, const int8_t *filters, int32_t depth, int32_t channels,
                            int32_t pixels) {
  if (depth <= 16) {
    multiply_16(sums, rows, filters, depth, (channels + 3) / 4, pixels);
  } else if (depth <= 32) {
    multiply_32(sums, rows, filters, depth, (channels + 1) / 2, pixels);
  } else {
    for (int32_t left = pixels; left > 0; left -= 2, rows += 2 * depth, sums += 2 * CHANNELS) {
      multiply(sums, rows, left > 1 ? rows + depth : rows, filters, (channels + 1) / 2, depth / 16, depth % 16);
    }
  }
}

void th_mve_gemm_pixels(const th_mve_gemm *g, const int8_t *rows, int8_t *output, int32_t pixels) {
  int32_t room[(1 + PIXELS) * CHANNELS];
  const int32_t chunks = (g->depth + 15) / 16;
  th_mve_finish job = {
      .sums = room + CHANNELS,
      .output_pixel = g->channels,
      .lines = 1,
      .constant_bytes = th_mve_quads(g->channels) * 4,
      .to = &g->output,
  };
  for (; pixels > 0; pixels -= PIXELS, rows += PIXELS * g->depth, output += PIXELS * g->channels) {
    job.pixels = pixels < PIXELS ? pixels : PIXELS;
    const int8_t *filters = g->filters;
    for (int32_t channel = 0; channel < g->channels; channel += CHANNELS, filters += CHANNELS * chunks * 16) {
      job.channels = g->channels - channel < CHANNELS ? g->channels - channel : CHANNELS;
      job.output = output + channel;
      job.constants = g->constants + channel;
      multiply_pixels(room + CHANNELS, rows, filters, g->depth, job.channels, job.pixels);
      th_mve_finish_channels(&job);
    }
  }
}
