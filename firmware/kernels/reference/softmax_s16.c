/* SOFTMAX over the last dimension, int16 -> int16 (zero point 0, scale 2^-15). */
#include "kernels/fixed_point.h"
#include "kernels/params.h"
#include "kernels/reference/reference.h"

/* A table of 512 steps over [-2^15, 2^15), linearly interpolated; table: 513 entries. */
static int32_t interpolated(const int16_t *table, int32_t x) {
  const int32_t index = 256 + (x >> 7);
  const int32_t slope = (int16_t)(table[index + 1] - table[index]);
  return table[index] + ((slope * (x & 127) + 64) >> 7);
}

/* exp of an element's difference to the row's maximum, Q0.15. */
static int32_t exponential(const th_softmax_s16_params *p, const int16_t *exp_table, int32_t difference) {
  const int32_t scaled = th_requantize(difference, p->input_multiplier, p->input_shift);
  return interpolated(exp_table, th_clamp(th_wrapping_add(scaled, INT16_MAX), INT16_MIN, INT16_MAX));
}

static int32_t leading_zeros(uint32_t x) {
  int32_t count = 0;
  while (count < 32 && !(x & (UINT32_C(1) << (31 - count)))) ++count;
  return count;
}

/* operands: output [rows, depth], input [rows, depth], tables int16 [513]: exp over [-10, 0], 1 / (1 + x) over [0, 1],
 * both Q0.15. Works in place. */
void th_softmax_s16(const void *params, void *const *operands) {
  const th_softmax_s16_params *p = params;
  int16_t *output = operands[0];
  const int16_t *input = operands[1];

  for (int32_t row = 0; row < p->rows; ++row, input += p->depth, output += p->depth) {
    int32_t largest = INT16_MIN;
    for (int32_t i = 0; i < p->depth; ++i) {
      if (input[i] > largest) largest = input[i];
    }
    int32_t sum = 0; /* Q16.15; depth <= 65535 keeps it below 2^31 */
    for (int32_t i = 0; i < p->depth; ++i) {
      const int32_t term = exponential(p, operands[2], input[i] - largest);
      output[i] = (int16_t)term;
      sum += term;
    }
    /* The sum as 2^(16 - headroom) * (1 + x), x in [0, 1): 1 / sum is the table at x and a shift. */
    const int32_t headroom = leading_zeros((uint32_t)sum);
    const int32_t normalized = (int32_t)((((int64_t)sum << (headroom - 1)) + (1 << 13)) >> 14);
    const int32_t x = th_clamp(normalized - (1 << 15) - (1 << 16), INT16_MIN, INT16_MAX);
    const int64_t reciprocal = interpolated(operands[3], x);
    const int32_t shift = 31 - headroom;
    for (int32_t i = 0; i < p->depth; ++i) {
      const int64_t product = output[i] * reciprocal + (INT64_C(1) << (shift - 1));
      output[i] = (int16_t)th_clamp((int32_t)(product >> shift), 0, INT16_MAX);
    }
  }
}
