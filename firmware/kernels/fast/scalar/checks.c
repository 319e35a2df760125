/* Whether parameters fit operands. */
#include "kernels/fast/scalar/depthwise.h"
#include "kernels/fast/scalar/filters.h"
#include "kernels/fast/scalar/scalar.h"
#include "kernels/fast/scalar/tile.h"
#include "kernels/fast/window_pixels.h"
#include "kernels/params.h"
#include "kernels/reference/windows.h"

static bool filters_fit(const th_operand *packed, int64_t taps, int32_t channels) {
  const int64_t groups = (channels + TH_SCALAR_GROUP - 1) / TH_SCALAR_GROUP;
  return th_words_fit(packed, 4 * groups * TH_SCALAR_GROUP_WORDS((taps + 3) / 4) + TH_SCALAR_HEADER_BYTES);
}

bool th_check_scalar_conv_2d_s8(const void *params, const th_operand *operands) {
  const th_conv_2d_params *p = params;
  if (!th_conv_fits(p, &operands[0], &operands[2], 1)) return false;
  const int64_t taps = TH_PRODUCT(p->filter_height, p->filter_width, p->input_depth);
  const int64_t line = TH_PRODUCT(p->filter_width, p->input_depth);
  return taps <= TH_EXTENT_LIMIT / 16 &&
         th_words_fit(&operands[1], th_scalar_rows_bytes((taps + 3) / 4) + TH_SCALAR_ROWS * line) &&
         filters_fit(&operands[3], taps, p->output_depth);
}

bool th_check_scalar_conv_1x1_s8(const void *params, const th_operand *operands) {
  const th_conv_2d_params *p = params;
  return th_conv_fits(p, &operands[0], &operands[2], 1) && p->output_height == p->input_height &&
         p->output_width == p->input_width && p->input_depth <= TH_EXTENT_LIMIT / 16 &&
         th_words_fit(&operands[1], th_scalar_rows_bytes(th_scalar_quads(p->input_depth))) &&
         filters_fit(&operands[3], p->input_depth, p->output_depth);
}

bool th_check_scalar_fully_connected_s8(const void *params, const th_operand *operands) {
  const th_fully_connected_params *p = params;
  return TH_EXTENTS(1, p->batches, p->input_depth, p->output_depth) && p->input_depth <= TH_EXTENT_LIMIT / 16 &&
         th_holds(&operands[0], TH_PRODUCT(p->batches, p->output_depth), 1) &&
         th_words_fit(&operands[1], 24 * (int64_t)th_scalar_quads(p->input_depth)) &&
         th_holds(&operands[2], TH_PRODUCT(p->batches, p->input_depth), 1) &&
         filters_fit(&operands[3], p->input_depth, p->output_depth);
}

bool th_check_scalar_depthwise_conv_2d_s8(const void *params, const th_operand *operands) {
  const th_depthwise_conv_2d_params *p = params;
  if (!th_depthwise_fits(p, &operands[0], &operands[2], 1) || p->depth_multiplier != 1) return false;
  const int64_t taps = TH_PRODUCT(p->filter_height, p->filter_width), groups = (p->input_depth + 3) / 4;
  return taps <= TH_EXTENT_LIMIT / 16 && th_pointers_fit(&operands[1], th_window_pixels_bytes(p), &operands[0]) &&
         th_words_fit(&operands[3], 4 * groups * TH_SCALAR_DEPTHWISE_WORDS(taps) + TH_SCALAR_HEADER_BYTES);
}
