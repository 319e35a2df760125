/* Element-wise and moving kernels on small examples worked out by hand, operands in heap blocks of exactly their size;
 * and their checks, which must refuse what would leave these blocks. */
#include <stdbool.h>

#include "check.h"
#include "engines/plan/plan_format.h"
#include "kernels/kernels.h"
#include "kernels/opcodes.h"
#include "kernels/params.h"

enum { MAX_OPERANDS = 4, IDENTITY = 1 << 30, QUARTER_LIMIT = 1 << 29 };

typedef struct {
  const void *data;
  size_t bytes;
} operand;

#define OPERAND(array) ((operand){(array), sizeof(array)})

static const th_kernel *find(uint16_t opcode) {
  for (const th_kernel *kernel = th_kernel_table; kernel->run != NULL; ++kernel) {
    if (kernel->opcode == opcode) return kernel;
  }
  fprintf(stderr, "no kernel %u\n", opcode);
  exit(EXIT_FAILURE);
}

/* Whether the loader would let this call through. */
static bool accepted(uint16_t opcode, const void *params, size_t output_bytes, const operand *inputs) {
  const th_kernel *kernel = find(opcode);
  th_operand operands[MAX_OPERANDS] = {{0, (uint32_t)output_bytes}};
  for (int i = 1; i < kernel->operand_count; ++i) operands[i].bytes = (uint32_t)inputs[i - 1].bytes;
  return kernel->check(params, operands);
}

/* Runs a kernel on copies and writes the output back. One byte less of any operand must be refused. */
static void run(uint16_t opcode, const void *params, size_t param_bytes, void *output, size_t output_bytes,
                const operand *inputs) {
  const th_kernel *kernel = find(opcode);
  operand smaller[MAX_OPERANDS];
  void *operands[MAX_OPERANDS] = {exact(output, output_bytes)};
  CHECK_EQ(kernel->param_bytes, param_bytes);
  CHECK_EQ(accepted(opcode, params, output_bytes, inputs), true);
  CHECK_EQ(accepted(opcode, params, output_bytes - 1, inputs), false);
  for (int i = 1; i < kernel->operand_count; ++i) {
    memcpy(smaller, inputs, sizeof(operand) * (size_t)(kernel->operand_count - 1));
    --smaller[i - 1].bytes;
    CHECK_EQ(accepted(opcode, params, output_bytes, smaller), false);
    operands[i] = exact(inputs[i - 1].data, inputs[i - 1].bytes);
  }
  kernel->run(params, operands);
  memcpy(output, operands[0], output_bytes);
  for (int i = 0; i < kernel->operand_count; ++i) free(operands[i]);
}

#define RUN(opcode, params, output, ...) \
  run(opcode, &(params), sizeof(params), output, sizeof(output), (const operand[]){__VA_ARGS__})

#define ONES 1, 1, 1, 1
#define NONE 0, 0, 0, 0

static void sub_broadcasts(void) {
  /* All scales 1: the common scale is 2. */
  th_add_params p = {.dims = {ONES, 2, 2}, .input1_strides = {NONE, 2, 1}, .input2_strides = {NONE, 0, 1},
      .left_shift = 20, .input1_multiplier = IDENTITY, .input2_multiplier = IDENTITY, .output_multiplier = IDENTITY,
      .output_shift = -18, .output_offset = 1, .activation_min = -128, .activation_max = 100};
  const int8_t first[4] = {1, 2, 3, 127}, second[2] = {10, -10};
  int8_t output[4];
  RUN(TH_OP_SUB_S8, p, output, OPERAND(first), OPERAND(second));
  const int8_t expected[4] = {-8, 13, -6, 100};
  CHECK_ARRAY(output, expected, 4);

  p.left_shift = 15;
  p.output_shift = -13;
  p.activation_max = 32767;
  p.activation_min = -32768;
  const int16_t wide1[4] = {1000, 32767, -32768, 5}, wide2[2] = {1, -2};
  int16_t wide[4];
  RUN(TH_OP_SUB_S16, p, wide, OPERAND(wide1), OPERAND(wide2));
  const int16_t differences[4] = {1000, 32767, -32768, 8};
  CHECK_ARRAY(wide, differences, 4);
  RUN(TH_OP_ADD_S16, p, wide, OPERAND(wide1), OPERAND(wide2));
  const int16_t sums[4] = {1002, 32766, -32766, 4};
  CHECK_ARRAY(wide, sums, 4);
}

