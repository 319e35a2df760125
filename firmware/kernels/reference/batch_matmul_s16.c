/* BATCH_MATMUL, int16 x int16 -> int16, either input transposed or broadcast over the batch; no zero points. */
#include "kernels/fixed_point.h"
#include "kernels/params.h"
#include "kernels/reference/reference.h"

/* One product of two matrices. output: [rows, columns]. */
static void multiply(const th_batch_matmul_params *p, int16_t *output, const int16_t *left, const int16_t *right) {
  for (int32_t row = 0; row < p->rows; ++row) {
    for (int32_t column = 0; column < p->columns; ++column) {
      const int16_t *a = left + row * p->left_row_stride;
      const int16_t *b = right + column * p->right_column_stride;
      int64_t acc = 0;
      for (int32_t i = 0; i < p->depth; ++i, a += p->left_depth_stride, b += p->right_depth_stride) {
        acc += *a * *b;
      }
      const int32_t scaled = th_requantize_wide(acc, p->output_multiplier, p->output_shift);
      *output++ = (int16_t)th_clamp(scaled, INT16_MIN, INT16_MAX);
    }
  }
}

/* operands: output [batch_dims, rows, columns], left, right. */
void th_batch_matmul_s16(const void *params, void *const *operands) {
  const th_batch_matmul_params *p = params;
  int16_t *output = operands[0];
  const int16_t *left = operands[1];
  const int16_t *right = operands[2];
  const int32_t *left_strides = p->left_batch_strides;
  const int32_t *right_strides = p->right_batch_strides;

  for (int32_t i = 0; i < p->batch_dims[0]; ++i) {
    for (int32_t j = 0; j < p->batch_dims[1]; ++j) {
      for (int32_t k = 0; k < p->batch_dims[2]; ++k, output += p->rows * p->columns) {
        multiply(p, output, left + i * left_strides[0] + j * left_strides[1] + k * left_strides[2],
                 right + i * right_strides[0] + j * right_strides[1] + k * right_strides[2]);
      }
    }
  }
}
