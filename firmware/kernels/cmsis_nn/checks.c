/* What CMSIS-NN needs beyond the reference kernels: extents that fit into 16 bits, windows that touch the input, and
 * scratch memory. harness/engines/plan/kernels/cmsis_nn.py gives it nothing else. */
#include "kernels/cmsis_nn/arguments.h"
#include "kernels/cmsis_nn/cmsis_nn.h"
#include "kernels/reference/checks.h"
#include "kernels/reference/extent.h"

enum { MAX_EXTENT = 16383, MAX_TAPS = 65535, MAX_DEPTHWISE_WEIGHTS = 1 << 20 };

typedef struct {
  int32_t input, output, filter, stride, dilation, pad;
} axis;

static bool fits(axis a) {
  return a.input <= MAX_EXTENT && a.output <= MAX_EXTENT && a.filter <= MAX_EXTENT && a.pad <= MAX_EXTENT &&
         (int64_t)a.output * a.stride <= MAX_EXTENT && (int64_t)a.filter * a.dilation <= MAX_EXTENT &&
         a.pad < a.filter * a.dilation && (a.output - 1) * a.stride - a.pad < a.input;
}

/* Scratch memory is written: it lies in the arena, aligned for words. */
static bool scratch(const th_operand *operand, int32_t bytes) {
  if (bytes == 0) return true;
  return (operand->ref & TH_REF_CONST) == 0 && operand->ref % 4 == 0 && operand->bytes >= (uint32_t)bytes;
}

bool th_check_cmsis_conv_2d_s8(const void *params, const th_operand *operands) {
  const th_conv_2d_params *p = params;
  if (!th_check_conv_2d_s8(p, operands) || p->filter_depth != p->input_depth || p->batches > MAX_EXTENT ||
      p->input_depth > MAX_EXTENT || p->output_depth > MAX_EXTENT) {
    return false;
  }
  const axis rows = {p->input_height, p->output_height, p->filter_height, p->stride_height, p->dilation_height, p->pad_top};
  const axis columns = {p->input_width, p->output_width, p->filter_width, p->stride_width, p->dilation_width, p->pad_left};
  if (!fits(rows) || !fits(columns) || (int64_t)p->input_depth * p->filter_height * p->filter_width > MAX_TAPS) {
    return false;
  }
  const bool strided = p->stride_height != 1 || p->stride_width != 1;
  if (p->filter_height == 1 && p->filter_width == 1 && p->pad_top == 0 && p->pad_left == 0 && !strided &&
      (p->output_height != p->input_height || p->output_width != p->input_width)) {
    return false; /* the library goes by the input's extents */
  }
  if (p->input_height == 1 && p->filter_height == 1 && p->output_height != 1) return false;
  const th_cmsis_conv a = th_cmsis_conv_arguments(p);
  return scratch(&operands[6], arm_convolve_wrapper_s8_get_buffer_size(&a.params, &a.input, &a.filter, &a.output));
}

bool th_check_cmsis_depthwise_conv_2d_s8(const void *params, const th_operand *operands) {
  const th_depthwise_conv_2d_params *p = params;
  if (!th_check_depthwise_conv_2d_s8(p, operands) || p->batches > MAX_EXTENT || p->input_depth > MAX_EXTENT ||
      p->input_depth * (int64_t)p->depth_multiplier > MAX_EXTENT) {
    return false;
  }
  const axis rows = {p->input_height, p->output_height, p->filter_height, p->stride_height, p->dilation_height, p->pad_top};
  const axis columns = {p->input_width, p->output_width, p->filter_width, p->stride_width, p->dilation_width, p->pad_left};
  const int64_t taps = (int64_t)p->filter_height * p->filter_width;
  if (!fits(rows) || !fits(columns) || taps > MAX_TAPS ||
      taps * p->input_depth * p->depth_multiplier > MAX_DEPTHWISE_WEIGHTS) {
    return false;
  }
  /* arm_depthwise_conv_3x3_s8 takes the middle column for granted. */
  if (p->filter_width == 3 && (p->output_width - 1) * p->stride_width - p->pad_left + 2 > p->input_width) return false;
  const th_cmsis_depthwise a = th_cmsis_depthwise_arguments(p);
  return scratch(&operands[6],
                 arm_depthwise_conv_wrapper_s8_get_buffer_size(&a.params, &a.input, &a.filter, &a.output));
}

/* One factor for all channels, and no zero point of the filter, which the library ignores. */
bool th_check_cmsis_fully_connected_s8(const void *params, const th_operand *operands) {
  const th_fully_connected_params *p = params;
  return TH_EXTENTS(1, p->batches, p->input_depth, p->output_depth) && p->filter_offset == 0 &&
         th_holds(&operands[0], TH_PRODUCT(p->batches, p->output_depth), 1) &&
         th_holds(&operands[1], TH_PRODUCT(p->batches, p->input_depth), 1) &&
         th_holds(&operands[2], TH_PRODUCT(p->output_depth, p->input_depth), 1) &&
         (operands[3].bytes == 0 || th_holds(&operands[3], p->output_depth, 4)) && operands[4].bytes == 4 &&
         operands[5].bytes == 4;
}

bool th_check_cmsis_average_pool_2d_s8(const void *params, const th_operand *operands) {
  const th_pool_2d_params *p = params;
  const axis rows = {p->input_height, p->output_height, p->filter_height, p->stride_height, 1, p->pad_top};
  const axis columns = {p->input_width, p->output_width, p->filter_width, p->stride_width, 1, p->pad_left};
  /* Without SIMD the library walks over what lies outside of the input as well. */
  return th_check_pool_2d_s8(p, operands) && fits(rows) && fits(columns) &&
         (int64_t)p->filter_height * p->filter_width <= MAX_TAPS &&
         scratch(&operands[2], arm_avgpool_s8_get_buffer_size(p->output_width, p->depth));
}
