/* The parameter struct of every kernel: everything that does not depend on the data, computed by the host
 * (harness/engines/plan/lower). Only 4-byte fields, so that no compiler pads. harness/engines/plan/opcodes.py mirrors
 * this file; tests/unit/test_opcodes.py compares the two.
 *
 * Common meanings: *_offset is the zero point as it is added (inputs: negated); a multiplier in [0, 2^31) and a shift in
 * [-31, 30] stand for the real factor multiplier * 2^(shift - 31); activation_min/max bound the output. Tensors are NHWC.
 * The host guarantees that no 32-bit accumulator overflows and that every index stays inside its operand. */
#ifndef TINYHIL_PARAMS_H
#define TINYHIL_PARAMS_H

#include <stdint.h>

#define TH_ADD_MAX_DIMS 6
#define TH_PAD_MAX_DIMS 5
#define TH_MEAN_MAX_DIMS 4

/* groups = input_depth / filter_depth; output_depth is a multiple of it. */
typedef struct {
  int32_t batches;
  int32_t input_height;
  int32_t input_width;
  int32_t input_depth;
  int32_t output_height;
  int32_t output_width;
  int32_t output_depth;
  int32_t filter_height;
  int32_t filter_width;
  int32_t filter_depth;
  int32_t stride_height;
  int32_t stride_width;
  int32_t dilation_height;
  int32_t dilation_width;
  int32_t pad_top;
  int32_t pad_left;
  int32_t input_offset;
  int32_t output_offset;
  int32_t activation_min;
  int32_t activation_max;
} th_conv_2d_s8_params;

/* output depth = input_depth * depth_multiplier. */
typedef struct {
  int32_t batches;
  int32_t input_height;
  int32_t input_width;
  int32_t input_depth;
  int32_t output_height;
  int32_t output_width;
  int32_t depth_multiplier;
  int32_t filter_height;
  int32_t filter_width;
  int32_t stride_height;
  int32_t stride_width;
  int32_t dilation_height;
  int32_t dilation_width;
  int32_t pad_top;
  int32_t pad_left;
  int32_t input_offset;
  int32_t output_offset;
  int32_t activation_min;
  int32_t activation_max;
} th_depthwise_conv_2d_s8_params;

typedef struct {
  int32_t batches;
  int32_t input_depth;
  int32_t output_depth;
  int32_t input_offset;
  int32_t filter_offset;
  int32_t output_offset;
  int32_t activation_min;
  int32_t activation_max;
} th_fully_connected_s8_params;

/* Every window covers at least one element of the input. */
typedef struct {
  int32_t batches;
  int32_t input_height;
  int32_t input_width;
  int32_t depth;
  int32_t output_height;
  int32_t output_width;
  int32_t filter_height;
  int32_t filter_width;
  int32_t stride_height;
  int32_t stride_width;
  int32_t pad_top;
  int32_t pad_left;
  int32_t activation_min;
  int32_t activation_max;
} th_pool_2d_s8_params;

/* dims: of the output, outermost first, adjacent dimensions merged, padded with 1 in front.
 * strides: elements to advance in each input, 0 where it is broadcast. left_shift: applied before rescaling. */
typedef struct {
  int32_t dims[TH_ADD_MAX_DIMS];
  int32_t input1_strides[TH_ADD_MAX_DIMS];
  int32_t input2_strides[TH_ADD_MAX_DIMS];
  int32_t left_shift;
  int32_t input1_offset;
  int32_t input1_multiplier;
  int32_t input1_shift;
  int32_t input2_offset;
  int32_t input2_multiplier;
  int32_t input2_shift;
  int32_t output_offset;
  int32_t output_multiplier;
  int32_t output_shift;
  int32_t activation_min;
  int32_t activation_max;
} th_add_s8_params;

typedef struct {
  int32_t size_bytes;
} th_copy_params;

/* Softmax over rows of `depth` (1..4095); differences below diff_min (<= 0) to the row's maximum count as zero. */
typedef struct {
  int32_t rows;
  int32_t depth;
  int32_t input_multiplier;
  int32_t input_left_shift;
  int32_t diff_min;
} th_softmax_s8_params;

typedef struct {
  int32_t elements;
  int32_t input_offset;
  int32_t output_multiplier;
  int32_t output_shift;
  int32_t output_offset;
  int32_t activation_min;
  int32_t activation_max;
} th_relu_s8_params;

/* Dimensions outermost first, padded with 1 in front; before[i] + input_dims[i] <= output_dims[i]. */
typedef struct {
  int32_t input_dims[TH_PAD_MAX_DIMS];
  int32_t output_dims[TH_PAD_MAX_DIMS];
  int32_t before[TH_PAD_MAX_DIMS];
  int32_t pad_value;
} th_pad_s8_params;

/* Dimensions that stay and dimensions that are averaged away, outermost first, padded with 1 in front, each with its
 * stride in elements of the input. sum_offset = -zero point * averaged elements; 1 / averaged elements is part of the
 * multiplier. */
typedef struct {
  int32_t kept_dims[TH_MEAN_MAX_DIMS];
  int32_t kept_strides[TH_MEAN_MAX_DIMS];
  int32_t reduced_dims[TH_MEAN_MAX_DIMS];
  int32_t reduced_strides[TH_MEAN_MAX_DIMS];
  int32_t sum_offset;
  int32_t output_multiplier;
  int32_t output_shift;
  int32_t output_offset;
} th_mean_s8_params;

/* output_dtype: enum th_dtype (engines/plan/plan_format.h). */
typedef struct {
  int32_t elements;
  int32_t output_dtype;
  int32_t zero_point;
  float scale;
} th_quantize_params;

typedef struct {
  int32_t elements;
  int32_t input_dtype;
  int32_t output_dtype;
  int32_t input_offset;
  int32_t output_multiplier;
  int32_t output_shift;
  int32_t output_offset;
} th_requantize_params;

typedef struct {
  int32_t elements;
  int32_t input_dtype;
  int32_t zero_point;
  float scale;
} th_dequantize_params;

#endif
