/* Hostile parameters: whatever a kernel's check lets through runs within operands of exactly the sizes it was told, and ends.
 * Sound calls are mutated by the ten thousand; ASan watches. */
#include <stdbool.h>

#include "check.h"
#include "engines/plan/plan_format.h"
#include "kernels/kernels.h"
#include "kernels/opcodes.h"
#include "kernels/params.h"

enum { MAX_OPERANDS = 8, MAX_PARAMS = 64, ROUNDS = 20000, MOST_BYTES = 2048 };

typedef struct {
  uint16_t opcode;
  int32_t params[MAX_PARAMS];
  uint32_t bytes[MAX_OPERANDS];
} call;

/* Sound, and small, so that much of what is done to them stays sound. The parameters are in the order of params.h. */
static const call CALLS[] = {
    {TH_OP_CONV_2D_S8, {1, 4, 4, 4, 2, 2, 4, 2, 2, 2, 2, 2, 1, 1, 0, 0, 1, 1, -128, 127, 32}, {16, 64, 32, 16, 16, 16}},
    {TH_OP_CONV_2D_S16, {1, 4, 4, 4, 2, 2, 4, 2, 2, 2, 2, 2, 1, 1, 0, 0, 0, 0, -128, 127, 64}, {32, 128, 32, 32, 16, 16}},
    {TH_OP_DEPTHWISE_CONV_2D_S8, {1, 4, 4, 2, 4, 4, 2, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, -128, 127}, {64, 32, 36, 16, 16, 16}},
    {TH_OP_DEPTHWISE_CONV_2D_S16, {1, 4, 4, 2, 4, 4, 2, 3, 3, 1, 1, 1, 1, 1, 1, 0, 0, -128, 127}, {128, 64, 36, 32, 16, 16}},
    {TH_OP_TRANSPOSE_CONV_S8, {1, 3, 3, 2, 6, 6, 2, 3, 3, 2, 2, 0, 0, 1, 1, -128, 127}, {72, 18, 36, 8, 8, 8}},
    {TH_OP_TRANSPOSE_CONV_S16, {1, 3, 3, 2, 6, 6, 2, 3, 3, 2, 2, 1, 1, 0, 0, -128, 127}, {144, 36, 36, 16, 8, 8}},
    {TH_OP_FULLY_CONNECTED_S8, {2, 8, 4, 1, 0, 1, -128, 127, 32}, {8, 16, 32, 16, 16, 16}},
    {TH_OP_FULLY_CONNECTED_S16, {2, 8, 4, 0, 0, 0, -128, 127, 64}, {16, 32, 32, 32, 16, 16}},
    {TH_OP_BATCH_MATMUL_S8, {1, 2, 2, 0, 0, 6, 0, 6, 0, 2, 2, 3, 3, 1, 2, 1, 1, 1, 1, 1 << 30, 0}, {16, 12, 12}},
    {TH_OP_BATCH_MATMUL_S16, {1, 2, 2, 0, 0, 6, 0, 6, 0, 2, 2, 3, 3, 1, 2, 1, 0, 0, 0, 1 << 30, 0}, {32, 24, 24}},
    {TH_OP_SVDF_S8, {1, 4, 2, 2, 3, 1, 1 << 30, 0, 1, 1 << 30, 0, 1}, {2, 12, 4, 16, 12, 8}},
    {TH_OP_SVDF_S16, {1, 4, 2, 2, 3, 1, 1 << 30, 0, 0, 1 << 30, 0, 1}, {2, 24, 4, 16, 24, 8}},
    {TH_OP_LSTM_S8, {2, 3, 3, 1, 4, 5, 1, 1, [24] = 1 << 30, 0, 1 << 30, 0, 1 << 30, 0, 32768, 3, 0},
     {30, 10, 20, 24, 80, 100, 80, 512}},
    {TH_OP_LSTM_S16, {2, 3, 1, 2, 4, 5, 0, 0, [24] = 1 << 30, 0, 1 << 30, 0, 1 << 30, 0, 32768, 3, 0},
     {60, 20, 20, 48, 80, 100, 160, 512}},
    {TH_OP_AVERAGE_POOL_2D_S8, {1, 4, 4, 2, 2, 2, 3, 3, 2, 2, 0, 0, -128, 127}, {8, 32}},
    {TH_OP_AVERAGE_POOL_2D_S16, {1, 4, 4, 2, 2, 2, 3, 3, 2, 2, 0, 0, -128, 127}, {16, 64}},
    {TH_OP_MAX_POOL_2D_S8, {1, 4, 4, 2, 4, 4, 3, 3, 1, 1, 1, 1, -128, 127}, {32, 32}},
    {TH_OP_MAX_POOL_2D_S16, {1, 4, 4, 2, 4, 4, 3, 3, 1, 1, 1, 1, -128, 127}, {64, 64}},
    {TH_OP_PAD_S8, {1, 1, 2, 2, 2, 1, 1, 4, 3, 4, 0, 0, 1, 0, 1, 7}, {48, 8}},
    {TH_OP_PAD_S16, {1, 1, 2, 2, 2, 1, 1, 4, 3, 4, 0, 0, 1, 0, 1, 7}, {96, 16}},
    {TH_OP_COPY, {12}, {12, 12}},
    {TH_OP_SOFTMAX_S8, {2, 5, 1 << 30, 24, -124}, {10, 10}},
    {TH_OP_SOFTMAX_S8_S16, {2, 5, 1 << 30, 24, -124}, {20, 10}},
    {TH_OP_SOFTMAX_S16, {2, 5, 1 << 30, 1}, {20, 20, 1026, 1026}},
    {TH_OP_RELU_S8, {9, 1, 1 << 30, 1, 0, -128, 127}, {9, 9}},
    {TH_OP_RELU_S16, {9, 1, 1 << 30, 1, 0, -128, 127}, {18, 18}},
};

