/* AVERAGE_POOL_2D and MAX_POOL_2D, int8: four channels at a time. */
#include "kernels/fast/dsp/dsp.h"
#include "kernels/fast/dsp/simd.h"
#include "kernels/fast/pool_windows.h"

/* Sums of a line, four channels of it: 0 and 2 in even, 1 and 3 in odd; at most 255 pixels stay inside of halves. */
static void add_line(const int8_t *pixel, int32_t step, int32_t columns, int32_t *restrict to) {
  while (columns > 0) {
    const int32_t some = columns < 255 ? columns : 255;
    uint32_t even = 0, odd = 0;
    for (int32_t i = 0; i < some; ++i, pixel += step) {
      const uint32_t bytes = th_load_4(pixel);
      even = th_sxtab16(even, bytes);
      odd = th_sxtab16_odd(odd, bytes);
    }
    to[0] += (int16_t)(even & 0xFFFFu);
    to[1] += (int16_t)(odd & 0xFFFFu);
    to[2] += (int16_t)(even >> 16);
    to[3] += (int16_t)(odd >> 16);
    columns -= some;
  }
}

static void average(const th_pool_2d_params *p, const th_pool_window *at, int8_t *output) {
  const int32_t count = at->lines * at->columns;
  int32_t channel = 0;
  for (; channel + 4 <= p->depth; channel += 4) {
    int32_t sums[4] = {0};
    const int8_t *line = at->first + channel;
    for (int32_t y = 0; y < at->lines; ++y, line += at->line_bytes) add_line(line, at->column_bytes, at->columns, sums);
    for (int32_t i = 0; i < 4; ++i) {
      output[channel + i] = (int8_t)th_clamp(th_rounded_quotient(sums[i], count), p->activation_min, p->activation_max);
    }
  }
  for (; channel < p->depth; ++channel) {
    int32_t sum = 0;
    const int8_t *line = at->first + channel;
    for (int32_t y = 0; y < at->lines; ++y, line += at->line_bytes) {
      for (int32_t x = 0; x < at->columns; ++x) sum += line[x * at->column_bytes];
    }
    output[channel] = (int8_t)th_clamp(th_rounded_quotient(sum, count), p->activation_min, p->activation_max);
  }
}

static void maximum(const th_pool_2d_params *p, const th_pool_window *at, int8_t *output) {
  int32_t channel = 0;
  for (; channel + 4 <= p->depth; channel += 4) {
    uint32_t largest = 0x80808080u;
    const int8_t *line = at->first + channel;
    for (int32_t y = 0; y < at->lines; ++y, line += at->line_bytes) {
      const int8_t *pixel = line;
      for (int32_t x = 0; x < at->columns; ++x, pixel += at->column_bytes) largest = th_max_bytes(largest, th_load_4(pixel));
    }
    for (int32_t i = 0; i < 4; ++i) {
      output[channel + i] = (int8_t)th_clamp((int8_t)(largest >> (8 * i) & 0xFFu), p->activation_min, p->activation_max);
    }
  }
  for (; channel < p->depth; ++channel) {
    int32_t largest = INT8_MIN;
    const int8_t *line = at->first + channel;
    for (int32_t y = 0; y < at->lines; ++y, line += at->line_bytes) {
      for (int32_t x = 0; x < at->columns; ++x) {
        if (line[x * at->column_bytes] > largest) largest = line[x * at->column_bytes];
      }
    }
    output[channel] = (int8_t)th_clamp(largest, p->activation_min, p->activation_max);
  }
}

/* operands: see pool_windows.h. */
void th_dsp_average_pool_2d_s8(const void *params, void *const *operands) { th_for_each_pool_window(params, operands, average); }

void th_dsp_max_pool_2d_s8(const void *params, void *const *operands) { th_for_each_pool_window(params, operands, maximum); }
