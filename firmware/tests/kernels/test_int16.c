/* Kernels of int16 and of state on small examples worked out by hand, operands in heap blocks of exactly their size. One byte
 * less of any operand must be refused. */
#include <math.h>
#include <stdbool.h>

#include "check.h"
#include "engines/plan/plan_format.h"
#include "kernels/kernels.h"
#include "kernels/opcodes.h"
#include "kernels/params.h"

/* HALF as multiplier: x * 2^(shift - 1). */
enum { MAX_OPERANDS = 8, HALF = 1 << 30 };

typedef struct {
  void *data; /* NULL: absent */
  size_t bytes;
} operand;

#define OPERAND(array) ((operand){(array), sizeof(array)})
#define ABSENT ((operand){NULL, 0})

static const th_kernel *find(uint16_t opcode) {
  for (const th_kernel *kernel = th_kernel_table; kernel->run != NULL; ++kernel) {
    if (kernel->opcode == opcode) return kernel;
  }
  fprintf(stderr, "no kernel %u\n", opcode);
  exit(EXIT_FAILURE);
}

/* Whether the loader would let this call through with `missing` bytes less of one operand. */
static bool accepted(const th_kernel *kernel, const void *params, const operand *all, int which, uint32_t missing) {
  th_operand operands[MAX_OPERANDS] = {{0, 0}};
  for (int i = 0; i < kernel->operand_count; ++i) operands[i].bytes = (uint32_t)all[i].bytes;
  operands[which].bytes -= missing;
  return kernel->check(params, operands);
}

/* Runs a kernel on copies and writes back what it may write; everything else must come out unchanged. */
static void run(uint16_t opcode, const void *params, size_t param_bytes, const operand *all) {
  const th_kernel *kernel = find(opcode);
  void *operands[MAX_OPERANDS] = {NULL};
  void *own_params = exact(params, param_bytes);
  CHECK_EQ(kernel->param_bytes, param_bytes);
  CHECK_EQ(accepted(kernel, params, all, 0, 0), true);
  for (int i = 0; i < kernel->operand_count; ++i) {
    if (all[i].data == NULL) {
      CHECK_EQ(kernel->optional_operands >> i & 1, 1);
      continue;
    }
    CHECK_EQ(accepted(kernel, params, all, i, 1), false);
    operands[i] = exact(all[i].data, all[i].bytes);
  }
  kernel->run(own_params, operands);
  for (int i = 0; i < kernel->operand_count; ++i) {
    if (operands[i] == NULL) continue;
    if (i < kernel->output_count) {
      memcpy(all[i].data, operands[i], all[i].bytes);
    } else {
      CHECK_EQ(memcmp(operands[i], all[i].data, all[i].bytes), 0);
    }
    free(operands[i]);
  }
  free(own_params);
}

#define RUN(opcode, params, ...) run(opcode, &(params), sizeof(params), (const operand[]){__VA_ARGS__})

/* A 1x3 image, taps -1 and 1 apart: 2 outputs. */
static void conv_accumulates_in_64_or_32_bits(void) {
  th_conv_2d_params p = {.batches = 1, .input_height = 1, .input_width = 3, .input_depth = 1, .output_height = 1,
      .output_width = 2, .output_depth = 1, .filter_height = 1, .filter_width = 2, .filter_depth = 1,
      .stride_height = 1, .stride_width = 1, .dilation_height = 1, .dilation_width = 1, .activation_min = INT16_MIN,
      .activation_max = 30000, .accumulator_bits = 64};
  int16_t input[3] = {100, 20000, 32767}, output[2];
  int8_t filter[2] = {-1, 2};
  int64_t wide[1] = {INT64_C(1) << 40};
  int32_t narrow[1] = {INT32_MAX}, multipliers[1] = {HALF}, shifts[1] = {0};
  RUN(TH_OP_CONV_2D_S16, p, OPERAND(output), OPERAND(input), OPERAND(filter), ABSENT, OPERAND(multipliers),
      OPERAND(shifts));
  CHECK_EQ(output[0], 39900 / 2);
  CHECK_EQ(output[1], 45534 / 2);
  shifts[0] = -26; /* 2^40 * 2^-27 = 8192 */
  RUN(TH_OP_CONV_2D_S16, p, OPERAND(output), OPERAND(input), OPERAND(filter), OPERAND(wide), OPERAND(multipliers),
      OPERAND(shifts));
  CHECK_EQ(output[0], 8192);
  CHECK_EQ(output[1], 8192);
  p.accumulator_bits = 32; /* INT32_MAX + 39900 wraps to about -2^31 */
  RUN(TH_OP_CONV_2D_S16, p, OPERAND(output), OPERAND(input), OPERAND(filter), OPERAND(narrow), OPERAND(multipliers),
      OPERAND(shifts));
  CHECK_EQ(output[0], -16);
}