static const th_kernel *find(uint16_t opcode) {
  for (const th_kernel *kernel = th_kernel_table; kernel->run != NULL; ++kernel) {
    if (kernel->opcode == opcode) return kernel;
  }
  fprintf(stderr, "no kernel %u\n", opcode);
  exit(EXIT_FAILURE);
}

static int32_t interesting(uint32_t *state) {
  static const int32_t values[] = {0, 1, 2, 3, 4, 5, 7, 8, 16, 31, 64, 255, 4096, 65535, 65536, 1 << 24, 1 << 28, 1 << 30,
                                   INT32_MAX, -1, -2, -31, -128, INT32_MIN};
  const uint32_t count = sizeof values / sizeof *values;
  const uint32_t choice = next_random(state) % (count + 4);
  return choice < count ? values[choice] : (int32_t)(next_random(state) >> (next_random(state) % 32));
}

static void mutate(call *c, const th_kernel *kernel, uint32_t *state) {
  if (next_random(state) % 4 == 0) {
    uint32_t *bytes = &c->bytes[next_random(state) % kernel->operand_count];
    switch (next_random(state) % 4) {
      case 0:
        *bytes = 0;
        break;
      case 1:
        *bytes -= *bytes > 0;
        break;
      default:
        *bytes = next_random(state) % MOST_BYTES;
        break;
    }
  } else {
    int32_t *field = &c->params[next_random(state) % (kernel->param_bytes / 4)];
    const uint32_t kind = next_random(state) % 3;
    *field = kind == 0 ? interesting(state) : (int32_t)((uint32_t)*field + (kind == 1 ? 1u : UINT32_MAX));
  }
}

/* Operands as the loader would resolve them: absent ones NULL, where that is allowed. */
static void run(const call *c, const th_kernel *kernel, uint32_t *state) {
  void *operands[MAX_OPERANDS] = {NULL};
  void *params = exact(c->params, kernel->param_bytes);
  for (int i = 0; i < kernel->operand_count; ++i) {
    if (c->bytes[i] == 0) continue;
    uint8_t *data = malloc(c->bytes[i]);
    if (data == NULL) abort();
    for (uint32_t b = 0; b < c->bytes[i]; ++b) data[b] = (uint8_t)next_random(state);
    operands[i] = data;
  }
  kernel->run(params, operands);
  for (int i = 0; i < kernel->operand_count; ++i) free(operands[i]);
  free(params);
}

static bool loadable(const call *c, const th_kernel *kernel) {
  th_operand operands[MAX_OPERANDS];
  for (int i = 0; i < kernel->operand_count; ++i) {
    if (c->bytes[i] == 0 && !(kernel->optional_operands >> i & 1)) return false;
    operands[i] = (th_operand){16, c->bytes[i]};
  }
  return kernel->check(c->params, operands);
}

int main(void) {
  uint32_t state = 11;
  for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; ++i) {
    const th_kernel *kernel = find(CALLS[i].opcode);
    int ran = 0;
    CHECK_EQ(loadable(&CALLS[i], kernel), true);
    for (int round = 0; round < ROUNDS; ++round) {
      call mutant = CALLS[i];
      for (uint32_t n = 1 + next_random(&state) % 3; n > 0; --n) mutate(&mutant, kernel, &state);
      if (!loadable(&mutant, kernel)) continue;
      run(&mutant, kernel, &state);
      ++ran;
    }
    CHECK_EQ(ran > ROUNDS / 100 && ran < ROUNDS, true);
  }
  return check_report("checks");
}
