/* Every kernel on small examples worked out by hand, operands in heap blocks of exactly their size. */
#include <math.h>

#include "check.h"
#include "engines/plan/plan_format.h"
#include "kernels/kernels.h"
#include "kernels/opcodes.h"
#include "kernels/params.h"

enum { MAX_OPERANDS = 6, IDENTITY = 1 << 30, HALF = 1 << 30 };

static const th_kernel *find(uint16_t opcode) {
  for (const th_kernel *kernel = th_kernel_table; kernel->run != NULL; ++kernel) {
    if (kernel->opcode == opcode) return kernel;
  }
  fprintf(stderr, "no kernel %u\n", opcode);
  exit(EXIT_FAILURE);
}

typedef struct {
  const void *data; /* NULL: absent */
  size_t bytes;
} operand;

#define OPERAND(array) ((operand){(array), sizeof(array)})
#define ABSENT ((operand){NULL, 0})

/* Runs a kernel on copies and writes the output back; inputs must come out unchanged. */
static void run(uint16_t opcode, const void *params, size_t param_bytes, void *output, size_t output_bytes,
                const operand *inputs) {
  const th_kernel *kernel = find(opcode);
  void *operands[MAX_OPERANDS] = {exact(output, output_bytes)};
  void *own_params = exact(params, param_bytes);
  CHECK_EQ(kernel->param_bytes, param_bytes);
  for (int i = 1; i < kernel->operand_count; ++i) {
    const operand *input = &inputs[i - 1];
    operands[i] = input->data != NULL ? exact(input->data, input->bytes) : NULL;
  }
  kernel->run(own_params, operands);
  memcpy(output, operands[0], output_bytes);
  for (int i = 1; i < kernel->operand_count; ++i) {
    if (operands[i] != NULL) CHECK_EQ(memcmp(operands[i], inputs[i - 1].data, inputs[i - 1].bytes), 0);
    free(operands[i]);
  }
  free(operands[0]);
  free(own_params);
}

#define RUN(opcode, params, output, ...) \
  run(opcode, &(params), sizeof(params), output, sizeof(output), (const operand[]){__VA_ARGS__})

static void conv_pads_strides_groups_and_adds_bias(void) {
  /* 3x3 image of two channels, two groups of one filter each, 2x2 filters, SAME, stride 2. */
  const th_conv_2d_params p = {.batches = 1, .input_height = 3, .input_width = 3, .input_depth = 2,
      .output_height = 2, .output_width = 2, .output_depth = 2, .filter_height = 2, .filter_width = 2,
      .filter_depth = 1, .stride_height = 2, .stride_width = 2, .dilation_height = 1, .dilation_width = 1,
      .input_offset = 1, .output_offset = 5, .activation_min = -128, .activation_max = 40};
  const int8_t input[18] = {0, 9, 1, 9, 2, 9, 3, 9, 4, 9, 5, 9, 6, 9, 7, 9, 8, 9};
  const int8_t filter[8] = {1, 2, 3, 4, 1, 1, 1, 1};
  const int32_t bias[2] = {0, -10}, multipliers[2] = {IDENTITY, IDENTITY}, shifts[2] = {1, 0};
  int8_t output[8];
  RUN(TH_OP_CONV_2D_S8, p, output, OPERAND(input), OPERAND(filter), OPERAND(bias), OPERAND(multipliers),
      OPERAND(shifts));
  /* channel 0: 1*1+2*2+3*4+4*5=37 | 3+3*6=21 | 7+2*8=23 | 9; channel 1: (40-10)/2 | (20-10)/2 | 5 | 0 */
  const int8_t expected[8] = {40, 20, 26, 10, 28, 10, 14, 5};
  CHECK_ARRAY(output, expected, 8);
}

