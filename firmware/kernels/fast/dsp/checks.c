/* Whether parameters fit operands. */
#include "kernels/fast/dsp/conv_scratch.h"
#include "kernels/fast/dsp/depthwise.h"
#include "kernels/fast/dsp/dsp.h"
#include "kernels/fast/dsp/expand.h"
#include "kernels/fast/dsp/planes.h"
#include "kernels/fast/dsp/rows.h"
#include "kernels/params.h"
#include "kernels/reference/extent.h"

enum { LONGEST = 1 << 20 }; /* outputs of a line of planes */

static bool filters_fit(const th_operand *packed, int64_t pairs, int32_t channels) {
  const int64_t groups = (channels + TH_DSP_GROUP - 1) / TH_DSP_GROUP;
  return pairs <= TH_EXTENT_LIMIT && packed->ref % 4 == 0 &&
         groups * TH_DSP_GROUP_BYTES(pairs) + TH_DSP_HEADER_BYTES <= packed->bytes;
}

/* Working memory that is read as words. */
static bool scratch_fits(const th_operand *scratch, int64_t bytes) { return scratch->ref % 4 == 0 && th_holds(scratch, bytes, 1); }

/* Whether no index along one dimension leaves 32 bits. */
static bool indexable(int32_t output, int32_t stride, int32_t filter, int32_t dilation) {
  return (int64_t)output * stride <= TH_EXTENT_LIMIT && (int64_t)filter * dilation <= TH_EXTENT_LIMIT;
}

static bool conv_fits(const th_conv_2d_params *p, const th_operand *output, const th_operand *input) {
  return TH_EXTENTS(1, p->batches, p->input_height, p->input_width, p->input_depth, p->output_height, p->output_width,
                    p->output_depth, p->filter_height, p->filter_width, p->stride_height, p->stride_width,
                    p->dilation_height, p->dilation_width) &&
         TH_EXTENTS(0, p->pad_top, p->pad_left) &&
         th_holds(output, TH_PRODUCT(p->batches, p->output_height, p->output_width, p->output_depth), 1) &&
         th_holds(input, TH_PRODUCT(p->batches, p->input_height, p->input_width, p->input_depth), 1);
}

bool th_check_dsp_conv_2d_s8(const void *params, const th_operand *operands) {
  const th_conv_2d_params *p = params;
  if (!conv_fits(p, &operands[0], &operands[2]) ||
      TH_PRODUCT(p->filter_height, p->filter_width, p->input_depth) > TH_EXTENT_LIMIT / 2) {
    return false;
  }
  const th_dsp_conv_scratch scratch = th_dsp_conv_scratch_of(p);
  return indexable(p->output_height, p->stride_height, p->filter_height, p->dilation_height) &&
         indexable(p->output_width, p->stride_width, p->filter_width, p->dilation_width) &&
         operands[1].ref % sizeof(void *) == 0 && scratch_fits(&operands[1], scratch.end) &&
         th_apart(&operands[0], &operands[1]) && filters_fit(&operands[3], scratch.pairs, p->output_depth);
}

bool th_check_dsp_conv_1x1_s8(const void *params, const th_operand *operands) {
  const th_conv_2d_params *p = params;
  if (!conv_fits(p, &operands[0], &operands[2])) return false;
  const int32_t pairs = th_dsp_pairs(p->input_depth);
  const int64_t pixels = TH_PRODUCT(p->batches, p->output_height, p->output_width);
  return p->output_height == p->input_height && p->output_width == p->input_width &&
         scratch_fits(&operands[1], 8 * (int64_t)pairs * th_dsp_blocks(pairs, pixels)) && filters_fit(&operands[3], pairs, p->output_depth);
}

bool th_check_dsp_fully_connected_s8(const void *params, const th_operand *operands) {
  const th_fully_connected_params *p = params;
  if (!TH_EXTENTS(1, p->batches, p->input_depth, p->output_depth)) return false;
  const int64_t pairs = (th_dsp_pairs(p->input_depth) + 1) / 2 * 2;
  return th_holds(&operands[0], TH_PRODUCT(p->batches, p->output_depth), 1) &&
         scratch_fits(&operands[1], p->batches > 1 ? 8 * pairs : 4 * pairs) &&
         th_holds(&operands[2], TH_PRODUCT(p->batches, p->input_depth), 1) &&
         filters_fit(&operands[3], pairs, p->output_depth);
}

/* What all windows have in common. */
static bool depthwise_fits(const th_depthwise_conv_2d_params *p, const th_operand *operands) {
  return TH_EXTENTS(1, p->batches, p->input_height, p->input_width, p->input_depth, p->output_height, p->output_width,
                    p->filter_height, p->filter_width, p->stride_height, p->stride_width, p->dilation_height,
                    p->dilation_width) &&
         TH_EXTENTS(0, p->pad_top, p->pad_left) && p->depth_multiplier == 1 &&
         indexable(p->output_height, p->stride_height, p->filter_height, p->dilation_height) &&
         indexable(p->output_width, p->stride_width, p->filter_width, p->dilation_width) &&
         th_holds(&operands[0], TH_PRODUCT(p->batches, p->output_height, p->output_width, p->input_depth), 1) &&
         th_holds(&operands[2], TH_PRODUCT(p->batches, p->input_height, p->input_width, p->input_depth), 1) &&
         operands[3].ref % 4 == 0;
}

bool th_check_dsp_depthwise_conv_2d_s8(const void *params, const th_operand *operands) {
  const th_depthwise_conv_2d_params *p = params;
  if (!depthwise_fits(p, operands)) return false;
  const int64_t taps = TH_PRODUCT(p->filter_height, p->filter_width), groups = (p->input_depth + 3) / 4;
  return taps <= TH_EXTENT_LIMIT && scratch_fits(&operands[1], taps * (int64_t)sizeof(void *) + p->input_depth) &&
         th_apart(&operands[0], &operands[1]) &&
         groups * TH_DSP_DEPTHWISE_GROUP_BYTES(taps) + TH_DSP_HEADER_BYTES <= operands[3].bytes;
}

bool th_check_dsp_depthwise_3x3_s8(const void *params, const th_operand *operands) {
  const th_depthwise_conv_2d_params *p = params;
  if (!depthwise_fits(p, operands) || p->filter_height != 3 || p->filter_width != 3 || p->stride_height > 2 ||
      p->stride_width != p->stride_height || p->dilation_height != 1 || p->dilation_width != 1 ||
      p->output_height > LONGEST || p->output_width > LONGEST) {
    return false;
  }
  const th_dsp_planes planes = th_dsp_planes_of(p);
  return scratch_fits(&operands[1], th_dsp_planes_bytes(&planes)) &&
         4 * (int64_t)TH_DSP_STRIP_CONSTANTS * p->input_depth + TH_DSP_HEADER_BYTES <= operands[3].bytes;
}
