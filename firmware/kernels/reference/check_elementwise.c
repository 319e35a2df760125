/* Checks of kernels that work element by element: two inputs that broadcast, functions of one input, changes of type. */
#include "kernels/params.h"
#include "kernels/reference/checks.h"
#include "kernels/reference/extent.h"

/* Bytes of a type that th_load and th_store know, 0 for any other. */
static int64_t integer_bytes(int32_t dtype) {
  switch (dtype) {
    case TH_INT8:
    case TH_UINT8:
      return 1;
    case TH_INT16:
      return 2;
    case TH_INT32:
      return 4;
    default:
      return 0;
  }
}

/* Whether an operand holds all that a walk over `dims` with these strides (none negative) reaches. */
static bool reaches(const th_operand *operand, const int32_t *dims, const int32_t *strides, int64_t element_bytes) {
  int64_t last = 0;
  if (!th_extents(strides, TH_BROADCAST_MAX_DIMS, 0)) return false;
  for (int32_t i = 0; i < TH_BROADCAST_MAX_DIMS; ++i) {
    last += (int64_t)(dims[i] - 1) * strides[i];
    if (last >= INT32_MAX) return false;
  }
  return th_holds(operand, last + 1, element_bytes);
}

/* Two inputs that broadcast; second_bytes: of an element of input 2. */
static bool pairs(const int32_t *dims, const int32_t *strides1, const int32_t *strides2, const th_operand *operands,
                  int64_t element_bytes, int64_t second_bytes) {
  return th_extents(dims, TH_BROADCAST_MAX_DIMS, 1) &&
         th_holds(&operands[0], th_product(dims, TH_BROADCAST_MAX_DIMS), element_bytes) &&
         reaches(&operands[1], dims, strides1, element_bytes) && reaches(&operands[2], dims, strides2, second_bytes);
}

static bool shift_in_range(int32_t shift) { return shift >= -31 && shift <= 31; }

static bool add(const th_add_params *p, const th_operand *operands, int64_t element_bytes) {
  return pairs(p->dims, p->input1_strides, p->input2_strides, operands, element_bytes, element_bytes) &&
         p->left_shift >= 0 && p->left_shift <= 30 && shift_in_range(p->input1_shift) &&
         shift_in_range(p->input2_shift) && shift_in_range(p->output_shift);
}

bool th_check_add_s8(const void *params, const th_operand *operands) { return add(params, operands, 1); }

bool th_check_add_s16(const void *params, const th_operand *operands) { return add(params, operands, 2); }

static bool mul(const th_mul_params *p, const th_operand *operands, int64_t element_bytes) {
  return pairs(p->dims, p->input1_strides, p->input2_strides, operands, element_bytes, element_bytes) &&
         shift_in_range(p->output_shift);
}

bool th_check_mul_s8(const void *params, const th_operand *operands) { return mul(params, operands, 1); }

bool th_check_mul_s16(const void *params, const th_operand *operands) { return mul(params, operands, 2); }

bool th_check_arithmetic_s32(const void *params, const th_operand *operands) {
  const th_arithmetic_s32_params *p = params;
  return pairs(p->dims, p->input1_strides, p->input2_strides, operands, 4, 4);
}

bool th_check_maximum_minimum(const void *params, const th_operand *operands) {
  const th_maximum_minimum_params *p = params;
  const int64_t bytes = integer_bytes(p->dtype);
  return bytes != 0 && pairs(p->dims, p->input1_strides, p->input2_strides, operands, bytes, bytes);
}

bool th_check_prelu(const void *params, const th_operand *operands) {
  const th_prelu_params *p = params;
  const int64_t bytes = integer_bytes(p->dtype);
  return bytes != 0 && bytes <= 2 && pairs(p->dims, p->input1_strides, p->input2_strides, operands, bytes, 1) &&
         shift_in_range(p->identity_shift) && shift_in_range(p->slope_shift);
}

/* One input and one output of `elements`. */
static bool each(int32_t elements, const th_operand *operands, int64_t output_bytes, int64_t input_bytes) {
  return TH_EXTENTS(1, elements) && th_holds(&operands[0], elements, output_bytes) &&
         th_holds(&operands[1], elements, input_bytes);
}

bool th_check_leaky_relu_s16(const void *params, const th_operand *operands) {
  const th_leaky_relu_s16_params *p = params;
  return each(p->elements, operands, 2, 2) && shift_in_range(p->identity_shift) && shift_in_range(p->alpha_shift);
}

bool th_check_lookup_s8(const void *params, const th_operand *operands) {
  const th_lookup_s8_params *p = params;
  return each(p->elements, operands, 1, 1) && th_holds(&operands[2], 256, 1);
}

bool th_check_sigmoid_s16(const void *params, const th_operand *operands) {
  const th_sigmoid_s16_params *p = params;
  return each(p->elements, operands, 2, 2) && th_holds(&operands[2], 256, 2) && p->input_multiplier >= 0 &&
         p->input_multiplier <= INT16_MAX && p->input_right_shift >= 0 && p->input_right_shift <= 31;
}

bool th_check_quantize(const void *params, const th_operand *operands) {
  const th_quantize_params *p = params;
  return (p->output_dtype == TH_INT8 || p->output_dtype == TH_INT16) &&
         each(p->elements, operands, integer_bytes(p->output_dtype), 4);
}

bool th_check_requantize(const void *params, const th_operand *operands) {
  const th_requantize_params *p = params;
  const int64_t output_bytes = integer_bytes(p->output_dtype);
  const int64_t input_bytes = integer_bytes(p->input_dtype);
  return output_bytes != 0 && input_bytes != 0 && each(p->elements, operands, output_bytes, input_bytes) &&
         shift_in_range(p->output_shift);
}

bool th_check_dequantize(const void *params, const th_operand *operands) {
  const th_dequantize_params *p = params;
  const int64_t bytes = integer_bytes(p->input_dtype);
  return bytes != 0 && bytes <= 2 && each(p->elements, operands, 4, bytes);
}

bool th_check_arg_max(const void *params, const th_operand *operands) {
  const th_arg_max_params *p = params;
  const int64_t bytes = integer_bytes(p->dtype);
  return bytes != 0 && TH_EXTENTS(1, p->outer, p->extent, p->inner) &&
         th_holds(&operands[0], TH_PRODUCT(p->outer, p->inner), 4) &&
         th_holds(&operands[1], TH_PRODUCT(p->outer, p->extent, p->inner), bytes);
}
