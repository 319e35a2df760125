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

#define TH_BROADCAST_MAX_DIMS 6
#define TH_PAD_MAX_DIMS 5
#define TH_MEAN_MAX_DIMS 4
#define TH_BATCH_MATMUL_BATCH_DIMS 3
#define TH_LSTM_GATES 4
#define TH_STRIDED_COPY_MAX_DIMS 6

/* groups = input_depth / filter_depth; output_depth is a multiple of it. int16: no zero points; accumulator_bits: 64, or
 * 32 (wrapping) as the biases have. int8: 32. */
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
  int32_t accumulator_bits;
} th_conv_2d_params;

/* output depth = input_depth * depth_multiplier. int16: no zero points, 64-bit accumulators. */
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
} th_depthwise_conv_2d_params;

typedef struct {
  int32_t batches;
  int32_t input_depth;
  int32_t output_depth;
  int32_t input_offset;
  int32_t filter_offset;
  int32_t output_offset;
  int32_t activation_min;
  int32_t activation_max;
  int32_t accumulator_bits;
} th_fully_connected_params;

/* Every window covers at least one element of the input. int8 and int16. */
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
} th_pool_2d_params;

/* dims: of the output, outermost first, adjacent dimensions merged, padded with 1 in front; strides: elements to
 * advance in each input, 0 where it is broadcast (so in all kernels of two inputs). left_shift: applied before
 * rescaling. ADD and SUB, int8 and int16. */
typedef struct {
  int32_t dims[TH_BROADCAST_MAX_DIMS];
  int32_t input1_strides[TH_BROADCAST_MAX_DIMS];
  int32_t input2_strides[TH_BROADCAST_MAX_DIMS];
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
} th_add_params;

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
} th_relu_params;

/* Dimensions outermost first, padded with 1 in front; before[i] + input_dims[i] <= output_dims[i]. */
typedef struct {
  int32_t input_dims[TH_PAD_MAX_DIMS];
  int32_t output_dims[TH_PAD_MAX_DIMS];
  int32_t before[TH_PAD_MAX_DIMS];
  int32_t pad_value;
} th_pad_params;

/* Dimensions that stay and dimensions that are averaged (or summed) away, outermost first, padded with 1 in front, each with its
 * stride in elements of the input. sum_offset = -zero point * averaged elements; 1 / averaged elements is part of the
 * multiplier, except in SUM. */
typedef struct {
  int32_t kept_dims[TH_MEAN_MAX_DIMS];
  int32_t kept_strides[TH_MEAN_MAX_DIMS];
  int32_t reduced_dims[TH_MEAN_MAX_DIMS];
  int32_t reduced_strides[TH_MEAN_MAX_DIMS];
  int32_t sum_offset;
  int32_t output_multiplier;
  int32_t output_shift;
  int32_t output_offset;
} th_mean_params;

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

/* No zero points in int16. */
typedef struct {
  int32_t dims[TH_BROADCAST_MAX_DIMS];
  int32_t input1_strides[TH_BROADCAST_MAX_DIMS];
  int32_t input2_strides[TH_BROADCAST_MAX_DIMS];
  int32_t input1_offset;
  int32_t input2_offset;
  int32_t output_offset;
  int32_t output_multiplier;
  int32_t output_shift;
  int32_t activation_min;
  int32_t activation_max;
} th_mul_params;

enum th_arithmetic { TH_ARITHMETIC_ADD = 0, TH_ARITHMETIC_SUB = 1, TH_ARITHMETIC_MUL = 2 };

/* operation: enum th_arithmetic. */
typedef struct {
  int32_t dims[TH_BROADCAST_MAX_DIMS];
  int32_t input1_strides[TH_BROADCAST_MAX_DIMS];
  int32_t input2_strides[TH_BROADCAST_MAX_DIMS];
  int32_t operation;
  int32_t activation_min;
  int32_t activation_max;
} th_arithmetic_s32_params;

/* dtype: enum th_dtype, of the output and both inputs; is_maximum: 1 or 0. */
typedef struct {
  int32_t dims[TH_BROADCAST_MAX_DIMS];
  int32_t input1_strides[TH_BROADCAST_MAX_DIMS];
  int32_t input2_strides[TH_BROADCAST_MAX_DIMS];
  int32_t dtype;
  int32_t is_maximum;
} th_maximum_minimum_params;

/* dtype: enum th_dtype, of input and output. */
typedef struct {
  int32_t dims[TH_BROADCAST_MAX_DIMS];
  int32_t input1_strides[TH_BROADCAST_MAX_DIMS];
  int32_t input2_strides[TH_BROADCAST_MAX_DIMS];
  int32_t dtype;
  int32_t input_offset;
  int32_t slope_offset;
  int32_t output_offset;
  int32_t identity_multiplier;
  int32_t identity_shift;
  int32_t slope_multiplier;
  int32_t slope_shift;
} th_prelu_params;

/* alpha_is_negative: 1 where the product with alpha's factor changes its sign, else 0. */
typedef struct {
  int32_t elements;
  int32_t input_offset;
  int32_t output_offset;
  int32_t identity_multiplier;
  int32_t identity_shift;
  int32_t alpha_multiplier;
  int32_t alpha_shift;
  int32_t alpha_is_negative;
} th_leaky_relu_s16_params;

typedef struct {
  int32_t elements;
} th_lookup_s8_params;

