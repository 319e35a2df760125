#include "support/plans.h"

#include <string.h>

#include "support/check.h"
#include "support/host.h"

static size_t aligned(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

size_t plan_build(const plan_recipe *recipe, uint8_t *blob, uint32_t *constants) {
  static const uint8_t constant_bytes[4] = {1, 2, 3, 4};
  const size_t io_bytes = ((size_t)recipe->inputs + recipe->outputs) * sizeof(th_plan_io);
  memset(blob, 0, PLAN_MAX_BYTES);
  size_t at = sizeof(th_plan_header);
  const size_t io_offset = at;
  memcpy(blob + at, recipe->io, io_bytes);
  at += io_bytes;
  memcpy(blob + at, recipe->state, recipe->states * sizeof(th_plan_state));
  at += recipe->states * sizeof(th_plan_state);
  const size_t ops_offset = at;
  for (uint16_t i = 0; i < recipe->steps; i++) {
    const plan_step *step = &recipe->step[i];
    const size_t operand_bytes = step->operand_count * sizeof(th_operand);
    const th_plan_op op = {
        .opcode = step->opcode,
        .record_bytes = (uint16_t)(sizeof(th_plan_op) + operand_bytes + step->param_bytes),
        .source_index = i,
        .operand_count = step->operand_count,
        .output_count = step->output_count,
        .param_bytes = step->param_bytes,
    };
    CHECK(at + op.record_bytes < PLAN_MAX_BYTES - 64);
    memcpy(blob + at, &op, sizeof op);
    memcpy(blob + at + sizeof op, step->operands, operand_bytes);
    memcpy(blob + at + sizeof op + operand_bytes, &step->param, step->param_bytes);
    at += op.record_bytes;
  }
  at = aligned(at, 16);
  if (constants != NULL) {
    *constants = (uint32_t)at;
  }
  memcpy(blob + at, constant_bytes, sizeof constant_bytes);
  at += sizeof constant_bytes;
  const size_t name_offset = at;
  memcpy(blob + at, recipe->name, strlen(recipe->name) + 1);
  at = aligned(at + strlen(recipe->name) + 1, 16);
  th_plan_header header = {
      .magic = TH_PLAN_MAGIC,
      .version = TH_PLAN_VERSION,
      .header_bytes = sizeof header,
      .total_bytes = (uint32_t)at,
      .kernel_abi = TH_ABI_REFERENCE,
      .arena_bytes = recipe->arena_bytes,
      .op_count = recipe->steps,
      .input_count = recipe->inputs,
      .output_count = recipe->outputs,
      .state_count = recipe->states,
      .io_offset = (uint32_t)io_offset,
      .ops_offset = (uint32_t)ops_offset,
      .name_offset = (uint32_t)name_offset,
      .name_bytes = (uint32_t)strlen(recipe->name),
  };
  for (uint8_t i = 0; i < sizeof header.model_sha256; i++) {
    header.model_sha256[i] = (uint8_t)(0xC0 + i);
  }
  memcpy(blob, &header, sizeof header);
  plan_seal(blob, at);
  return at;
}

void plan_seal(uint8_t *blob, size_t bytes) {
  const uint32_t crc = host_crc32(blob + 16, bytes - 16);
  memcpy(blob + offsetof(th_plan_header, crc32), &crc, sizeof crc);
}

size_t plan_sample(uint8_t *blob) {
  uint32_t constants = 0;
  plan_step steps[3] = {
      {TEST_ADD, 2, 1, {{16, 8}, {0, 8}}, 4, 5},
      {TEST_SUM, 3, 1, {{32, 8}, {16, 8}, {TH_REF_CONST, 4}}, 0, 0},
      {TEST_SUM, 3, 1, {{32, 8}, {32, 8}, {TH_REF_NONE, 0}}, 0, 0},
  };
  plan_recipe recipe = {
      .arena_bytes = 48,
      .inputs = 2,
      .outputs = 2,
      .io = {{0, 8, TH_INT8, 1, 0.25f, 0},
             {8, 4, TH_FLOAT32, 1, 0.0f, 0},
             {32, 8, TH_INT8, 1, 0.5f, -1},
             {TH_REF_CONST, 4, TH_UINT8, 1, 0.0f, 0}},
      .steps = 3,
      .step = steps,
      .name = "sample",
  };
  (void)plan_build(&recipe, blob, &constants);
  steps[1].operands[2].ref |= constants;
  recipe.io[3].ref |= constants;
  return plan_build(&recipe, blob, NULL);
}

size_t plan_running_sum(uint8_t *blob) {
  static const plan_step step = {TEST_SUM, 3, 1, {{16, 4}, {16, 4}, {0, 4}}, 0, 0};
  uint32_t constants = 0;
  plan_recipe recipe = {
      .arena_bytes = 32,
      .inputs = 1,
      .outputs = 2,
      .io = {{0, 4, TH_INT8, 1, 0.0f, 0}, {16, 4, TH_INT8, 1, 0.0f, 0}, {20, 4, TH_INT8, 1, 0.0f, 0}},
      .states = 2,
      .state = {{16, 4, TH_REF_NONE, 7}, {20, 4, TH_REF_CONST, 0}},
      .steps = 1,
      .step = &step,
      .name = "running sum",
  };
  (void)plan_build(&recipe, blob, &constants);
  recipe.state[1].initial |= constants;
  return plan_build(&recipe, blob, NULL);
}

size_t plan_chain(uint8_t *blob, uint16_t steps) {
  static plan_step chain[1000];
  CHECK(steps <= 1000);
  for (uint16_t i = 0; i < steps; i++) {
    chain[i] = (plan_step){TEST_ADD, 2, 1, {{0, 4}, {0, 4}}, 4, 1};
  }
  const plan_recipe recipe = {
      .arena_bytes = 16,
      .inputs = 1,
      .outputs = 1,
      .io = {{0, 4, TH_INT32, 1, 0.0f, 0}, {0, 4, TH_INT32, 1, 0.0f, 0}},
      .steps = steps,
      .step = chain,
      .name = "chain",
  };
  return plan_build(&recipe, blob, NULL);
}
