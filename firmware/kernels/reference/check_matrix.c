/* Checks of FULLY_CONNECTED, BATCH_MATMUL, SVDF and LSTM. */
#include "kernels/params.h"
#include "kernels/reference/checks.h"
#include "kernels/reference/extent.h"

static bool fully_connected(const th_fully_connected_params *p, const th_operand *operands, int64_t element_bytes,
                            int64_t bias_bytes) {
  return TH_EXTENTS(1, p->batches, p->input_depth, p->output_depth) &&
         th_holds(&operands[0], TH_PRODUCT(p->batches, p->output_depth), element_bytes) &&
         th_holds(&operands[1], TH_PRODUCT(p->batches, p->input_depth), element_bytes) &&
         th_holds(&operands[2], TH_PRODUCT(p->output_depth, p->input_depth), 1) &&
         th_holds_channels(operands, 4, p->output_depth, bias_bytes);
}

bool th_check_fully_connected_s8(const void *params, const th_operand *operands) {
  return fully_connected(params, operands, 1, 4);
}

bool th_check_fully_connected_s16(const void *params, const th_operand *operands) {
  const th_fully_connected_params *p = params;
  return fully_connected(p, operands, 2, p->accumulator_bits == 32 ? 4 : 8);
}

/* The furthest element that a walk of `count` nested loops reaches, plus one. */
static int64_t reach(const int32_t *extents, const int32_t *strides, size_t count) {
  int64_t last = 0;
  for (size_t i = 0; i < count; ++i) {
    const int64_t step = (int64_t)(extents[i] - 1) * strides[i];
    if (step > INT32_MAX) return INT64_C(1) << 31;
    last += step;
  }
  return last + 1;
}

static bool batch_matmul(const th_batch_matmul_params *p, const th_operand *operands, int64_t element_bytes,
                         int32_t shift_limit) {
  const int32_t *batch = p->batch_dims;
  const int32_t *left = p->left_batch_strides;
  const int32_t *right = p->right_batch_strides;
  const int32_t left_strides[] = {left[0], left[1], left[2], p->left_row_stride, p->left_depth_stride};
  const int32_t right_strides[] = {right[0], right[1], right[2], p->right_depth_stride, p->right_column_stride};
  const int32_t left_extents[] = {batch[0], batch[1], batch[2], p->rows, p->depth};
  const int32_t right_extents[] = {batch[0], batch[1], batch[2], p->depth, p->columns};
  if (p->depth < 1 || (uint32_t)p->depth > operands[1].bytes) return false; /* no element of a row is met twice */
  return th_shifts(&p->output_shift, 1, shift_limit) && th_extents(left_extents, 5, 1) &&
         th_extents(right_extents, 5, 1) && th_extents(left_strides, 5, 0) && th_extents(right_strides, 5, 0) &&
         th_holds(&operands[0], TH_PRODUCT(batch[0], batch[1], batch[2], p->rows, p->columns), element_bytes) &&
         th_holds(&operands[1], reach(left_extents, left_strides, 5), element_bytes) &&
         th_holds(&operands[2], reach(right_extents, right_strides, 5), element_bytes);
}

bool th_check_batch_matmul_s8(const void *params, const th_operand *operands) {
  return batch_matmul(params, operands, 1, 31);
}

bool th_check_batch_matmul_s16(const void *params, const th_operand *operands) {
  return batch_matmul(params, operands, 2, 7);
}

static bool svdf(const th_svdf_params *p, const th_operand *operands, int64_t state_bytes) {
  const int32_t shifts[] = {p->state_shift, p->output_shift};
  return th_shifts(shifts, 2, 31) && TH_EXTENTS(1, p->batches, p->input_depth, p->units, p->rank, p->memory) &&
         th_holds(&operands[0], TH_PRODUCT(p->batches, p->units), 1) &&
         th_holds(&operands[1], TH_PRODUCT(p->batches, p->units, p->rank, p->memory), state_bytes) &&
         th_holds(&operands[2], TH_PRODUCT(p->batches, p->input_depth), 1) &&
         th_holds(&operands[3], TH_PRODUCT(p->units, p->rank, p->input_depth), 1) &&
         th_holds(&operands[4], TH_PRODUCT(p->units, p->rank, p->memory), state_bytes) &&
         (operands[5].bytes == 0 || th_holds(&operands[5], p->units, 4));
}

bool th_check_svdf_s8(const void *params, const th_operand *operands) { return svdf(params, operands, 1); }

bool th_check_svdf_s16(const void *params, const th_operand *operands) { return svdf(params, operands, 2); }

static bool lstm(const th_lstm_params *p, const th_operand *operands, int64_t element_bytes, int64_t bias_bytes,
                 int32_t shift_limit) {
  enum { TABLE_ENTRIES = 256 };
  const int32_t steps[] = {p->batches, p->time_steps};
  const int32_t strides[] = {p->batch_stride, p->time_stride};
  const int32_t shifts[] = {p->forget_shift, p->update_shift, p->hidden_shift};
  if (!th_shifts(shifts, 3, 31) || !th_shifts(p->input_shifts, TH_LSTM_GATES, shift_limit) ||
      !th_shifts(p->recurrent_shifts, TH_LSTM_GATES, shift_limit) || p->tanh_multiplier < 0 ||
      p->tanh_multiplier > UINT16_MAX || p->tanh_right_shift < 0 || p->tanh_right_shift > 31) {
    return false;
  }
  if (!th_extents(steps, 2, 1) || !th_extents(strides, 2, 1) || !TH_EXTENTS(1, p->input_depth, p->state_depth)) {
    return false;
  }
  const int64_t rows = reach(steps, strides, 2);
  if (rows > TH_EXTENT_LIMIT || operands[6].ref % bias_bytes != 0) return false;
  return th_holds(&operands[0], TH_PRODUCT((int32_t)rows, p->state_depth), element_bytes) &&
         th_holds(&operands[1], TH_PRODUCT(p->batches, p->state_depth), element_bytes) &&
         th_holds(&operands[2], TH_PRODUCT(p->batches, p->state_depth), 2) &&
         th_holds(&operands[3], TH_PRODUCT((int32_t)rows, p->input_depth), element_bytes) &&
         th_holds(&operands[4], TH_PRODUCT(TH_LSTM_GATES, p->state_depth, p->input_depth), 1) &&
         th_holds(&operands[5], TH_PRODUCT(TH_LSTM_GATES, p->state_depth, p->state_depth), 1) &&
         th_holds(&operands[6], TH_PRODUCT(TH_LSTM_GATES, p->state_depth), bias_bytes) &&
         th_holds(&operands[7], TABLE_ENTRIES, 2);
}

bool th_check_lstm_s8(const void *params, const th_operand *operands) { return lstm(params, operands, 1, 4, 31); }

bool th_check_lstm_s16(const void *params, const th_operand *operands) { return lstm(params, operands, 2, 8, 7); }