static void depthwise_takes_each_channel_by_itself(void) {
  const th_depthwise_conv_2d_params p = {.batches = 1, .input_height = 1, .input_width = 1, .input_depth = 2,
      .output_height = 1, .output_width = 1, .depth_multiplier = 2, .filter_height = 1, .filter_width = 1,
      .stride_height = 1, .stride_width = 1, .dilation_height = 1, .dilation_width = 1, .activation_min = -1000,
      .activation_max = 32767};
  int16_t input[2] = {1000, -2000}, output[4];
  int8_t filter[4] = {1, 2, 3, -4};
  int64_t bias[4] = {0, 10, 0, 1};
  int32_t multipliers[4] = {HALF, HALF, HALF, HALF}, shifts[4] = {1, 1, 1, 0};
  RUN(TH_OP_DEPTHWISE_CONV_2D_S16, p, OPERAND(output), OPERAND(input), OPERAND(filter), OPERAND(bias),
      OPERAND(multipliers), OPERAND(shifts));
  const int16_t expected[4] = {1000, 2010, -1000, 4001}; /* halves towards +infinity: 8001 / 2 */
  CHECK_ARRAY(output, expected, 4);
}

static void fully_connected_has_an_offset_in_its_filter(void) {
  const th_fully_connected_params p = {.batches = 2, .input_depth = 2, .output_depth = 1, .filter_offset = 3,
      .activation_min = INT16_MIN, .activation_max = INT16_MAX, .accumulator_bits = 64};
  int16_t input[4] = {100, 200, -300, 1}, output[2];
  int8_t filter[2] = {-3, 7};
  int64_t bias[1] = {5};
  int32_t multipliers[1] = {HALF}, shifts[1] = {1};
  RUN(TH_OP_FULLY_CONNECTED_S16, p, OPERAND(output), OPERAND(input), OPERAND(filter), OPERAND(bias),
      OPERAND(multipliers), OPERAND(shifts));
  CHECK_EQ(output[0], 2005);
  CHECK_EQ(output[1], 15);
}

static void pools_and_pad_in_16_bits(void) {
  const th_pool_2d_params p = {.batches = 1, .input_height = 1, .input_width = 3, .depth = 1, .output_height = 1,
      .output_width = 2, .filter_height = 1, .filter_width = 2, .stride_height = 1, .stride_width = 1,
      .activation_min = -20000, .activation_max = 20000};
  int16_t input[3] = {-32768, -32767, 30000}, output[2];
  RUN(TH_OP_AVERAGE_POOL_2D_S16, p, OPERAND(output), OPERAND(input));
  CHECK_EQ(output[0], -20000);
  CHECK_EQ(output[1], -1384); /* -1383.5 away from zero */
  RUN(TH_OP_MAX_POOL_2D_S16, p, OPERAND(output), OPERAND(input));
  CHECK_EQ(output[0], -20000);
  CHECK_EQ(output[1], 20000);
  const th_pad_params pad = {.input_dims = {1, 1, 1, 1, 3}, .output_dims = {1, 1, 1, 2, 5}, .before = {0, 0, 0, 1, 1},
      .pad_value = 777};
  int16_t padded[10];
  const int16_t expected[10] = {777, 777, 777, 777, 777, 777, -32768, -32767, 30000, 777};
  RUN(TH_OP_PAD_S16, pad, OPERAND(padded), OPERAND(input));
  CHECK_ARRAY(padded, expected, 10);
}