static void mul_rescales(void) {
  const th_mul_params p = {.dims = {ONES, 1, 3}, .input1_strides = {NONE, 0, 1}, .input2_strides = {NONE, 0, 0},
      .input1_offset = 1, .input2_offset = -2, .output_offset = 3, .output_multiplier = IDENTITY, .output_shift = 0,
      .activation_min = -128, .activation_max = 127};
  const int8_t first[3] = {4, -128, 9}, second[1] = {12};
  int8_t output[3];
  RUN(TH_OP_MUL_S8, p, output, OPERAND(first), OPERAND(second));
  const int8_t expected[3] = {28, -128, 53}; /* 50/2+3, far below, 100/2+3 */
  CHECK_ARRAY(output, expected, 3);
}

static void arithmetic_wraps_and_bounds(void) {
  th_arithmetic_s32_params p = {.dims = {ONES, 1, 3}, .input1_strides = {NONE, 0, 1}, .input2_strides = {NONE, 0, 1},
      .operation = TH_ARITHMETIC_ADD, .activation_min = INT32_MIN, .activation_max = INT32_MAX};
  const int32_t first[3] = {INT32_MAX, 7, -5}, second[3] = {1, -9, 6};
  int32_t output[3];
  RUN(TH_OP_ARITHMETIC_S32, p, output, OPERAND(first), OPERAND(second));
  const int32_t sums[3] = {INT32_MIN, -2, 1};
  CHECK_ARRAY(output, sums, 3);
  p.operation = TH_ARITHMETIC_SUB;
  p.activation_max = 10;
  RUN(TH_OP_ARITHMETIC_S32, p, output, OPERAND(first), OPERAND(second));
  const int32_t differences[3] = {10, 10, -11};
  CHECK_ARRAY(output, differences, 3);
  p.operation = TH_ARITHMETIC_MUL;
  RUN(TH_OP_ARITHMETIC_S32, p, output, OPERAND(first), OPERAND(second));
  const int32_t products[3] = {10, -63, -30};
  CHECK_ARRAY(output, products, 3);
}

static void extremes_of_every_type(void) {
  th_maximum_minimum_params p = {.dims = {ONES, 1, 2}, .input1_strides = {NONE, 0, 1}, .input2_strides = {NONE, 0, 0},
      .dtype = TH_INT16, .is_maximum = 1};
  const int16_t words[2] = {-300, 300}, word[1] = {7};
  int16_t output[2];
  RUN(TH_OP_MAXIMUM_MINIMUM, p, output, OPERAND(words), OPERAND(word));
  CHECK_EQ(output[0], 7);
  CHECK_EQ(output[1], 300);
  p.is_maximum = 0;
  RUN(TH_OP_MAXIMUM_MINIMUM, p, output, OPERAND(words), OPERAND(word));
  CHECK_EQ(output[0], -300);
  CHECK_EQ(output[1], 7);
  p.dtype = TH_FLOAT32;
  CHECK_EQ(accepted(TH_OP_MAXIMUM_MINIMUM, &p, 100, (const operand[]){{NULL, 100}, {NULL, 100}}), false);
}

