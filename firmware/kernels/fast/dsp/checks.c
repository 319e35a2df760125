/* Whether parameters fit operands. */
#include "kernels/fast/dsp/conv_scratch.h"
#include "kernels/fast/dsp/depthwise.h"
#include "kernels/fast/dsp/dsp.h"
#include "kernels/fast/dsp/expand.h"
#include "kernels/fast/dsp/planes.h"
#include "kernels/fast/dsp/rows.h"
#include "kernels/fast/window_pixels.h"
#include "kernels/params.h"
#include "kernels/reference/windows.h"

enum { LONGEST = 1 << 20 }; /* outputs of a line of planes */

static bool filters_fit(const th_operand *packed, int64_t pairs, int32_t channels) {
  const int64_t groups = (channels + TH_DSP_GROUP - 1) / TH_DSP_GROUP;
  return pairs <= TH_EXTENT_LIMIT && th_words_fit(packed, groups * TH_DSP_GROUP_BYTES(pairs) + TH_DSP_HEADER_BYTES);
}

bool th_check_dsp_conv_2d_s8(const void *params, const th_operand *operands) {
  const th_conv_2d_params *p = params;
  if (!th_conv_fits(p, &operands[0], &operands[2], 1) ||
      TH_PRODUCT(p->filter_height, p->filter_width, p->input_depth) > TH_EXTENT_LIMIT / 2) {
    return false;
  }
  const th_dsp_conv_scratch scratch = th_dsp_conv_scratch_of(p);
  return th_pointers_fit(&operands[1], scratch.end, &operands[0]) && filters_fit(&operands[3], scratch.pairs, p->output_depth);
}

bool th_check_dsp_conv_1x1_s8(const void *params, const th_operand *operands) {
  const th_conv_2d_params *p = params;
  if (!th_conv_fits(p, &operands[0], &operands[2], 1)) return false;
  const int32_t pairs = th_dsp_pairs(p->input_depth);
  const int64_t pixels = TH_PRODUCT(p->batches, p->output_height, p->output_width);
  return p->output_height == p->input_height && p->output_width == p->input_width &&
         th_words_fit(&operands[1], 8 * (int64_t)pairs * th_dsp_blocks(pairs, pixels)) && filters_fit(&operands[3], pairs, p->output_depth);
}

bool th_check_dsp_fully_connected_s8(const void *params, const th_operand *operands) {
  const th_fully_connected_params *p = params;
  if (!TH_EXTENTS(1, p->batches, p->input_depth, p->output_depth)) return false;
  const int64_t pairs = (th_dsp_pairs(p->input_depth) + 1) / 2 * 2;
  return th_holds(&operands[0], TH_PRODUCT(p->batches, p->output_depth), 1) &&
         th_words_fit(&operands[1], p->batches > 1 ? 8 * pairs : 4 * pairs) &&
         th_holds(&operands[2], TH_PRODUCT(p->batches, p->input_depth), 1) &&
         filters_fit(&operands[3], pairs, p->output_depth);
}

bool th_check_dsp_depthwise_conv_2d_s8(const void *params, const th_operand *operands) {
  const th_depthwise_conv_2d_params *p = params;
  if (!th_depthwise_fits(p, &operands[0], &operands[2], 1) || p->depth_multiplier != 1) return false;
  const int64_t taps = TH_PRODUCT(p->filter_height, p->filter_width), groups = (p->input_depth + 3) / 4;
  return taps <= TH_EXTENT_LIMIT && th_pointers_fit(&operands[1], th_window_pixels_bytes(p), &operands[0]) &&
         th_words_fit(&operands[3], groups * TH_DSP_DEPTHWISE_GROUP_BYTES(taps) + TH_DSP_HEADER_BYTES);
}

bool th_check_dsp_depthwise_3x3_s8(const void *params, const th_operand *operands) {
  const th_depthwise_conv_2d_params *p = params;
  if (!th_depthwise_fits(p, &operands[0], &operands[2], 1) || p->depth_multiplier != 1 || p->filter_height != 3 ||
      p->filter_width != 3 || p->stride_height > 2 || p->stride_width != p->stride_height || p->dilation_height != 1 || p->dilation_width != 1 ||
      p->output_height > LONGEST || p->output_width > LONGEST) {
    return false;
  }
  const th_dsp_planes planes = th_dsp_planes_of(p);
  return th_words_fit(&operands[1], th_dsp_planes_bytes(&planes)) &&
         th_words_fit(&operands[3], 4 * (int64_t)TH_DSP_STRIP_CONSTANTS * p->input_depth + TH_DSP_HEADER_BYTES);
}
