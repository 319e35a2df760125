/* Depthwise pixels: channels as lanes. Products of int8 fit 16 bits, and so do the sums of two or three where the weights
 * are small enough (mve.py looks). Sums go to memory, from where loads widen them. */
#include "kernels/fast/mve/depthwise.h"

enum { LANES = TH_MVE_DEPTHWISE_LANES, HALF = 8, HALF_CONSTANTS = 24 };

/* constants: multipliers and shifts of a half block. */
static inline __attribute__((always_inline)) int16x8_t finish(int32x4_t even, int32x4_t odd, const int32_t *constants,
                                                              const th_mve_output *to, bool halves_away) {
  even = th_mve_rescale(even, vld1q_s32(constants), vld1q_s32(constants + 8), halves_away);
  odd = th_mve_rescale(odd, vld1q_s32(constants + 4), vld1q_s32(constants + 12), halves_away);
  int16x8_t x = vqmovntq_s32(vqmovnbq_s32(vuninitializedq_s16(), even), odd);
  x = vqaddq_n_s16(x, (int16_t)to->offset);
  return vminq_s16(vmaxq_s16(x, vdupq_n_s16((int16_t)to->low)), vdupq_n_s16((int16_t)to->high));
}

void th_mve_depthwise_pixel(int8_t *output, const int8_t *const *pixels, int32_t taps, const int8_t *packed,
                            int32_t channels, const th_mve_output *to) {
  for (int32_t channel = 0; channel < channels; channel += HALF) {
    const mve_pred16_t inside = vctp16q((uint32_t)(channels - channel));
    const int32_t half = channel % LANES / HALF;
    const int8_t *weights = packed + sizeof(int32_t);
    const int8_t *rest = weights + taps * LANES;
    const int32_t *constants = (const int32_t *)rest + half * HALF_CONSTANTS;
    int32x4_t even = vld1q_s32(constants), odd = vld1q_s32(constants + 4);
    weights += half * HALF;
    for (int32_t tap = 0; tap < taps; ++tap, weights += LANES) {
      const int16x8_t product = vmulq_s16(vldrbq_z_s16(pixels[tap] + channel, inside), vldrbq_s16(weights));
      even = vaddq_s32(even, vmovlbq_s16(product));
      odd = vaddq_s32(odd, vmovltq_s16(product));
    }
    vstrbq_p_s16(output + channel, finish(even, odd, constants + 8, to, true), inside);
    if (half == 1) packed = rest + TH_MVE_DEPTHWISE_CONSTANTS;
  }
}

#define LOAD(q, n) "vpst\nvldrbt.u8 " q ", [%[p" #n "]], #16\n"
#define WEIGHTS(q) "vldrb.u8 " q ", [%[w]], #16\n"
/* The base is 128 bytes into the sums: offsets reach 254 to either side. */
#define STORE(q, n) "vstrh.16 " q ", [%[sums], #16*(" #n ")-128]\n"

/* Three taps a, b, c into one sum of even and one of odd channels, the n-th and the one behind it. */
#define ROW_3(a, b, c, n) \
  LOAD("q0", a) WEIGHTS("q1") "vmullb.s8 q2, q0, q1\n" LOAD("q4", b) "vmullt.s8 q3, q0, q1\n" WEIGHTS("q5") \
  "vmullb.s8 q6, q4, q5\n" LOAD("q0", c) "vmullt.s8 q7, q4, q5\n" WEIGHTS("q1") "vadd.i16 q2, q2, q6\n" \
  "vmullb.s8 q6, q0, q1\n" "vadd.i16 q3, q3, q7\n" "vmullt.s8 q7, q0, q1\n" "vadd.i16 q2, q2, q6\n" STORE("q2", n) \
  "vadd.i16 q3, q3, q7\n" STORE("q3", n + 1)
/* a and b into one sum, c into the next. */
#define ROW_2(a, b, c, n) \
  LOAD("q0", a) WEIGHTS("q1") "vmullb.s8 q2, q0, q1\n" LOAD("q4", b) "vmullt.s8 q3, q0, q1\n" WEIGHTS("q5") \
  "vmullb.s8 q6, q4, q5\n" LOAD("q0", c) "vmullt.s8 q7, q4, q5\n" WEIGHTS("q1") "vadd.i16 q2, q2, q6\n" STORE("q2", n) \
  "vmullb.s8 q6, q0, q1\n" "vadd.i16 q3, q3, q7\n" STORE("q3", n + 1) "vmullt.s8 q7, q0, q1\n" STORE("q6", n + 2) \
  STORE("q7", n + 3)
