/* Checks of pooling, PAD, COPY, SOFTMAX and RELU. */
#include "kernels/params.h"
#include "kernels/reference/checks.h"
#include "kernels/reference/extent.h"
#include "kernels/reference/reference.h"

/* Whether every window along one dimension covers at least one element. */
static bool covered(int32_t output, int32_t stride, int32_t pad, int32_t filter, int32_t input) {
  if ((int64_t)output * stride > TH_EXTENT_LIMIT) return false;
  for (int32_t i = 0; i < output; ++i) {
    const th_taps taps = th_taps_inside(i * stride - pad, 1, filter, input);
    if (taps.first >= taps.end) return false;
  }
  return true;
}

static bool pool(const th_pool_2d_params *p, const th_operand *operands, int64_t element_bytes) {
  return TH_EXTENTS(1, p->batches, p->input_height, p->input_width, p->depth, p->output_height, p->output_width,
                    p->filter_height, p->filter_width, p->stride_height, p->stride_width) &&
         TH_EXTENTS(0, p->pad_top, p->pad_left) &&
         th_holds(&operands[0], TH_PRODUCT(p->batches, p->output_height, p->output_width, p->depth), element_bytes) &&
         th_holds(&operands[1], TH_PRODUCT(p->batches, p->input_height, p->input_width, p->depth), element_bytes) &&
         covered(p->output_height, p->stride_height, p->pad_top, p->filter_height, p->input_height) &&
         covered(p->output_width, p->stride_width, p->pad_left, p->filter_width, p->input_width);
}

bool th_check_pool_2d_s8(const void *params, const th_operand *operands) { return pool(params, operands, 1); }

bool th_check_pool_2d_s16(const void *params, const th_operand *operands) { return pool(params, operands, 2); }

static bool pad(const th_pad_params *p, const th_operand *operands, int64_t element_bytes) {
  if (!th_extents(p->input_dims, TH_PAD_MAX_DIMS, 1) || !th_extents(p->output_dims, TH_PAD_MAX_DIMS, 1) ||
      !th_extents(p->before, TH_PAD_MAX_DIMS, 0)) {
    return false;
  }
  for (int32_t i = 0; i < TH_PAD_MAX_DIMS; ++i) {
    if (p->before[i] + p->input_dims[i] > p->output_dims[i]) return false;
  }
  return th_holds(&operands[0], th_product(p->output_dims, TH_PAD_MAX_DIMS), element_bytes) &&
         th_holds(&operands[1], th_product(p->input_dims, TH_PAD_MAX_DIMS), element_bytes);
}

bool th_check_pad_s8(const void *params, const th_operand *operands) { return pad(params, operands, 1); }

bool th_check_pad_s16(const void *params, const th_operand *operands) { return pad(params, operands, 2); }

bool th_check_copy(const void *params, const th_operand *operands) {
  const th_copy_params *p = params;
  return p->size_bytes >= 0 && th_holds(&operands[0], p->size_bytes, 1) && th_holds(&operands[1], p->size_bytes, 1);
}

/* diff_min > 0 would leave a row without a sum, whose reciprocal is searched for ever. */
static bool softmax(const th_softmax_s8_params *p, const th_operand *operands, int64_t output_bytes) {
  const int64_t elements = TH_EXTENTS(1, p->rows, p->depth) ? TH_PRODUCT(p->rows, p->depth) : INT64_MAX;
  return p->depth <= 4095 && p->diff_min <= 0 && p->input_left_shift >= 0 &&
         p->input_left_shift <= 31 && th_holds(&operands[0], elements, output_bytes) &&
         th_holds(&operands[1], elements, 1);
}

bool th_check_softmax_s8(const void *params, const th_operand *operands) { return softmax(params, operands, 1); }

bool th_check_softmax_s8_s16(const void *params, const th_operand *operands) { return softmax(params, operands, 2); }

bool th_check_softmax_s16(const void *params, const th_operand *operands) {
  enum { TABLE_ENTRIES = 513 };
  const th_softmax_s16_params *p = params;
  if (!TH_EXTENTS(1, p->rows, p->depth) || p->depth > UINT16_MAX || !th_shifts(&p->input_shift, 1, 31)) return false;
  const int64_t elements = TH_PRODUCT(p->rows, p->depth);
  return th_holds(&operands[0], elements, 2) && th_holds(&operands[1], elements, 2) &&
         th_holds(&operands[2], TABLE_ENTRIES, 2) && th_holds(&operands[3], TABLE_ENTRIES, 2);
}

static bool relu(const void *params, const th_operand *operands, int64_t element_bytes) {
  const th_relu_params *p = params;
  return th_shifts(&p->output_shift, 1, 31) && TH_EXTENTS(1, p->elements) &&
         th_holds(&operands[0], p->elements, element_bytes) && th_holds(&operands[1], p->elements, element_bytes);
}

bool th_check_relu_s8(const void *params, const th_operand *operands) { return relu(params, operands, 1); }

bool th_check_relu_s16(const void *params, const th_operand *operands) { return relu(params, operands, 2); }
