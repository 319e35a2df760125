/* Depthwise pixels: channels as 16-bit lanes. Products of int8 fit 16 bits, and so do the sums of two or three where the
 * weights are small enough (mve.py looks); then they are widened, even and odd lanes apart. */
#include "kernels/fast/mve/depthwise.h"

enum { LANES = TH_MVE_DEPTHWISE_LANES };

/* constants: as in a packed block. */
static inline __attribute__((always_inline)) int16x8_t finish(int32x4_t even, int32x4_t odd, const int32_t *constants,
                                                              const th_mve_output *to, int16x8_t low, int16x8_t high,
                                                              bool halves_away) {
  even = th_mve_rescale(even, vld1q_s32(constants), vld1q_s32(constants + 8), halves_away);
  odd = th_mve_rescale(odd, vld1q_s32(constants + 4), vld1q_s32(constants + 12), halves_away);
  int16x8_t x = vqmovntq_s32(vqmovnbq_s32(vuninitializedq_s16(), even), odd);
  x = vqaddq_n_s16(x, (int16_t)to->offset);
  return vminq_s16(vmaxq_s16(x, low), high);
}

void th_mve_depthwise_pixel(int8_t *output, const int8_t *const *pixels, int32_t taps, const int8_t *packed,
                            int32_t channels, const th_mve_output *to) {
  const int16x8_t low = vdupq_n_s16((int16_t)to->low), high = vdupq_n_s16((int16_t)to->high);
  for (int32_t channel = 0; channel < channels; channel += LANES) {
    const mve_pred16_t inside = vctp16q((uint32_t)(channels - channel));
    const int8_t *weights = packed + sizeof(int32_t);
    const int32_t *constants = (const int32_t *)(weights + taps * LANES);
    int32x4_t even = vld1q_s32(constants), odd = vld1q_s32(constants + 4);
    for (int32_t tap = 0; tap < taps; ++tap, weights += LANES) {
      const int16x8_t product = vmulq_s16(vldrbq_z_s16(pixels[tap] + channel, inside), vldrbq_s16(weights));
      even = vaddq_s32(even, vmovlbq_s16(product));
      odd = vaddq_s32(odd, vmovltq_s16(product));
    }
    vstrbq_p_s16(output + channel, finish(even, odd, constants + 8, to, low, high, true), inside);
    packed = (const int8_t *)constants + TH_MVE_DEPTHWISE_CONSTANTS;
  }
}

#define TAP(sum, n) \
  "vldrb.s16 q0, [%[p" #n "]]\n" \
  "vldrb.s16 q1, [%[w], #8*" #n "]\n" \
  "vmul.i16 " sum ", q0, q1\n"
#define FIRST(n) TAP("q2", n)
#define MORE(n) TAP("q3", n) "vadd.i16 q2, q2, q3\n"
#define WIDEN \
  "vmovlb.s16 q0, q2\n" \
  "vadd.i32 %q[even], %q[even], q0\n" \
  "vmovlt.s16 q3, q2\n" \
  "vadd.i32 %q[odd], %q[odd], q3\n"

/* Adds three taps. Loads that widen take their address from R0 to R7 only. */
#define ACCUMULATE(code) \
  __asm__(code \
          : [even] "+w"(*even), [odd] "+w"(*odd) \
          : [p0] "l"(pixels[0] + channel), [p1] "l"(pixels[1] + channel), [p2] "l"(pixels[2] + channel), [w] "l"(weights) \
          : "q0", "q1", "q2", "q3", "memory")

static inline __attribute__((always_inline)) void add_3(int32x4_t *even, int32x4_t *odd, const int8_t *const *pixels,
                                                        int32_t channel, const int8_t *weights, int32_t sums) {
  if (sums == 3) {
    ACCUMULATE(FIRST(0) MORE(1) MORE(2) WIDEN);
  } else if (sums == 2) {
    ACCUMULATE(FIRST(0) MORE(1) WIDEN FIRST(2) WIDEN);
  } else {
    ACCUMULATE(FIRST(0) WIDEN FIRST(1) WIDEN FIRST(2) WIDEN);
  }
}

static inline __attribute__((always_inline)) void add_9(int32x4_t *even, int32x4_t *odd, const int8_t *const *pixels,
                                                        int32_t channel, const int8_t *weights, int32_t sums) {
  for (int32_t row = 0; row < 3; ++row) add_3(even, odd, pixels + 3 * row, channel, weights + 3 * row * LANES, sums);
}

static inline __attribute__((always_inline)) const int8_t *blocks_9(int8_t *output, const int8_t *const *pixels,
                                                                    const int8_t *packed, int32_t channels,
                                                                    const th_mve_output *to, bool halves_away) {
  const int16x8_t low = vdupq_n_s16((int16_t)to->low), high = vdupq_n_s16((int16_t)to->high);
  for (int32_t channel = 0; channel < channels; channel += LANES) {
    const int32_t sums = *(const int32_t *)packed;
    const int8_t *weights = packed + sizeof(int32_t);
    const int32_t *constants = (const int32_t *)(weights + 9 * LANES);
    int32x4_t even = vld1q_s32(constants), odd = vld1q_s32(constants + 4);
    if (sums == 3) {
      add_9(&even, &odd, pixels, channel, weights, 3);
    } else if (sums == 2) {
      add_9(&even, &odd, pixels, channel, weights, 2);
    } else {
      add_9(&even, &odd, pixels, channel, weights, 1);
    }
    vstrbq_s16(output + channel, finish(even, odd, constants + 8, to, low, high, halves_away));
    packed = (const int8_t *)constants + TH_MVE_DEPTHWISE_CONSTANTS;
  }
  return packed;
}

void th_mve_depthwise_pixel_9(int8_t *output, const int8_t *const *pixels, const int8_t *packed, int32_t channels,
                              const th_mve_output *to) {
  const int32_t done = channels / LANES * LANES;
  packed = to->halves_away ? blocks_9(output, pixels, packed, done, to, true)
                           : blocks_9(output, pixels, packed, done, to, false);
  if (done == channels) return;
  const int8_t *rest[9];
  for (int32_t tap = 0; tap < 9; ++tap) rest[tap] = pixels[tap] + done;
  th_mve_depthwise_pixel(output + done, rest, 9, packed, channels - done, to);
}