static void slopes_below_zero(void) {
  const th_prelu_params p = {.dims = {ONES, 2, 2}, .input1_strides = {NONE, 2, 1}, .input2_strides = {NONE, 0, 1},
      .dtype = TH_INT8, .slope_offset = 1, .identity_multiplier = IDENTITY, .identity_shift = 1,
      .slope_multiplier = IDENTITY, .slope_shift = 0};
  const int8_t input[4] = {-10, -10, 20, 0}, slopes[2] = {2, -4};
  int8_t output[4];
  RUN(TH_OP_PRELU, p, output, OPERAND(input), OPERAND(slopes));
  const int8_t expected[4] = {-15, 15, 20, 0};
  CHECK_ARRAY(output, expected, 4);

  const th_leaky_relu_s16_params leaky = {.elements = 3, .input_offset = -1, .output_offset = 2,
      .identity_multiplier = IDENTITY, .identity_shift = 1, .alpha_multiplier = IDENTITY, .alpha_shift = 0,
      .alpha_is_negative = 1};
  const int16_t words[3] = {1, -7, 32767};
  int16_t rectified[3];
  RUN(TH_OP_LEAKY_RELU_S16, leaky, rectified, OPERAND(words));
  const int16_t leaked[3] = {2, 6, 32767};
  CHECK_ARRAY(rectified, leaked, 3);
}

static void lookups(void) {
  const th_lookup_s8_params p = {.elements = 3};
  int8_t table[256];
  for (int i = 0; i < 256; ++i) table[i] = (int8_t)(127 - i);
  const int8_t input[3] = {-128, 0, 127};
  int8_t output[3];
  RUN(TH_OP_LOOKUP_S8, p, output, OPERAND(input), OPERAND(table));
  const int8_t expected[3] = {127, -1, -128};
  CHECK_ARRAY(output, expected, 3);
}

static void sigmoids_are_symmetric(void) {
  /* A straight line instead of the real table: value i is 32768 + 128 i. */
  const th_sigmoid_s16_params p = {.elements = 4, .input_multiplier = 512, .input_right_shift = 1};
  uint16_t table[256];
  for (int i = 0; i < 256; ++i) table[i] = (uint16_t)(32768 + 128 * i);
  const int16_t input[4] = {0, 2, -2, 32767};
  int16_t output[4];
  RUN(TH_OP_LOGISTIC_S16, p, output, OPERAND(input), OPERAND(table));
  CHECK_EQ(output[0], 16384);
  CHECK_EQ(output[1], 16448); /* one entry up, at half the table's scale */
  CHECK_EQ(output[2], 32768 - 16448);
  CHECK_EQ(output[3], 32767);
  RUN(TH_OP_TANH_S16, p, output, OPERAND(input), OPERAND(table));
  const int16_t expected[4] = {0, 256, -256, 32767};
  CHECK_ARRAY(output, expected, 4);
}

static void copies_of_grids(void) {
  /* [2, 3] int16, transposed; then its columns backwards. */
  th_strided_copy_params p = {.dims = {ONES, 3, 2}, .input_strides = {NONE, 2, 6}, .output_strides = {NONE, 4, 2},
      .block_bytes = 2};
  const int16_t input[6] = {1, 2, 3, 4, 5, 6};
  int16_t output[6];
  RUN(TH_OP_STRIDED_COPY, p, output, OPERAND(input));
  const int16_t transposed[6] = {1, 4, 2, 5, 3, 6};
  CHECK_ARRAY(output, transposed, 6);

  const th_strided_copy_params back = {.dims = {ONES, 2, 3}, .input_strides = {NONE, 6, -2},
      .output_strides = {NONE, 6, 2}, .input_offset = 4, .block_bytes = 2};
  RUN(TH_OP_STRIDED_COPY, back, output, OPERAND(input));
  const int16_t reversed[6] = {3, 2, 1, 6, 5, 4};
  CHECK_ARRAY(output, reversed, 6);
  th_strided_copy_params hostile = back;
  hostile.input_offset = 2; /* two bytes before the input */
  CHECK_EQ(accepted(TH_OP_STRIDED_COPY, &hostile, sizeof output, (const operand[]){OPERAND(input)}), false);
  hostile = back;
  hostile.dims[0] = -1;
  CHECK_EQ(accepted(TH_OP_STRIDED_COPY, &hostile, sizeof output, (const operand[]){OPERAND(input)}), false);
  hostile = back;
  hostile.input_strides[0] = INT32_MIN;
  hostile.dims[0] = QUARTER_LIMIT;
  CHECK_EQ(accepted(TH_OP_STRIDED_COPY, &hostile, sizeof output, (const operand[]){OPERAND(input)}), false);
}

