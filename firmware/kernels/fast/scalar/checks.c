/* Whether parameters fit operands. */
#include "kernels/fast/scalar/depthwise.h"
#include "kernels/fast/scalar/filters.h"
#include "kernels/fast/scalar/scalar.h"
#include "kernels/fast/scalar/tile.h"
#include "kernels/params.h"
#include "kernels/reference/extent.h"

static bool filters_fit(const th_operand *packed, int64_t taps, int32_t channels) {
  const int64_t groups = (channels + TH_SCALAR_GROUP - 1) / TH_SCALAR_GROUP;
  return packed->ref % 4 == 0 && 4 * groups * TH_SCALAR_GROUP_WORDS((taps + 3) / 4) + TH_SCALAR_HEADER_BYTES <= packed->bytes;
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

bool th_check_scalar_conv_2d_s8(const void *params, const th_operand *operands) {
  const th_conv_2d_params *p = params;
  if (!conv_fits(p, &operands[0], &operands[2])) return false;
  const int64_t taps = TH_PRODUCT(p->filter_height, p->filter_width, p->input_depth);
  const int64_t line = TH_PRODUCT(p->filter_width, p->input_depth);
  return taps <= TH_EXTENT_LIMIT / 16 && indexable(p->output_height, p->stride_height, p->filter_height, p->dilation_height) &&
         indexable(p->output_width, p->stride_width, p->filter_width, p->dilation_width) &&
         scratch_fits(&operands[1], th_scalar_rows_bytes((taps + 3) / 4) + TH_SCALAR_ROWS * line) &&
         filters_fit(&operands[3], taps, p->output_depth);
}

bool th_check_scalar_conv_1x1_s8(const void *params, const th_operand *operands) {
  const th_conv_2d_params *p = params;
  return conv_fits(p, &operands[0], &operands[2]) && p->output_height == p->input_height &&
         p->output_width == p->input_width && p->input_depth <= TH_EXTENT_LIMIT / 16 &&
         scratch_fits(&operands[1], th_scalar_rows_bytes(th_scalar_quads(p->input_depth))) &&
         filters_fit(&operands[3], p->input_depth, p->output_depth);
}

bool th_check_scalar_fully_connected_s8(const void *params, const th_operand *operands) {
  const th_fully_connected_params *p = params;
  return TH_EXTENTS(1, p->batches, p->input_depth, p->output_depth) && p->input_depth <= TH_EXTENT_LIMIT / 16 &&
         th_holds(&operands[0], TH_PRODUCT(p->batches, p->output_depth), 1) &&
         scratch_fits(&operands[1], 24 * (int64_t)th_scalar_quads(p->input_depth)) &&
         th_holds(&operands[2], TH_PRODUCT(p->batches, p->input_depth), 1) &&
         filters_fit(&operands[3], p->input_depth, p->output_depth);
}

bool th_check_scalar_depthwise_conv_2d_s8(const void *params, const th_operand *operands) {
  const th_depthwise_conv_2d_params *p = params;
  if (!TH_EXTENTS(1, p->batches, p->input_height, p->input_width, p->input_depth, p->output_height, p->output_width,
                  p->filter_height, p->filter_width, p->stride_height, p->stride_width, p->dilation_height,
                  p->dilation_width) ||
      !TH_EXTENTS(0, p->pad_top, p->pad_left) || p->depth_multiplier != 1) {
    return false;
  }
  const int64_t taps = TH_PRODUCT(p->filter_height, p->filter_width), groups = (p->input_depth + 3) / 4;
  return taps <= TH_EXTENT_LIMIT / 16 && operands[3].ref % 4 == 0 &&
         indexable(p->output_height, p->stride_height, p->filter_height, p->dilation_height) &&
         indexable(p->output_width, p->stride_width, p->filter_width, p->dilation_width) &&
         th_holds(&operands[0], TH_PRODUCT(p->batches, p->output_height, p->output_width, p->input_depth), 1) &&
         operands[1].ref % sizeof(void *) == 0 && scratch_fits(&operands[1], taps * (int64_t)sizeof(void *) + p->input_depth) &&
         th_apart(&operands[0], &operands[1]) &&
         th_holds(&operands[2], TH_PRODUCT(p->batches, p->input_height, p->input_width, p->input_depth), 1) &&
         4 * groups * TH_SCALAR_DEPTHWISE_WORDS(taps) + TH_SCALAR_HEADER_BYTES <= operands[3].bytes;
}
