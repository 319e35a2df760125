/* RESIZE_BILINEAR, int8 -> int8: the four neighbours weighted with ten fractional bits. */
#include "kernels/params.h"
#include "kernels/reference/reference.h"

enum { FRACTION_BITS = 10, ONE = 1 << FRACTION_BITS };

/* Two neighbouring indices of the input and how far the wanted place lies from the lower one (ONE = one element;
 * down to -ONE/2 before the first element, where both are the same). */
typedef struct {
  int32_t lower;
  int32_t upper;
  int32_t fraction;
} place;

static place locate(int32_t index, int32_t scale, int32_t half_pixel_centers, int32_t input_size) {
  const int32_t at = index * scale + (half_pixel_centers ? scale / 2 - ONE / 2 : 0);
  place found = {at / ONE, (at + ONE - 1) / ONE, 0};
  if (found.lower < 0) found.lower = 0;
  if (found.upper > input_size - 1) found.upper = input_size - 1;
  found.fraction = at - found.lower * ONE;
  return found;
}

/* operands: output [batches, output_height, output_width, depth], input [batches, input_height, input_width, depth]. */
void th_resize_bilinear_s8(const void *params, void *const *operands) {
  const th_resize_bilinear_s8_params *p = params;
  int8_t *output = operands[0];
  const int8_t *input = operands[1];
  const int32_t row = p->input_width * p->depth;

  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->input_height * row) {
    for (int32_t out_y = 0; out_y < p->output_height; ++out_y) {
      const place y = locate(out_y, p->height_scale, p->half_pixel_centers, p->input_height);
      const int8_t *upper_row = input + y.lower * row;
      const int8_t *lower_row = input + y.upper * row;
      for (int32_t out_x = 0; out_x < p->output_width; ++out_x) {
        const place x = locate(out_x, p->width_scale, p->half_pixel_centers, p->input_width);
        const int32_t left = x.lower * p->depth;
        const int32_t right = x.upper * p->depth;
        for (int32_t c = 0; c < p->depth; ++c) {
          const int32_t above = upper_row[left + c] * (ONE - x.fraction) + upper_row[right + c] * x.fraction;
          const int32_t below = lower_row[left + c] * (ONE - x.fraction) + lower_row[right + c] * x.fraction;
          const int32_t sum = above * (ONE - y.fraction) + below * y.fraction;
          const int32_t half = INT32_C(1) << (2 * FRACTION_BITS - 1);
          *output++ = (int8_t)((sum + (sum > 0 ? half : -half)) / (ONE * ONE));
        }
      }
    }
  }
}