static void softmax_is_close_to_the_real_one(void) {
  /* Input scale 1/4096: a difference of 4096 steps is 1, 6553.5 steps of the table's argument. */
  const th_softmax_s16_params p = {.rows = 2, .depth = 4, .input_multiplier = (int32_t)(0.79998779296875 * 0x80000000u),
      .input_shift = 1};
  int16_t input[8] = {0, 4096, -4096, 8192, 7, 7, 7, 7}, output[8], exp_table[513], reciprocal_table[513];
  for (int i = 0; i <= 512; ++i) {
    exp_table[i] = (int16_t)fmin(32767, round(32768 * exp(10.0 * (i - 512) / 512)));
    reciprocal_table[i] = (int16_t)fmin(32767, round(32768 / (1 + i / 512.0)));
  }
  RUN(TH_OP_SOFTMAX_S16, p, OPERAND(output), OPERAND(input), OPERAND(exp_table), OPERAND(reciprocal_table));
  for (int row = 0; row < 2; ++row) {
    double sum = 0;
    for (int i = 0; i < 4; ++i) sum += exp(input[4 * row + i] / 4096.0);
    for (int i = 0; i < 4; ++i) {
      const double real = exp(input[4 * row + i] / 4096.0) / sum;
      CHECK_EQ(fabs(output[4 * row + i] / 32768.0 - real) < 3e-4, 1);
    }
  }
}

/* 1x2 input, filter of 3 taps, stride 2, nothing cut off: outputs at 2 * in + tap. */
static void transpose_conv_scatters(void) {
  th_transpose_conv_params p = {.batches = 1, .input_height = 1, .input_width = 2, .input_depth = 2, .output_height = 1,
      .output_width = 6, .output_depth = 1, .filter_height = 1, .filter_width = 3, .stride_height = 1,
      .stride_width = 2, .input_offset = 1, .output_offset = -1, .activation_min = -128, .activation_max = 127};
  int8_t input[4] = {0, 1, 2, 3}, filter[6] = {1, 1, 10, 0, 0, 10}, output[6];
  int32_t bias[1] = {2}, multipliers[1] = {HALF}, shifts[1] = {1};
  RUN(TH_OP_TRANSPOSE_CONV_S8, p, OPERAND(output), OPERAND(input), OPERAND(filter), OPERAND(bias),
      OPERAND(multipliers), OPERAND(shifts));
  /* pixels (1, 2) and (3, 4): taps give 3, 10, 20 and 7, 30, 40; + 2 - 1, and past the last tap only that */
  const int8_t expected[6] = {4, 11, 28, 31, 41, 1};
  CHECK_ARRAY(output, expected, 6);
  p.pad_left = 1;
  p.output_width = 3;
  int8_t cut[3];
  RUN(TH_OP_TRANSPOSE_CONV_S8, p, OPERAND(cut), OPERAND(input), OPERAND(filter), OPERAND(bias), OPERAND(multipliers),
      OPERAND(shifts));
  CHECK_ARRAY(cut, expected + 1, 3);
}

static void transpose_conv_in_16_bits(void) {
  const th_transpose_conv_params p = {.batches = 1, .input_height = 2, .input_width = 1, .input_depth = 1,
      .output_height = 2, .output_width = 1, .output_depth = 2, .filter_height = 1, .filter_width = 1,
      .stride_height = 1, .stride_width = 1, .activation_min = -32768, .activation_max = 32767};
  int16_t input[2] = {300, -32768}, output[4];
  int8_t filter[2] = {100, -127};
  int64_t bias[2] = {0, 200};
  int32_t multipliers[2] = {HALF, HALF}, shifts[2] = {1, 0};
  RUN(TH_OP_TRANSPOSE_CONV_S16, p, OPERAND(output), OPERAND(input), OPERAND(filter), OPERAND(bias),
      OPERAND(multipliers), OPERAND(shifts));
  const int16_t expected[4] = {30000, -18950, -32768, 32767};
  CHECK_ARRAY(output, expected, 4);
}

