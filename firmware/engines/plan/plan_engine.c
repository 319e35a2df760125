/* Executes a plan in place. */
#include <string.h>

#include "board/board.h"
#include "engines/engine.h"
#include "engines/plan/plan_check.h"
#include "kernels/kernels.h"

const char th_engine_name[] = "plan";

static struct {
  bool ready;
  th_plan plan;
  uint8_t *arena;
  th_model_info info;
  uint8_t kernels[TH_PLAN_MAX_OPCODES]; /* by opcode: index into th_kernel_table */
} loaded;

/* The kernels take all operands as void *; those of the blob are only read. */
static void *resolve(uint32_t ref) {
  if (ref == TH_REF_NONE) {
    return NULL;
  }
  if ((ref & TH_REF_CONST) != 0) {
    return (void *)(uintptr_t)(loaded.plan.blob + (ref & ~TH_REF_CONST));
  }
  return loaded.arena + ref;
}

void th_engine_reset_state(void) {
  for (uint32_t i = 0; i < loaded.plan.header->state_count; i++) {
    const th_plan_state *state = &loaded.plan.states[i];
    if (state->initial == TH_REF_NONE) {
      memset(resolve(state->ref), (int)state->fill, state->bytes);
    } else {
      memcpy(resolve(state->ref), resolve(state->initial), state->bytes);
    }
  }
}

static uint32_t state_bytes(void) {
  uint32_t bytes = 0;
  for (uint32_t i = 0; i < loaded.plan.header->state_count; i++) {
    bytes += loaded.plan.states[i].bytes;
  }
  return bytes;
}

th_status th_engine_load(const uint8_t *blob, size_t blob_bytes, uint8_t *arena, size_t arena_bytes,
                         const char **detail) {
  th_engine_unload();
  const th_status status = th_plan_check(blob, blob_bytes, arena_bytes, &loaded.plan, detail);
  if (status != TH_OK) {
    return status;
  }
  for (uint8_t i = 0; th_kernel_table[i].run != NULL; i++) {
    if (th_kernel_table[i].opcode < TH_PLAN_MAX_OPCODES) {
      loaded.kernels[th_kernel_table[i].opcode] = i;
    }
  }
  const th_plan_header *header = loaded.plan.header;
  loaded.info = (th_model_info){
      .arena_bytes = header->arena_bytes,
      .persistent_bytes = state_bytes(),
      .input_bytes = loaded.plan.input_bytes,
      .output_bytes = loaded.plan.output_bytes,
      .ops = header->op_count,
      .inputs = header->input_count,
      .outputs = header->output_count,
      .model_sha256 = header->model_sha256,
      .model_name = (const char *)blob + header->name_offset,
  };
  loaded.arena = arena;
  loaded.ready = true;
  memset(arena, 0, header->arena_bytes);
  th_engine_reset_state();
  return TH_OK;
}

const th_model_info *th_engine_info(void) { return loaded.ready ? &loaded.info : NULL; }

void th_engine_unload(void) { loaded.ready = false; }

void th_engine_set_inputs(const uint8_t *inputs) {
  for (uint32_t i = 0; i < loaded.info.inputs; i++) {
    const th_plan_io *io = &loaded.plan.inputs[i];
    memcpy(resolve(io->ref), inputs, io->bytes);
    inputs += io->bytes;
  }
}

void th_engine_get_outputs(uint8_t *outputs) {
  for (uint32_t i = 0; i < loaded.info.outputs; i++) {
    const th_plan_io *io = &loaded.plan.outputs[i];
    memcpy(outputs, resolve(io->ref), io->bytes);
    outputs += io->bytes;
  }
}

static float dequantise(const th_plan_io *io, const uint8_t *element) {
  int32_t q = 0;
  if (io->dtype == TH_FLOAT32) {
    float value;
    memcpy(&value, element, sizeof value);
    return value;
  }
  switch (io->dtype) {
    case TH_INT8:
      q = (int8_t)*element;
      break;
    case TH_INT16: {
      int16_t value;
      memcpy(&value, element, sizeof value);
      q = value;
      break;
    }
    case TH_INT32:
    case TH_INT64: /* the low word: indices and counts */
      memcpy(&q, element, sizeof q);
      break;
    default:
      q = *element;
      break;
  }
  if (io->scale == 0.0f) {
    return (float)q;
  }
  /* Only a made-up zero point wraps around; 64 bits as a float take half a kilobyte. */
  return io->scale * (float)(int32_t)((uint32_t)q - (uint32_t)io->zero_point);
}

bool th_engine_output_value(size_t index, float *value) {
  if (!loaded.ready) {
    return false;
  }
  for (uint32_t i = 0; i < loaded.info.outputs; i++) {
    const th_plan_io *io = &loaded.plan.outputs[i];
    const uint32_t element_bytes = th_plan_element_bytes(io->dtype);
    const size_t count = io->bytes / element_bytes;
    if (index < count) {
      *value = dequantise(io, (const uint8_t *)resolve(io->ref) + index * element_bytes);
      return true;
    }
    index -= count;
  }
  return false;
}

void th_engine_invoke(th_layer_hook hook) {
  void *operands[TH_PLAN_MAX_OPERANDS];
  const th_plan_op *op = loaded.plan.ops;
  for (uint32_t i = 0; i < loaded.info.ops; i++) {
    const th_operand *operand = (const th_operand *)(op + 1);
    const th_operand *end = operand + op->operand_count;
    const void *params = end;
    const th_kernel_fn kernel = th_kernel_table[loaded.kernels[op->opcode]].run;
    for (void **to = operands; operand < end; operand++) {
      *to++ = resolve(operand->ref);
    }
    if (hook != NULL) {
      const uint64_t begin = board_cycles();
      kernel(params, operands);
      const uint64_t cycles = board_cycles() - begin;
      hook((uint16_t)i, cycles > UINT32_MAX ? UINT32_MAX : (uint32_t)cycles);
    } else {
      kernel(params, operands);
    }
    op = (const th_plan_op *)((const uint8_t *)op + op->record_bytes);
  }
}
