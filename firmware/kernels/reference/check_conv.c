/* Checks of CONV_2D, DEPTHWISE_CONV_2D and TRANSPOSE_CONV. */
#include "kernels/params.h"
#include "kernels/reference/checks.h"
#include "kernels/reference/windows.h"

static bool conv(const th_conv_2d_params *p, const th_operand *operands, int64_t element_bytes, int64_t bias_bytes) {
  return TH_EXTENTS(1, p->filter_depth) && th_conv_fits(p, &operands[0], &operands[1], element_bytes) &&
         p->input_depth % p->filter_depth == 0 && p->output_depth % (p->input_depth / p->filter_depth) == 0 &&
         th_holds(&operands[2], TH_PRODUCT(p->output_depth, p->filter_height, p->filter_width, p->filter_depth), 1) &&
         th_holds_channels(operands, 4, p->output_depth, bias_bytes);
}

bool th_check_conv_2d_s8(const void *params, const th_operand *operands) { return conv(params, operands, 1, 4); }

bool th_check_conv_2d_s16(const void *params, const th_operand *operands) {
  const th_conv_2d_params *p = params;
  return conv(p, operands, 2, p->accumulator_bits == 32 ? 4 : 8);
}

static bool depthwise(const th_depthwise_conv_2d_params *p, const th_operand *operands, int64_t element_bytes,
                      int64_t bias_bytes) {
  if (!th_depthwise_fits(p, &operands[0], &operands[1], element_bytes)) return false;
  const int32_t depth = p->input_depth * p->depth_multiplier;
  return th_holds(&operands[2], TH_PRODUCT(p->filter_height, p->filter_width, depth), 1) &&
         th_holds_channels(operands, 4, depth, bias_bytes);
}

bool th_check_depthwise_conv_2d_s8(const void *params, const th_operand *operands) {
  return depthwise(params, operands, 1, 4);
}

bool th_check_depthwise_conv_2d_s16(const void *params, const th_operand *operands) {
  return depthwise(params, operands, 2, 8);
}

static bool transpose_conv(const th_transpose_conv_params *p, const th_operand *operands, int64_t element_bytes,
                           int64_t bias_bytes) {
  if (!TH_EXTENTS(1, p->batches, p->input_height, p->input_width, p->input_depth, p->output_height, p->output_width,
                  p->output_depth, p->filter_height, p->filter_width, p->stride_height, p->stride_width) ||
      !TH_EXTENTS(0, p->pad_top, p->pad_left)) {
    return false;
  }
  return th_holds(&operands[0], TH_PRODUCT(p->batches, p->output_height, p->output_width, p->output_depth),
                  element_bytes) &&
         th_holds(&operands[1], TH_PRODUCT(p->batches, p->input_height, p->input_width, p->input_depth),
                  element_bytes) &&
         th_holds(&operands[2], TH_PRODUCT(p->output_depth, p->filter_height, p->filter_width, p->input_depth), 1) &&
         th_holds_channels(operands, 4, p->output_depth, bias_bytes);
}

bool th_check_transpose_conv_s8(const void *params, const th_operand *operands) {
  return transpose_conv(params, operands, 1, 4);
}

bool th_check_transpose_conv_s16(const void *params, const th_operand *operands) {
  return transpose_conv(params, operands, 2, 8);
}