static void resizes(void) {
  const th_resize_nearest_neighbor_params nearest = {.batches = 1, .input_height = 1, .input_width = 2,
      .output_height = 1, .output_width = 4, .pixel_bytes = 1};
  const int8_t pixels[2] = {10, 50};
  const int32_t rows[1] = {0}, columns[4] = {0, 0, 1, 77}; /* the last is out of range and bounded */
  int8_t output[4];
  RUN(TH_OP_RESIZE_NEAREST_NEIGHBOR, nearest, output, OPERAND(pixels), OPERAND(rows), OPERAND(columns));
  const int8_t repeated[4] = {10, 10, 50, 50};
  CHECK_ARRAY(output, repeated, 4);

  th_resize_bilinear_s8_params bilinear = {.batches = 1, .input_height = 1, .input_width = 2, .depth = 1,
      .output_height = 1, .output_width = 4, .height_scale = 1024, .width_scale = 512};
  RUN(TH_OP_RESIZE_BILINEAR_S8, bilinear, output, OPERAND(pixels));
  const int8_t between[4] = {10, 30, 50, 50};
  CHECK_ARRAY(output, between, 4);
  bilinear.half_pixel_centers = 1;
  RUN(TH_OP_RESIZE_BILINEAR_S8, bilinear, output, OPERAND(pixels));
  const int8_t centred[4] = {10, 20, 40, 50};
  CHECK_ARRAY(output, centred, 4);
  bilinear.width_scale = 1024;
  CHECK_EQ(accepted(TH_OP_RESIZE_BILINEAR_S8, &bilinear, 4, (const operand[]){OPERAND(pixels)}), false);
}

static void reductions(void) {
  const th_arg_max_params arg = {.outer = 1, .extent = 3, .inner = 2, .dtype = TH_INT8, .is_maximum = 1};
  const int8_t bytes[6] = {1, 9, 5, 9, 5, -9};
  int32_t places[2];
  RUN(TH_OP_ARG_MAX, arg, places, OPERAND(bytes));
  CHECK_EQ(places[0], 1); /* the first of equals */
  CHECK_EQ(places[1], 0);

  const th_reduce_max_params max = {.kept_dims = {1, 1, 1, 2}, .kept_strides = {0, 0, 0, 1},
      .reduced_dims = {1, 1, 1, 3}, .reduced_strides = {0, 0, 0, 2}, .dtype = TH_INT8, .is_maximum = 0};
  int8_t least[2];
  RUN(TH_OP_REDUCE_MAX, max, least, OPERAND(bytes));
  CHECK_EQ(least[0], 1);
  CHECK_EQ(least[1], -9);

  const th_mean_params sum = {.kept_dims = {1, 1, 1, 1}, .kept_strides = {0, 0, 0, 0}, .reduced_dims = {1, 1, 2, 2},
      .reduced_strides = {0, 0, 2, 1}, .sum_offset = -4, .output_multiplier = IDENTITY, .output_shift = 1};
  const int16_t words[4] = {1000, 2000, -500, 4};
  int16_t total[1];
  RUN(TH_OP_MEAN_S16, sum, total, OPERAND(words));
  CHECK_EQ(total[0], 2500);
}

int main(void) {
  sub_broadcasts();
  mul_rescales();
  arithmetic_wraps_and_bounds();
  extremes_of_every_type();
  slopes_below_zero();
  lookups();
  sigmoids_are_symmetric();
  copies_of_grids();
  resizes();
  reductions();
  return check_report("elementwise and moving kernels");
}
