/* AVERAGE_POOL_2D and MAX_POOL_2D, int8: 16 channels at a time. */
#include "kernels/fast/mve/mve.h"
#include "kernels/fast/mve/requantize.h"
#include "kernels/params.h"
#include "kernels/reference/reference.h"

/* The part of a window that lies inside the input. */
typedef struct {
  const int8_t *first;
  int32_t lines, columns;
  int32_t line_bytes, depth;
} window;

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

static int8x16_t average(const window *w, mve_pred16_t inside) {
  int16x8_t even = vdupq_n_s16(0), odd = vdupq_n_s16(0);
  const int8_t *line = w->first;
  for (int32_t y = 0; y < w->lines; ++y, line += w->line_bytes) {
    const int8_t *pixel = line;
    for (int32_t x = 0; x < w->columns; ++x, pixel += w->depth) {
      const int8x16_t values = vldrbq_z_s8(pixel, inside);
      even = vaddq_s16(even, vmovlbq_s8(values));
      odd = vaddq_s16(odd, vmovltq_s8(values));
    }
  }
  const int32_t count = w->lines * w->columns;
  if (count == 1) return vqmovntq_s16(vqmovnbq_s16(vuninitializedq_s8(), even), odd);
  const uint32_t factor = UINT32_MAX / (uint32_t)count + 1;
  even = mean_of(even, count / 2, factor);
  odd = mean_of(odd, count / 2, factor);
  return vqmovntq_s16(vqmovnbq_s16(vuninitializedq_s8(), even), odd);
}

static int8x16_t largest(const window *w, mve_pred16_t inside) {
  int8x16_t found = vdupq_n_s8(INT8_MIN);
  const int8_t *line = w->first;
  for (int32_t y = 0; y < w->lines; ++y, line += w->line_bytes) {
    const int8_t *pixel = line;
    for (int32_t x = 0; x < w->columns; ++x, pixel += w->depth) found = vmaxq_s8(found, vldrbq_z_s8(pixel, inside));
  }
  return found;
}

static inline __attribute__((always_inline)) void pool(const th_pool_2d_params *p, void *const *operands,
                                                       int8x16_t (*reduce)(const window *, mve_pred16_t)) {
  int8_t *output = operands[0];
  const int8_t *input = operands[1];
  const int8x16_t low = vdupq_n_s8((int8_t)p->activation_min), high = vdupq_n_s8((int8_t)p->activation_max);
  window w = {.line_bytes = p->input_width * p->depth, .depth = p->depth};
  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->input_height * w.line_bytes) {
    for (int32_t out_y = 0; out_y < p->output_height; ++out_y) {
      const int32_t y = out_y * p->stride_height - p->pad_top;
      const th_taps lines = th_taps_inside(y, 1, p->filter_height, p->input_height);
      w.lines = lines.end - lines.first;
      for (int32_t out_x = 0; out_x < p->output_width; ++out_x) {
        const int32_t x = out_x * p->stride_width - p->pad_left;
        const th_taps columns = th_taps_inside(x, 1, p->filter_width, p->input_width);
        w.columns = columns.end - columns.first;
        w.first = input + (y + lines.first) * w.line_bytes + (x + columns.first) * p->depth;
        for (int32_t left = p->depth; left > 0; left -= 16, w.first += 16) {
          const mve_pred16_t inside = vctp8q((uint32_t)left);
          vstrbq_p_s8(output, vminq_s8(vmaxq_s8(reduce(&w, inside), low), high), inside);
          output += left < 16 ? left : 16;
        }
      }
    }
  }
}

/* operands: output [batches, output_height, output_width, depth], input [batches, input_height, input_width, depth]; windows of
 * at most TH_MVE_POOL_MOST elements, so that sums fit 16 bits. */
void th_mve_average_pool_2d_s8(const void *params, void *const *operands) { pool(params, operands, average); }

/* operands: as th_mve_average_pool_2d_s8, windows of any size. */
void th_mve_max_pool_2d_s8(const void *params, void *const *operands) { pool(params, operands, largest); }