static void conv_dilates_without_bias(void) {
  const th_conv_2d_params p = {.batches = 1, .input_height = 1, .input_width = 5, .input_depth = 1,
      .output_height = 1, .output_width = 5, .output_depth = 1, .filter_height = 1, .filter_width = 3,
      .filter_depth = 1, .stride_height = 1, .stride_width = 1, .dilation_height = 1, .dilation_width = 2,
      .pad_left = 2, .activation_min = -128, .activation_max = 127};
  const int8_t input[5] = {1, 2, 3, 4, 5}, filter[3] = {1, 10, 3};
  const int32_t multipliers[1] = {IDENTITY}, shifts[1] = {1};
  int8_t output[5];
  RUN(TH_OP_CONV_2D_S8, p, output, OPERAND(input), OPERAND(filter), ABSENT, OPERAND(multipliers), OPERAND(shifts));
  const int8_t expected[5] = {10 + 9, 20 + 12, 1 + 30 + 15, 2 + 40, 3 + 50};
  CHECK_ARRAY(output, expected, 5);
}

static void depthwise_multiplies_depth(void) {
  const th_depthwise_conv_2d_params p = {.batches = 1, .input_height = 2, .input_width = 1, .input_depth = 2,
      .output_height = 1, .output_width = 1, .depth_multiplier = 2, .filter_height = 2, .filter_width = 1,
      .stride_height = 1, .stride_width = 1, .dilation_height = 1, .dilation_width = 1, .activation_min = -128,
      .activation_max = 127};
  const int8_t input[4] = {1, 2, 3, 4}, filter[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  const int32_t bias[4] = {0, 0, 0, 100}, multipliers[4] = {IDENTITY, IDENTITY, IDENTITY, IDENTITY};
  const int32_t shifts[4] = {1, 1, 1, 0};
  int8_t output[4];
  RUN(TH_OP_DEPTHWISE_CONV_2D_S8, p, output, OPERAND(input), OPERAND(filter), OPERAND(bias), OPERAND(multipliers),
      OPERAND(shifts));
  const int8_t expected[4] = {1 + 15, 2 + 18, 6 + 28, (8 + 32 + 100) / 2};
  CHECK_ARRAY(output, expected, 4);
}

static void fully_connected_has_offsets_on_both_sides(void) {
  const th_fully_connected_params p = {.batches = 2, .input_depth = 2, .output_depth = 2, .input_offset = -1,
      .filter_offset = 2, .output_offset = -3, .activation_min = -20, .activation_max = 127};
  const int8_t input[4] = {2, 3, -9, 1}, filter[4] = {-1, 0, 3, 4};
  const int32_t bias[2] = {0, 1}, multipliers[2] = {IDENTITY, IDENTITY}, shifts[2] = {1, 1};
  int8_t output[4];
  RUN(TH_OP_FULLY_CONNECTED_S8, p, output, OPERAND(input), OPERAND(filter), OPERAND(bias), OPERAND(multipliers),
      OPERAND(shifts));
  const int8_t expected[4] = {1 + 4 - 3, 5 + 12 + 1 - 3, -10 - 3, -20};
  CHECK_ARRAY(output, expected, 4);
}

static void pools_count_only_what_is_inside(void) {
  const th_pool_2d_params p = {.batches = 1, .input_height = 2, .input_width = 3, .depth = 1, .output_height = 2,
      .output_width = 3, .filter_height = 2, .filter_width = 2, .stride_height = 1, .stride_width = 1,
      .activation_min = -100, .activation_max = 100};
  const int8_t input[6] = {1, 2, -3, 4, -128, 127};
  int8_t output[6];
  RUN(TH_OP_AVERAGE_POOL_2D_S8, p, output, OPERAND(input));
  /* -121/4 = -30.25, -2/4 = -0.5 away from zero, 124/2; -124/2, -1/2 away from zero, 127 limited */
  const int8_t average[6] = {-30, -1, 62, -62, -1, 100};
  CHECK_ARRAY(output, average, 6);
  RUN(TH_OP_MAX_POOL_2D_S8, p, output, OPERAND(input));
  const int8_t largest[6] = {4, 100, 100, 4, 100, 100};
  CHECK_ARRAY(output, largest, 6);
}

static void add_broadcasts_and_rescales(void) {
  /* Scales 1 and 1/2 to 1: the common scale is 2. */
  const th_add_params p = {.dims = {1, 1, 1, 1, 2, 3}, .input1_strides = {0, 0, 0, 0, 3, 1},
      .input2_strides = {0, 0, 0, 0, 1, 0}, .left_shift = 20, .input1_multiplier = HALF, .input1_shift = 0,
      .input2_multiplier = HALF, .input2_shift = -1, .output_multiplier = 1 << 30, .output_shift = -18,
      .output_offset = 1, .activation_min = -128, .activation_max = 30};
  const int8_t first[6] = {1, 2, 3, 4, 5, 60}, second[2] = {20, -20};
  int8_t output[6];
  RUN(TH_OP_ADD_S8, p, output, OPERAND(first), OPERAND(second));
  const int8_t expected[6] = {12, 13, 14, -5, -4, 30};
  CHECK_ARRAY(output, expected, 6);
}

static void copy_copies(void) {
  const th_copy_params p = {.size_bytes = 5};
  const int8_t input[5] = {1, -2, 3, -4, 5};
  int8_t output[5];
  RUN(TH_OP_COPY, p, output, OPERAND(input));
  CHECK_ARRAY(output, input, 5);
}

static void softmax_is_close_to_the_real_one(void) {
  /* Input scale 1/8: multiplier 2^26 / 8 = 2^23 in Q0.31 with shift 24; diff_min = -floor(31 * 2^26 / 2^24). */
  const th_softmax_s8_params p = {.rows = 2, .depth = 4, .input_multiplier = 1 << 30, .input_left_shift = 24,
      .diff_min = -124};
  const int8_t input[8] = {0, 8, 16, -128, 127, 127, 127, 127};
  int8_t bytes[8];
  int16_t words[8];
  RUN(TH_OP_SOFTMAX_S8, p, bytes, OPERAND(input));
  RUN(TH_OP_SOFTMAX_S8_S16, p, words, OPERAND(input));
  for (int row = 0; row < 2; ++row) {
    double sum = 0;
    for (int i = 0; i < 4; ++i) sum += exp(input[4 * row + i] / 8.0);
    for (int i = 0; i < 4; ++i) {
      const double real = exp(input[4 * row + i] / 8.0) / sum;
      CHECK_EQ(fabs((bytes[4 * row + i] + 128) / 256.0 - real) <= 0.51 / 256, 1);
      CHECK_EQ(fabs((words[4 * row + i] + 32768) / 65536.0 - real) <= 0.6 / 65536, 1);
    }
  }
}

static void softmax_of_long_flat_rows_stays_in_range(void) {
  enum { DEPTH = 4095 };
  const th_softmax_s8_params p = {.rows = 1, .depth = DEPTH, .input_multiplier = 1 << 30, .input_left_shift = 24,
      .diff_min = -124};
  static const int8_t input[DEPTH];
  static int8_t output[DEPTH];
  RUN(TH_OP_SOFTMAX_S8, p, output, OPERAND(input));
  for (int i = 0; i < DEPTH; ++i) CHECK_EQ(output[i], -128);
}

static void relu_bounds(void) {
  const th_relu_params p = {.elements = 4, .input_offset = 3, .output_multiplier = IDENTITY, .output_shift = 2,
      .output_offset = -10, .activation_min = -10, .activation_max = 50};
  const int8_t input[4] = {-128, -3, 2, 127};
  int8_t output[4];
  RUN(TH_OP_RELU_S8, p, output, OPERAND(input));
  const int8_t expected[4] = {-10, -10, 0, 50};
  CHECK_ARRAY(output, expected, 4);
}

static void pad_surrounds(void) {
  const th_pad_params p = {.input_dims = {1, 1, 1, 2, 2}, .output_dims = {1, 1, 2, 2, 4},
      .before = {0, 0, 1, 0, 1}, .pad_value = -7};
  const int8_t input[4] = {1, 2, 3, 4};
  int8_t output[16];
  RUN(TH_OP_PAD_S8, p, output, OPERAND(input));
  const int8_t expected[16] = {-7, -7, -7, -7, -7, -7, -7, -7, -7, 1, 2, -7, -7, 3, 4, -7};
  CHECK_ARRAY(output, expected, 16);
}

static void mean_over_the_outer_dimension(void) {
  /* [2, 3] -> [3]; the multiplier 1/2 is the division by two. */
  const th_mean_params p = {.kept_dims = {1, 1, 1, 3}, .kept_strides = {0, 0, 0, 1}, .reduced_dims = {1, 1, 1, 2},
      .reduced_strides = {0, 0, 0, 3}, .sum_offset = -4, .output_multiplier = 1 << 30, .output_shift = 0,
      .output_offset = 1};
  const int8_t input[6] = {2, 3, 127, 4, 100, 127};
  int8_t output[3];
  RUN(TH_OP_MEAN_S8, p, output, OPERAND(input));
  const int8_t expected[3] = {2, 51, 126};
  CHECK_ARRAY(output, expected, 3);
}

static void quantize_rounds_saturates_and_survives_nan(void) {
  const th_quantize_params p = {.elements = 8, .output_dtype = TH_INT8, .zero_point = 3, .scale = 0.5f};
  const float input[8] = {0.25f, -0.25f, 1.2f, 1e30f, -1e30f, INFINITY, -INFINITY, NAN};
  int8_t output[8];
  RUN(TH_OP_QUANTIZE, p, output, OPERAND(input));
  const int8_t expected[8] = {4, 2, 5, 127, -128, 127, -128, 3};
  CHECK_ARRAY(output, expected, 8);

  const th_quantize_params wide = {.elements = 2, .output_dtype = TH_INT16, .zero_point = 0, .scale = 0.5f};
  const float reals[2] = {1000.25f, -1e9f};
  int16_t words[2];
  RUN(TH_OP_QUANTIZE, wide, words, OPERAND(reals));
  CHECK_EQ(words[0], 2001);
  CHECK_EQ(words[1], INT16_MIN);
}

static void requantize_changes_type(void) {
  const th_requantize_params p = {.elements = 3, .input_dtype = TH_UINT8, .output_dtype = TH_INT8,
      .input_offset = -128, .output_multiplier = IDENTITY, .output_shift = 1, .output_offset = 0};
  const uint8_t bytes[3] = {0, 128, 255};
  int8_t output[3];
  RUN(TH_OP_REQUANTIZE, p, output, OPERAND(bytes));
  const int8_t expected[3] = {-128, 0, 127};
  CHECK_ARRAY(output, expected, 3);

  const th_requantize_params narrow = {.elements = 3, .input_dtype = TH_INT32, .output_dtype = TH_INT16,
      .input_offset = 0, .output_multiplier = 1 << 30, .output_shift = -1, .output_offset = 1};
  const int32_t longs[3] = {10, -10, INT32_MAX};
  int16_t words[3];
  RUN(TH_OP_REQUANTIZE, narrow, words, OPERAND(longs));
  CHECK_EQ(words[0], 4); /* 10 -> 5 -> 2.5, away from zero */
  CHECK_EQ(words[1], -2);
  CHECK_EQ(words[2], INT16_MAX);
}

static void dequantize_is_exact(void) {
  const th_dequantize_params p = {.elements = 2, .input_dtype = TH_INT16, .zero_point = -32768, .scale = 0.25f};
  const int16_t words[2] = {32767, -32768};
  float output[2];
  RUN(TH_OP_DEQUANTIZE, p, output, OPERAND(words));
  CHECK_EQ(output[0] == 16383.75f, 1);
  CHECK_EQ(output[1] == 0.0f, 1);
}

int main(void) {
  conv_pads_strides_groups_and_adds_bias();
  conv_dilates_without_bias();
  depthwise_multiplies_depth();
  fully_connected_has_offsets_on_both_sides();
  pools_count_only_what_is_inside();
  add_broadcasts_and_rescales();
  copy_copies();
  softmax_is_close_to_the_real_one();
  softmax_of_long_flat_rows_stays_in_range();
  relu_bounds();
  pad_surrounds();
  mean_over_the_outer_dimension();
  quantize_rounds_saturates_and_survives_nan();
  requantize_changes_type();
  dequantize_is_exact();
  return check_report("kernels");
}