/* input_multiplier in [0, 32767], input_right_shift in [0, 31]: the input times multiplier * 2^-right_shift counts in
 * steps of 1 / (24 * 512) (LOGISTIC) or 1 / (48 * 256) (TANH). */
typedef struct {
  int32_t elements;
  int32_t input_multiplier;
  int32_t input_right_shift;
} th_sigmoid_s16_params;

/* Extents outermost first, padded with 1 in front; strides and offsets in bytes. The innermost dimension steps over
 * blocks of block_bytes. */
typedef struct {
  int32_t dims[TH_STRIDED_COPY_MAX_DIMS];
  int32_t input_strides[TH_STRIDED_COPY_MAX_DIMS];
  int32_t output_strides[TH_STRIDED_COPY_MAX_DIMS];
  int32_t input_offset;
  int32_t output_offset;
  int32_t block_bytes;
} th_strided_copy_params;

/* pixel_bytes: of all channels of a pixel. */
typedef struct {
  int32_t batches;
  int32_t input_height;
  int32_t input_width;
  int32_t output_height;
  int32_t output_width;
  int32_t pixel_bytes;
} th_resize_nearest_neighbor_params;

/* Scales: steps of the input for one of the output, with ten fractional bits; half_pixel_centers: 1 or 0. */
typedef struct {
  int32_t batches;
  int32_t input_height;
  int32_t input_width;
  int32_t depth;
  int32_t output_height;
  int32_t output_width;
  int32_t height_scale;
  int32_t width_scale;
  int32_t half_pixel_centers;
} th_resize_bilinear_s8_params;

/* outer, inner: product of the dimensions before and behind the reduced one; dtype: enum th_dtype; is_maximum: 1 or
 * 0. */
typedef struct {
  int32_t outer;
  int32_t extent;
  int32_t inner;
  int32_t dtype;
  int32_t is_maximum;
} th_arg_max_params;

/* As in th_mean_params; dtype: enum th_dtype; is_maximum: 1 or 0. */
typedef struct {
  int32_t kept_dims[TH_MEAN_MAX_DIMS];
  int32_t kept_strides[TH_MEAN_MAX_DIMS];
  int32_t reduced_dims[TH_MEAN_MAX_DIMS];
  int32_t reduced_strides[TH_MEAN_MAX_DIMS];
  int32_t dtype;
  int32_t is_maximum;
} th_reduce_max_params;

/* SOFTMAX of int16: a difference to the row's maximum (<= 0) times multiplier and shift is the argument of exp on
 * [-10, 0], in steps of 10 / 65535. depth <= 65535. */
typedef struct {
  int32_t rows;
  int32_t depth;
  int32_t input_multiplier;
  int32_t input_shift;
} th_softmax_s16_params;

/* An output at (y, x) gathers what the input at (iy, ix) scatters to iy * stride - pad + tap. int16: no zero points. */
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
  int32_t stride_height;
  int32_t stride_width;
  int32_t pad_top;
  int32_t pad_left;
  int32_t input_offset;
  int32_t output_offset;
  int32_t activation_min;
  int32_t activation_max;
} th_transpose_conv_params;

/* output[batch, row, column] = sum over depth of left * right. Strides in elements; batch strides are 0 where an input is
 * broadcast. int16: no zero points. */
typedef struct {
  int32_t batch_dims[TH_BATCH_MATMUL_BATCH_DIMS];
  int32_t left_batch_strides[TH_BATCH_MATMUL_BATCH_DIMS];
  int32_t right_batch_strides[TH_BATCH_MATMUL_BATCH_DIMS];
  int32_t rows;
  int32_t columns;
  int32_t depth;
  int32_t left_row_stride;
  int32_t left_depth_stride;
  int32_t right_depth_stride;
  int32_t right_column_stride;
  int32_t left_offset;
  int32_t right_offset;
  int32_t output_offset;
  int32_t output_multiplier;
  int32_t output_shift;
} th_batch_matmul_params;

/* filters = units * rank. state_offset is added to what is stored in the state, and taken away again. */
typedef struct {
  int32_t batches;
  int32_t input_depth;
  int32_t units;
  int32_t rank;
  int32_t memory;
  int32_t input_offset;
  int32_t state_multiplier;
  int32_t state_shift;
  int32_t state_offset;
  int32_t output_multiplier;
  int32_t output_shift;
  int32_t output_offset;
} th_svdf_params;

/* Gates in the order input, forget, cell, output. The factors of a gate rescale the sums over input and hidden state to
 * Q3.12. Steps of sequence `batch` at `time` are at row batch * batch_stride + time * time_stride. cell_clip: the cell
 * state's bound, 32768 for none. tanh_*: as in th_sigmoid_s16_params, from the cell state's scale. */
typedef struct {
  int32_t batches;
  int32_t time_steps;
  int32_t batch_stride;
  int32_t time_stride;
  int32_t input_depth;
  int32_t state_depth;
  int32_t input_offset;
  int32_t hidden_offset;
  int32_t input_multipliers[TH_LSTM_GATES];
  int32_t input_shifts[TH_LSTM_GATES];
  int32_t recurrent_multipliers[TH_LSTM_GATES];
  int32_t recurrent_shifts[TH_LSTM_GATES];
  int32_t forget_multiplier;
  int32_t forget_shift;
  int32_t update_multiplier;
  int32_t update_shift;
  int32_t hidden_multiplier;
  int32_t hidden_shift;
  int32_t cell_clip;
  int32_t tanh_multiplier;
  int32_t tanh_right_shift;
} th_lstm_params;

#endif