static void batch_matmul_transposes_and_broadcasts(void) {
  /* left [2, 1, 2] (2 batches of one row), right [2, 2] transposed, for both batches. */
  const th_batch_matmul_params p = {.batch_dims = {1, 1, 2}, .left_batch_strides = {0, 0, 2}, .rows = 1, .columns = 2,
      .depth = 2, .left_row_stride = 2, .left_depth_stride = 1, .right_depth_stride = 1, .right_column_stride = 2,
      .left_offset = 1, .right_offset = -1, .output_offset = 3, .output_multiplier = HALF, .output_shift = 1};
  int8_t left[4] = {0, 1, 2, 3}, right[4] = {2, 3, 4, 127}, output[4];
  RUN(TH_OP_BATCH_MATMUL_S8, p, OPERAND(output), OPERAND(left), OPERAND(right));
  /* (1 2; 3 4) x (1 2 | 3 126)' */
  const int8_t expected[4] = {5 + 3, 127, 11 + 3, 127};
  CHECK_ARRAY(output, expected, 4);
  th_batch_matmul_params wide = p;
  wide.left_offset = wide.right_offset = wide.output_offset = 0;
  wide.output_shift = -15;
  int16_t left16[4] = {32767, 0, -32768, 1}, right16[4] = {32767, 5, 2, -3}, output16[4];
  RUN(TH_OP_BATCH_MATMUL_S16, wide, OPERAND(output16), OPERAND(left16), OPERAND(right16));
  const int16_t expected16[4] = {16383, 1, -16383, -1};
  CHECK_ARRAY(output16, expected16, 4);
}

static void svdf_remembers(void) {
  /* One unit of two filters over two inputs, memory of two. */
  const th_svdf_params p = {.batches = 1, .input_depth = 2, .units = 1, .rank = 2, .memory = 2, .input_offset = 1,
      .state_multiplier = HALF, .state_shift = 1, .state_offset = 5, .output_multiplier = HALF, .output_shift = 1,
      .output_offset = -10};
  int8_t input[2] = {0, 1}, features[4] = {1, 1, 2, 0}, times[4] = {1, 10, 2, -1}, output[1];
  int8_t state[4] = {5, 6, 5, 4}; /* stored values 0, 1, 0, -1 */
  int32_t bias[1] = {7};
  RUN(TH_OP_SVDF_S8, p, OPERAND(output), OPERAND(state), OPERAND(input), OPERAND(features), OPERAND(times),
      OPERAND(bias));
  /* features 3 and 2: 1*1 + 10*3 + 2*-1 - 1*2 + 7 - 10 */
  CHECK_EQ(output[0], 24);
  const int8_t stored[4] = {6, 8, 4, 7};
  CHECK_ARRAY(state, stored, 4);
  int8_t far[2] = {126, 126}; /* 254 is clamped to 127, then 5 is added, and wraps */
  RUN(TH_OP_SVDF_S8, p, OPERAND(output), OPERAND(state), OPERAND(far), OPERAND(features), OPERAND(times), ABSENT);
  CHECK_EQ(state[1], 132 - 256);

  int16_t wide_state[4] = {0, 1, 0, -1}, wide_times[4] = {1, 1000, 2, -1};
  th_svdf_params wide = p;
  wide.state_offset = 0;
  wide.output_shift = -4;
  RUN(TH_OP_SVDF_S16, wide, OPERAND(output), OPERAND(wide_state), OPERAND(input), OPERAND(features),
      OPERAND(wide_times), ABSENT);
  CHECK_EQ(output[0], 94 - 10); /* 2997 / 32 */
  CHECK_EQ(wide_state[1], 3);
}

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

