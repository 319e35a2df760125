/* Whether parameters fit operands. */
#include "kernels/fast/mve/depthwise.h"
#include "kernels/fast/mve/depthwise_3x3.h"
#include "kernels/fast/mve/gemm.h"
#include "kernels/fast/mve/mve.h"
#include "kernels/fast/window_pixels.h"
#include "kernels/params.h"
#include "kernels/reference/checks.h"
#include "kernels/reference/windows.h"

static bool filters_fit(const th_operand *filters, const th_operand *constants, int32_t depth, int32_t channels,
                        int32_t group) {
  const int32_t chunks = (depth + 15) / 16, groups = (channels + group - 1) / group, quads = (channels + 3) / 4;
  return th_holds(filters, TH_PRODUCT(groups, group, chunks, 16) + TH_MVE_GEMM_PAST, 1) && th_holds(constants, TH_PRODUCT(quads, 12), 4);
}

bool th_check_mve_conv_2d_s8(const void *params, const th_operand *operands) {
  const th_conv_2d_params *p = params;
  if (!th_conv_fits(p, &operands[0], &operands[2], 1)) return false;
  const int64_t depth = TH_PRODUCT(p->filter_height, p->filter_width, p->input_depth);
  return depth <= TH_EXTENT_LIMIT && th_holds(&operands[1], th_mve_gemm_rows((int32_t)depth) * depth, 1) &&
         filters_fit(&operands[3], &operands[4], (int32_t)depth, p->output_depth, th_mve_gemm_group((int32_t)depth));
}

bool th_check_mve_conv_1x1_s8(const void *params, const th_operand *operands) {
  const th_conv_2d_params *p = params;
  return th_conv_fits(p, &operands[0], &operands[1], 1) && p->output_height == p->input_height &&
         p->output_width == p->input_width &&
         filters_fit(&operands[2], &operands[3], p->input_depth, p->output_depth, th_mve_gemm_group(p->input_depth));
}

bool th_check_mve_fully_connected_s8(const void *params, const th_operand *operands) {
  const th_fully_connected_params *p = params;
  return TH_EXTENTS(1, p->batches, p->input_depth, p->output_depth) &&
         th_holds(&operands[0], TH_PRODUCT(p->batches, p->output_depth), 1) &&
         th_holds(&operands[1], TH_PRODUCT(p->batches, p->input_depth), 1) &&
         filters_fit(&operands[2], &operands[3], p->input_depth, p->output_depth, 4);
}

bool th_check_mve_depthwise_conv_3x3_s8(const void *params, const th_operand *operands) {
  const th_depthwise_conv_2d_params *p = params;
  if (!th_depthwise_fits(p, &operands[0], &operands[2], 1) || p->depth_multiplier != 1 || p->filter_height > 3 ||
      p->filter_width > 3 || p->dilation_height != 1 || p->dilation_width != 1) {
    return false;
  }
  const int32_t blocks = (p->input_depth + TH_MVE_3X3_CHANNELS - 1) / TH_MVE_3X3_CHANNELS;
  return th_holds(&operands[1], th_mve_3x3_scratch_bytes(p), 1) &&
         th_holds(&operands[3], TH_PRODUCT(blocks, TH_MVE_3X3_BLOCK) + TH_MVE_3X3_PAST, 1);
}

bool th_check_mve_depthwise_conv_2d_s8(const void *params, const th_operand *operands) {
  const th_depthwise_conv_2d_params *p = params;
  if (!th_depthwise_fits(p, &operands[0], &operands[2], 1) || p->depth_multiplier != 1) return false;
  const int64_t taps = TH_PRODUCT(p->filter_height, p->filter_width);
  const int32_t blocks = (p->input_depth + TH_MVE_DEPTHWISE_LANES - 1) / TH_MVE_DEPTHWISE_LANES;
  if (taps > TH_EXTENT_LIMIT / TH_MVE_DEPTHWISE_LANES) return false;
  const int32_t block_bytes = (int32_t)taps * TH_MVE_DEPTHWISE_LANES + TH_MVE_DEPTHWISE_CONSTANTS;
  return th_pointers_fit(&operands[1], th_window_pixels_bytes(p), &operands[0]) &&
         th_holds(&operands[3], TH_PRODUCT(blocks, block_bytes), 1);
}

bool th_check_mve_average_pool_2d_s8(const void *params, const th_operand *operands) {
  const th_pool_2d_params *p = params;
  return th_check_pool_2d_s8(params, operands) && TH_PRODUCT(p->filter_height, p->filter_width) <= TH_MVE_POOL_MOST;
}

bool th_check_mve_add_s8(const void *params, const th_operand *operands) {
  const th_add_params *p = params;
  const int32_t elements = p->dims[TH_BROADCAST_MAX_DIMS - 1];
  return TH_EXTENTS(1, elements) && p->left_shift >= 0 && p->left_shift <= 30 &&
         th_holds(&operands[0], elements, 1) && th_holds(&operands[1], elements, 1) && th_holds(&operands[2], elements, 1);
}
