/* What the loader asks before it lets a kernel run: th_kernel_check_fn of kernels.h, one for each parameter struct and
 * element size. */
#ifndef TINYHIL_CHECKS_H
#define TINYHIL_CHECKS_H

#include <stdbool.h>

#include "engines/plan/plan_format.h"

/* Which operand of those kernels that have a bias is the bias: optional_operands. */
enum { OPTIONAL_BIAS = 1 << 3, OPTIONAL_SVDF_BIAS = 1 << 5 };

bool th_check_conv_2d_s8(const void *params, const th_operand *operands);
bool th_check_conv_2d_s16(const void *params, const th_operand *operands);
bool th_check_depthwise_conv_2d_s8(const void *params, const th_operand *operands);
bool th_check_depthwise_conv_2d_s16(const void *params, const th_operand *operands);
bool th_check_transpose_conv_s8(const void *params, const th_operand *operands);
bool th_check_transpose_conv_s16(const void *params, const th_operand *operands);
bool th_check_fully_connected_s8(const void *params, const th_operand *operands);
bool th_check_fully_connected_s16(const void *params, const th_operand *operands);
bool th_check_batch_matmul_s8(const void *params, const th_operand *operands);
bool th_check_batch_matmul_s16(const void *params, const th_operand *operands);
bool th_check_svdf_s8(const void *params, const th_operand *operands);
bool th_check_svdf_s16(const void *params, const th_operand *operands);
bool th_check_lstm_s8(const void *params, const th_operand *operands);
bool th_check_lstm_s16(const void *params, const th_operand *operands);
bool th_check_pool_2d_s8(const void *params, const th_operand *operands);
bool th_check_pool_2d_s16(const void *params, const th_operand *operands);
bool th_check_pad_s8(const void *params, const th_operand *operands);
bool th_check_pad_s16(const void *params, const th_operand *operands);
bool th_check_copy(const void *params, const th_operand *operands);
bool th_check_softmax_s8(const void *params, const th_operand *operands);
bool th_check_softmax_s8_s16(const void *params, const th_operand *operands);
bool th_check_softmax_s16(const void *params, const th_operand *operands);
bool th_check_relu_s8(const void *params, const th_operand *operands);
bool th_check_relu_s16(const void *params, const th_operand *operands);
bool th_check_add_s8(const void *params, const th_operand *operands);
bool th_check_add_s16(const void *params, const th_operand *operands);
bool th_check_mul_s8(const void *params, const th_operand *operands);
bool th_check_mul_s16(const void *params, const th_operand *operands);
bool th_check_mean_s8(const void *params, const th_operand *operands);
bool th_check_mean_s16(const void *params, const th_operand *operands);
bool th_check_quantize(const void *params, const th_operand *operands);
bool th_check_requantize(const void *params, const th_operand *operands);
bool th_check_dequantize(const void *params, const th_operand *operands);
bool th_check_lookup_s8(const void *params, const th_operand *operands);
bool th_check_strided_copy(const void *params, const th_operand *operands);
bool th_check_arithmetic_s32(const void *params, const th_operand *operands);
bool th_check_maximum_minimum(const void *params, const th_operand *operands);
bool th_check_prelu(const void *params, const th_operand *operands);
bool th_check_leaky_relu_s16(const void *params, const th_operand *operands);
bool th_check_sigmoid_s16(const void *params, const th_operand *operands);
bool th_check_resize_nearest_neighbor(const void *params, const th_operand *operands);
bool th_check_resize_bilinear_s8(const void *params, const th_operand *operands);
bool th_check_arg_max(const void *params, const th_operand *operands);
bool th_check_reduce_max(const void *params, const th_operand *operands);

#endif