/* Two steps of one unit, against real numbers. Scales: input and hidden 1/128, weights 1/32, cell 2^-12. */
static void lstm_is_close_to_the_real_one(void) {
  th_lstm_params p = {.batches = 1, .time_steps = 2, .batch_stride = 2, .time_stride = 1, .input_depth = 2,
      .state_depth = 1, .input_offset = 3, .hidden_offset = -4, .forget_multiplier = HALF, .forget_shift = -14,
      .update_multiplier = HALF, .update_shift = -17, .hidden_multiplier = HALF, .hidden_shift = -22,
      .cell_clip = 32768, .tanh_multiplier = 3};
  for (int gate = 0; gate < TH_LSTM_GATES; ++gate) {
    p.input_multipliers[gate] = p.recurrent_multipliers[gate] = HALF; /* 2^-7 * 2^-5 / 2^-12 = 1 */
    p.input_shifts[gate] = p.recurrent_shifts[gate] = 1;
  }
  int8_t input[4] = {60, -100, 20, 90}, hidden[1] = {4}, output[2];
  int8_t input_weights[8] = {30, 1, -7, 100, 50, 60, -20, 20}, recurrent_weights[4] = {10, 20, -30, 40};
  int32_t biases[4] = {0, 4096, -100, 2048};
  int16_t cell[1] = {0};
  uint16_t table[256];
  for (int i = 0; i < 256; ++i) table[i] = (uint16_t)fmin(65535, round(65536 * sigmoid(i / 24.0)));
  RUN(TH_OP_LSTM_S8, p, OPERAND(output), OPERAND(hidden), OPERAND(cell), OPERAND(input), OPERAND(input_weights),
      OPERAND(recurrent_weights), OPERAND(biases), OPERAND(table));
  double real_hidden = 0, real_cell = 0;
  for (int time = 0; time < 2; ++time) {
    double gates[TH_LSTM_GATES];
    for (int gate = 0; gate < TH_LSTM_GATES; ++gate) {
      gates[gate] = biases[gate] / 4096.0 + recurrent_weights[gate] / 32.0 * real_hidden;
      for (int i = 0; i < 2; ++i) gates[gate] += input_weights[2 * gate + i] / 32.0 * (input[2 * time + i] + 3) / 128.0;
    }
    real_cell = sigmoid(gates[1]) * real_cell + sigmoid(gates[0]) * tanh(gates[2]);
    real_hidden = sigmoid(gates[3]) * tanh(real_cell);
    CHECK_EQ(fabs((output[time] - 4) / 128.0 - real_hidden) < 0.02, 1);
    real_hidden = (output[time] - 4) / 128.0;
  }
  CHECK_EQ(fabs(cell[0] / 4096.0 - real_cell) < 0.02, 1);
  CHECK_EQ(hidden[0], output[1]);

  p.cell_clip = 100;
  RUN(TH_OP_LSTM_S8, p, OPERAND(output), OPERAND(hidden), OPERAND(cell), OPERAND(input), OPERAND(input_weights),
      OPERAND(recurrent_weights), OPERAND(biases), OPERAND(table));
  CHECK_EQ(abs(cell[0]) <= 100, 1);

  /* The same in int16: hidden scale 2^-15, two sequences of one step. */
  p.cell_clip = 32768;
  p.batches = 2;
  p.time_steps = 1;
  p.batch_stride = 1;
  p.time_stride = 2;
  p.input_offset = p.hidden_offset = 0;
  p.hidden_shift = -14;
  int16_t wide_input[4] = {60, -100, 0, 0}, wide_hidden[2] = {0, 0}, wide_cell[2] = {0, 4096}, wide_output[2];
  int64_t wide_biases[4] = {0, 4096, -100, 2048};
  RUN(TH_OP_LSTM_S16, p, OPERAND(wide_output), OPERAND(wide_hidden), OPERAND(wide_cell), OPERAND(wide_input),
      OPERAND(input_weights), OPERAND(recurrent_weights), OPERAND(wide_biases), OPERAND(table));
  const double second_cell = sigmoid(1) + sigmoid(0) * tanh(-100 / 4096.0);
  CHECK_EQ(fabs(wide_cell[1] / 4096.0 - second_cell) < 0.002, 1);
  CHECK_EQ(fabs(wide_output[1] / 32768.0 - sigmoid(0.5) * tanh(second_cell)) < 0.002, 1);
  CHECK_EQ(wide_hidden[1], wide_output[1]);
}

int main(void) {
  conv_accumulates_in_64_or_32_bits();
  depthwise_takes_each_channel_by_itself();
  fully_connected_has_an_offset_in_its_filter();
  pools_and_pad_in_16_bits();
  softmax_is_close_to_the_real_one();
  transpose_conv_scatters();
  transpose_conv_in_16_bits();
  batch_matmul_transposes_and_broadcasts();
  svdf_remembers();
  lstm_is_close_to_the_real_one();
  return check_report("int16");
}
