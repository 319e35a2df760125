/* AVERAGE_POOL_2D and MAX_POOL_2D, int8: 16 channels at a time. */
#include <arm_mve.h>

#include "kernels/fast/mve/mve.h"
#include "kernels/fast/pool_windows.h"

/* factor: 2^32 / count, rounded up; half: of the count. (|sum| + half) * factor / 2^32 is the quotient for sums of 16 bits. */
static inline int32x4_t quotient(int32x4_t sum, int32_t half, uint32_t factor) {
  const uint32x4_t size = vaddq_n_u32(vreinterpretq_u32_s32(vabsq_s32(sum)), (uint32_t)half);
  const int32x4_t mean = vreinterpretq_s32_u32(vmulhq_u32(size, vdupq_n_u32(factor)));
  return vnegq_m_s32(mean, mean, vcmpltq_n_s32(sum, 0));
}

static inline int16x8_t mean_of(int16x8_t sum, int32_t half, uint32_t factor) {
  const int32x4_t even = quotient(vmovlbq_s16(sum), half, factor), odd = quotient(vmovltq_s16(sum), half, factor);
  return vqmovntq_s32(vqmovnbq_s32(vuninitializedq_s16(), even), odd);
}

/* Both: of 16 channels from `first` on, those of them that are `inside`. */
static inline int8x16_t average_of(const th_pool_window *at, const int8_t *first, mve_pred16_t inside) {
  int16x8_t even = vdupq_n_s16(0), odd = vdupq_n_s16(0);
  for (int32_t y = 0; y < at->lines; ++y, first += at->line_bytes) {
    const int8_t *pixel = first;
    for (int32_t x = 0; x < at->columns; ++x, pixel += at->column_bytes) {
      const int8x16_t values = vldrbq_z_s8(pixel, inside);
      even = vaddq_s16(even, vmovlbq_s8(values));
      odd = vaddq_s16(odd, vmovltq_s8(values));
    }
  }
  const int32_t count = at->lines * at->columns;
  if (count > 1) { /* the factor for 1 takes 33 bits */
    const uint32_t factor = UINT32_MAX / (uint32_t)count + 1;
    even = mean_of(even, count / 2, factor);
    odd = mean_of(odd, count / 2, factor);
  }
  return vqmovntq_s16(vqmovnbq_s16(vuninitializedq_s8(), even), odd);
}

static inline int8x16_t largest_of(const th_pool_window *at, const int8_t *first, mve_pred16_t inside) {
  int8x16_t found = vdupq_n_s8(INT8_MIN);
  for (int32_t y = 0; y < at->lines; ++y, first += at->line_bytes) {
    const int8_t *pixel = first;
    for (int32_t x = 0; x < at->columns; ++x, pixel += at->column_bytes) {
      found = vmaxq_s8(found, vldrbq_z_s8(pixel, inside));
    }
  }
  return found;
}

static inline __attribute__((always_inline)) void all_channels(
    const th_pool_2d_params *p, const th_pool_window *at, int8_t *output,
    int8x16_t (*reduce)(const th_pool_window *, const int8_t *, mve_pred16_t)) {
  const int8x16_t low = vdupq_n_s8((int8_t)p->activation_min), high = vdupq_n_s8((int8_t)p->activation_max);
  for (int32_t channel = 0; channel < p->depth; channel += 16) {
    const mve_pred16_t inside = vctp8q((uint32_t)(p->depth - channel));
    const int8x16_t found = reduce(at, at->first + channel, inside);
    vstrbq_p_s8(output + channel, vminq_s8(vmaxq_s8(found, low), high), inside);
  }
}

static void average(const th_pool_2d_params *p, const th_pool_window *at, int8_t *output) {
  all_channels(p, at, output, average_of);
}

static void maximum(const th_pool_2d_params *p, const th_pool_window *at, int8_t *output) {
  all_channels(p, at, output, largest_of);
}

/* operands: see pool_windows.h; windows of at most TH_MVE_POOL_MOST elements, so that sums fit 16 bits. */
void th_mve_average_pool_2d_s8(const void *params, void *const *operands) { th_for_each_pool_window(params, operands, average); }

/* operands: see pool_windows.h; windows of any size. */
void th_mve_max_pool_2d_s8(const void *params, void *const *operands) { th_for_each_pool_window(params, operands, maximum); }
