/* Whether parameters fit operands. */
#include "kernels/fast/mve/depthwise.h"
#include "kernels/fast/mve/depthwise_3x3.h"
#include "kernels/fast/mve/gemm.h"
#include "kernels/fast/mve/mve.h"
#include "kernels/params.h"
#include "kernels/reference/checks.h"
#include "kernels/reference/extent.h"

static bool filters_fit(const th_operand *filters, const th_operand *constants, int32_t depth, int32_t channels,
                        int32_t group) {
  const int32_t chunks = (depth + 15) / 16, groups = (channels + group - 1) / group, quads = (channels + 3) / 4;
  return th_holds(filters, TH_PRODUCT(groups, group, chunks, 16) + TH_MVE_GEMM_PAST, 1) && th_holds(constants, TH_PRODUCT(quads, 12), 4);
}

static bool conv_fits(const th_conv_2d_params *p, const th_operand *output, const th_operand *input) {
  return TH_EXTENTS(1, p->batches, p->input_height, p->input_width, p->input_depth, p->output_height, p->output_width,
                    p->output_depth, p->filter_height, p->filter_width, p->stride_height, p->stride_width,
                    p->dilation_height, p->dilation_width) &&
         TH_EXTENTS(0, p->pad_top, p->pad_left) &&
         th_holds(output, TH_PRODUCT(p->batches, p->output_height, p->output_width, p->output_depth), 1) &&
         th_holds(input, TH_PRODUCT(p->batches, p->input_height, p->input_width, p->input_depth), 1);
}

/* Whether no index along one dimension leaves 32 bits. */
static bool indexable(int32_t output, int32_t stride, int32_t filter, int32_t dilation) {
  return (int64_t)output * stride <= TH_EXTENT_LIMIT && (int64_t)filter * dilation <= TH_EXTENT_LIMIT;
}

bool th_check_mve_conv_2d_s8(const void *params, const th_operand *operands) {
  const th_conv_2d_params *p = params;
  if (!conv_fits(p, &operands[0], &operands[2])) return false;
  const int64_t depth = TH_PRODUCT(p->filter_height, p->filter_width, p->input_depth);
  return depth <= TH_EXTENT_LIMIT && th_holds(&operands[1], th_mve_gemm_rows((int32_t)depth) * depth, 1) &&
         indexable(p->output_height, p->stride_height, p->filter_height, p->dilation_height) &&
         indexable(p->output_width, p->stride_width, p->filter_width, p->dilation_width) &&
         filters_fit(&operands[3], &operands[4], (int32_t)depth, p->output_depth,
                     th_mve_gemm_group((int32_t)depth));
}

bool th_check_mve_conv_1x1_s8(const void *params, const th_operand *operands) {
  const th_conv_2d_params *p = params;
  return conv_fits(p, &operands[0], &operands[1]) && p->output_height == p->input_height &&
         p->output_width == p->input_width && filters_fit(&operands[2], &operands[3], p->input_depth, p->output_depth, th_mve_gemm_group(p->input_depth));
}

bool th_check_mve_fully_connected_s8(const void *params, const th_operand *operands) {
  const th_fully_connected_params *p = params;
  return TH_EXTENTS(1, p->batches, p->input_depth, p->output_depth) &&
         th_holds(&operands[0], TH_PRODUCT(p->batches, p->output_depth), 1) &&
         th_holds(&operands[1], TH_PRODUCT(p->batches, p->input_depth), 1) &&
         filters_fit(&operands[2], &operands[3], p->input_depth, p->output_depth, 4);
}

/* Output, scratch, input; the packed weights are left to the caller. */
static bool depthwise_fits(const th_depthwise_conv_2d_params *p, const th_operand *operands) {
  return TH_EXTENTS(1, p->batches, p->input_height, p->input_width, p->input_depth, p->output_height, p->output_width,
                    p->filter_height, p->filter_width, p->stride_height, p->stride_width, p->dilation_height,
                    p->dilation_width) &&
         TH_EXTENTS(0, p->pad_top, p->pad_left) && p->depth_multiplier == 1 &&
         indexable(p->output_height, p->stride_height, p->filter_height, p->dilation_height) &&
         indexable(p->output_width, p->stride_width, p->filter_width, p->dilation_width) &&
         th_holds(&operands[0], TH_PRODUCT(p->batches, p->output_height, p->output_width, p->input_depth), 1) &&
         th_holds(&operands[2], TH_PRODUCT(p->batches, p->input_height, p->input_width, p->input_depth), 1);
}

bool th_check_mve_depthwise_conv_3x3_s8(const void *params, const th_operand *operands) {
  const th_depthwise_conv_2d_params *p = params;
  if (!depthwise_fits(p, operands) || p->filter_height > 3 || p->filter_width > 3 || p->dilation_height != 1 ||
      p->dilation_width != 1) {
    return false;
  }
  const int32_t blocks = (p->input_depth + TH_MVE_3X3_CHANNELS - 1) / TH_MVE_3X3_CHANNELS;
  return th_holds(&operands[1], th_mve_3x3_scratch_bytes(p), 1) &&
         th_holds(&operands[3], TH_PRODUCT(blocks, TH_MVE_3X3_BLOCK) + TH_MVE_3X3_PAST, 1);
}

bool th_check_mve_depthwise_conv_2d_s8(const void *params, const th_operand *operands) {
  const th_depthwise_conv_2d_params *p = params;
  if (!depthwise_fits(p, operands)) return false;
  const int64_t taps = TH_PRODUCT(p->filter_height, p->filter_width);
  const int32_t blocks = (p->input_depth + TH_MVE_DEPTHWISE_LANES - 1) / TH_MVE_DEPTHWISE_LANES;
  if (taps > TH_EXTENT_LIMIT / TH_MVE_DEPTHWISE_LANES) return false;
  const int32_t block_bytes = (int32_t)taps * TH_MVE_DEPTHWISE_LANES + TH_MVE_DEPTHWISE_CONSTANTS;
  return th_apart(&operands[0], &operands[1]) && /* the scratch memory has pointers */
         th_holds(&operands[1], taps * (int64_t)sizeof(void *) + p->input_depth, 1) &&
         th_holds(&operands[3], TH_PRODUCT(blocks, block_bytes), 1);
}

bool th_check_mve_average_pool_2d_s8(const void *params, const th_operand *operands) {
  const th_pool_2d_params *p = params;
  return th_check_pool_2d_s8(params, operands) && TH_PRODUCT(p->filter_height, p->filter_width) <= TH_MVE_POOL_MOST;
}

bool th_check_mve_add_s8(const void *params, const th_operand *operands) {
  const th_add_params *p = params;
  const int32_t elements = p->dims[TH_BROADCAST_MAX_DIMS - 1];
  return TH_EXTENTS(1, elements) && p->left_shift >= 0 && p->left_shift <= 30 && th_holds(&operands[0], elements, 1) && th_holds(&operands[1], elements, 1) &&
         th_holds(&operands[2], elements, 1);
}