#define ROW_1(a, b, c, n) \
  LOAD("q0", a) WEIGHTS("q1") "vmullb.s8 q2, q0, q1\n" LOAD("q4", b) "vmullt.s8 q3, q0, q1\n" WEIGHTS("q5") STORE("q2", n) \
  "vmullb.s8 q6, q4, q5\n" STORE("q3", n + 1) LOAD("q0", c) "vmullt.s8 q7, q4, q5\n" WEIGHTS("q1") STORE("q6", n + 2) \
  "vmullb.s8 q2, q0, q1\n" STORE("q7", n + 3) "vmullt.s8 q3, q0, q1\n" STORE("q2", n + 4) STORE("q3", n + 5)

/* Loads of pixels are predicated; VPR, which GCC has no name for, is put back. */
#define ACCUMULATE(code) \
  __asm__ volatile("vmrs %[vpr], p0\n" "vctp.8 %[left]\n" code "vmsr p0, %[vpr]\n" \
                   : [vpr] "=&r"(vpr), [w] "+r"(weights), [p0] "+r"(p0), [p1] "+r"(p1), [p2] "+r"(p2), [p3] "+r"(p3), \
                     [p4] "+r"(p4), [p5] "+r"(p5), [p6] "+r"(p6), [p7] "+r"(p7), [p8] "+r"(p8) \
                   : [sums] "r"(sums + 64), [left] "r"(left) \
                   : "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "memory")

/* groups: pairs of 16-bit sums that make an accumulator. */
static inline __attribute__((always_inline)) void finish_block(int8_t *output, const int16_t *sums, int32_t groups,
                                                               const int32_t *constants, int32_t left,
                                                               const th_mve_output *to, bool halves_away) {
  for (int32_t half = 0; half < 2 && left > 0; ++half, left -= HALF) {
    int32x4_t even = vld1q_s32(constants), odd = vld1q_s32(constants + 4);
    for (int32_t group = 0; group < groups; ++group) {
      even = vaddq_s32(even, vldrhq_s32(sums + group * LANES));
      odd = vaddq_s32(odd, vldrhq_s32(sums + group * LANES + HALF));
    }
    vstrbq_p_s16(output, finish(even, odd, constants + 8, to, halves_away), vctp16q((uint32_t)left));
    sums += 4, constants += HALF_CONSTANTS, output += HALF;
  }
}

static inline __attribute__((always_inline)) void blocks_9(int8_t *output, const int8_t *const *pixels,
                                                           const int8_t *packed, int32_t channels,
                                                           const th_mve_output *to, bool halves_away) {
  int16_t sums[9 * LANES];
  const int8_t *p0 = pixels[0], *p1 = pixels[1], *p2 = pixels[2], *p3 = pixels[3], *p4 = pixels[4], *p5 = pixels[5],
               *p6 = pixels[6], *p7 = pixels[7], *p8 = pixels[8];
  for (int32_t left = channels; left > 0; left -= LANES, output += LANES) {
    const int32_t products = *(const int32_t *)packed;
    const int8_t *weights = packed + sizeof(int32_t);
    uint32_t vpr;
    if (products == 3) {
      ACCUMULATE(ROW_3(0, 1, 2, 0) ROW_3(3, 4, 5, 2) ROW_3(6, 7, 8, 4));
      finish_block(output, sums, 3, (const int32_t *)weights, left, to, halves_away);
    } else if (products == 2) {
      ACCUMULATE(ROW_2(0, 1, 2, 0) ROW_2(3, 4, 5, 4) ROW_2(6, 7, 8, 8));
      finish_block(output, sums, 6, (const int32_t *)weights, left, to, halves_away);
    } else {
      ACCUMULATE(ROW_1(0, 1, 2, 0) ROW_1(3, 4, 5, 6) ROW_1(6, 7, 8, 12));
      finish_block(output, sums, 9, (const int32_t *)weights, left, to, halves_away);
    }
    packed = weights + TH_MVE_DEPTHWISE_CONSTANTS;
  }
}

void th_mve_depthwise_pixel_9(int8_t *output, const int8_t *const *pixels, const int8_t *packed, int32_t channels,
                              const th_mve_output *to) {
  if (to->halves_away) {
    blocks_9(output, pixels, packed, channels, to, true);
  } else {
    blocks_9(output, pixels, packed, channels, to, false);
  }
}
