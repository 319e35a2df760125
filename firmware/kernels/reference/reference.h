/* The reference kernels: plain C, bit-exact with TensorFlow Lite Micro's reference kernels, weights laid out as in the
 * .tflite. Operands: opcodes.h; parameters: params.h; signature: kernels.h. */
#ifndef TINYHIL_REFERENCE_H
#define TINYHIL_REFERENCE_H

#include <stdint.h>

void th_conv_2d_s8(const void *params, void *const *operands);
void th_depthwise_conv_2d_s8(const void *params, void *const *operands);
void th_fully_connected_s8(const void *params, void *const *operands);
void th_average_pool_2d_s8(const void *params, void *const *operands);
void th_max_pool_2d_s8(const void *params, void *const *operands);
void th_add_s8(const void *params, void *const *operands);
void th_copy(const void *params, void *const *operands);
void th_softmax_s8(const void *params, void *const *operands);
void th_softmax_s8_s16(const void *params, void *const *operands);
void th_relu_s8(const void *params, void *const *operands);
void th_relu_s16(const void *params, void *const *operands);
void th_pad_s8(const void *params, void *const *operands);
void th_mean_s8(const void *params, void *const *operands);
void th_quantize(const void *params, void *const *operands);
void th_requantize_tensor(const void *params, void *const *operands);
void th_dequantize(const void *params, void *const *operands);
void th_lookup_s8(const void *params, void *const *operands);
void th_strided_copy(const void *params, void *const *operands);
void th_sub_s8(const void *params, void *const *operands);
void th_mul_s8(const void *params, void *const *operands);
void th_add_s16(const void *params, void *const *operands);
void th_sub_s16(const void *params, void *const *operands);
void th_mul_s16(const void *params, void *const *operands);
void th_arithmetic_s32(const void *params, void *const *operands);
void th_maximum_minimum(const void *params, void *const *operands);
void th_prelu(const void *params, void *const *operands);
void th_leaky_relu_s16(const void *params, void *const *operands);
void th_logistic_s16(const void *params, void *const *operands);
void th_tanh_s16(const void *params, void *const *operands);
void th_resize_nearest_neighbor(const void *params, void *const *operands);
void th_resize_bilinear_s8(const void *params, void *const *operands);
void th_arg_max(const void *params, void *const *operands);
void th_mean_s16(const void *params, void *const *operands);
void th_reduce_max(const void *params, void *const *operands);
void th_conv_2d_s16(const void *params, void *const *operands);
void th_depthwise_conv_2d_s16(const void *params, void *const *operands);
void th_fully_connected_s16(const void *params, void *const *operands);
void th_average_pool_2d_s16(const void *params, void *const *operands);
void th_max_pool_2d_s16(const void *params, void *const *operands);
void th_pad_s16(const void *params, void *const *operands);
void th_softmax_s16(const void *params, void *const *operands);
void th_transpose_conv_s8(const void *params, void *const *operands);
void th_transpose_conv_s16(const void *params, void *const *operands);
void th_batch_matmul_s8(const void *params, void *const *operands);
void th_batch_matmul_s16(const void *params, void *const *operands);
void th_svdf_s8(const void *params, void *const *operands);
void th_svdf_s16(const void *params, void *const *operands);
void th_lstm_s8(const void *params, void *const *operands);
void th_lstm_s16(const void *params, void *const *operands);

/* The taps [first, end) of a one-dimensional window that lie inside the input. origin: where tap 0 lies. */
typedef struct {
  int32_t first;
  int32_t end;
} th_taps;

static inline th_taps th_taps_inside(int32_t origin, int32_t dilation, int32_t filter_size, int32_t input_size) {
  th_taps taps;
  const int32_t past = input_size - origin; /* distance from tap 0 to the end of the input */
  taps.first = origin < 0 ? (-origin + dilation - 1) / dilation : 0;
  taps.end = past <= 0 ? 0 : (past + dilation - 1) / dilation;
  if (taps.end > filter_size) taps.end = filter_size;
  return taps;
}

/* sum / count, rounded to nearest, halves away from zero; count > 0. */
static inline int32_t th_rounded_quotient(int32_t sum, int32_t count) {
  return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

#endif
