#include "engines/plan/plan_check.h"

#include <string.h>

#include "app/crc32.h"
#include "kernels/kernels.h"

_Static_assert(sizeof(th_plan_header) == 80 && sizeof(th_plan_io) == 20 && sizeof(th_plan_state) == 16 &&
                   sizeof(th_operand) == 8 && sizeof(th_plan_op) == 12,
               "the plan's structures have no padding");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the plan is little endian and read in place");

enum { CRC_BEGIN = 16, RECORD_ALIGN = 4, REF_ALIGN = 4 };

static th_status bad(const char **detail, const char *why) {
  *detail = why;
  return TH_ERR_BAD_PLAN;
}

/* Whether [offset, offset + bytes) lies within `total`. */
static bool inside(uint32_t offset, uint64_t bytes, uint32_t total) { return offset <= total && bytes <= total - offset; }

uint32_t th_plan_element_bytes(uint16_t dtype) {
  switch (dtype) {
    case TH_INT8:
    case TH_UINT8:
    case TH_BOOL:
      return 1;
    case TH_INT16:
      return 2;
    case TH_FLOAT32:
    case TH_INT32:
      return 4;
    case TH_INT64:
      return 8;
    default:
      return 0;
  }
}

static th_status check_header(const th_plan *plan, size_t blob_bytes, const char **detail) {
  const th_plan_header *header = plan->header;
  if ((uintptr_t)plan->blob % TH_PLAN_ALIGN != 0) {
    return bad(detail, "blob is not aligned");
  }
  if (blob_bytes < sizeof *header || header->magic != TH_PLAN_MAGIC) {
    return bad(detail, "not a plan");
  }
  if (header->version != TH_PLAN_VERSION || header->header_bytes != sizeof *header) {
    return bad(detail, "plan of another version");
  }
  if (header->total_bytes < sizeof *header || header->total_bytes > blob_bytes) {
    return bad(detail, "plan is cut short");
  }
  if (header->total_bytes >= TH_REF_CONST) {
    return bad(detail, "plan is too long");
  }
  if (header->crc32 != th_crc32(0, plan->blob + CRC_BEGIN, header->total_bytes - CRC_BEGIN)) {
    return bad(detail, "CRC does not match");
  }
  return TH_OK;
}

static th_status check_name(const th_plan *plan, const char **detail) {
  const th_plan_header *header = plan->header;
  const char *name = (const char *)plan->blob + header->name_offset;
  if (!inside(header->name_offset, (uint64_t)header->name_bytes + 1, header->total_bytes)) {
    return bad(detail, "name out of bounds");
  }
  if (name[header->name_bytes] != '\0') {
    return bad(detail, "name has no end");
  }
  for (uint32_t i = 0; i < header->name_bytes; i++) {
    if (name[i] < ' ' || name[i] > '~') {
      return bad(detail, "name is not ASCII");
    }
  }
  return TH_OK;
}

/* Whether an operand of `bytes` bytes (not 0) lies where it says, and may be there. */
static bool valid_ref(const th_plan *plan, uint32_t ref, uint32_t bytes, bool written) {
  if (bytes == 0 || ref % REF_ALIGN != 0) {
    return false;
  }
  if ((ref & TH_REF_CONST) == 0) {
    return inside(ref, bytes, plan->header->arena_bytes);
  }
  return !written && inside(ref & ~TH_REF_CONST, bytes, plan->header->total_bytes);
}

/* Adds up the bytes of `count` records; 0 when one of them is wrong. */
static uint64_t check_io(const th_plan *plan, const th_plan_io *io, uint32_t count, bool written) {
  uint64_t total = 0;
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t element = th_plan_element_bytes(io[i].dtype);
    if (element == 0 || io[i].bytes % element != 0 || !valid_ref(plan, io[i].ref, io[i].bytes, written)) {
      return 0;
    }
    total += io[i].bytes;
  }
  return total;
}

static th_status check_all_io(th_plan *plan, const char **detail) {
  const th_plan_header *header = plan->header;
  const uint32_t count = (uint32_t)header->input_count + header->output_count;
  if (header->input_count == 0 || header->output_count == 0) {
    return bad(detail, "no input or no output");
  }
  if (header->io_offset % RECORD_ALIGN != 0 ||
      !inside(header->io_offset, (uint64_t)count * sizeof(th_plan_io), header->total_bytes)) {
    return bad(detail, "inputs and outputs out of bounds");
  }
  plan->inputs = (const th_plan_io *)(plan->blob + header->io_offset);
  plan->outputs = plan->inputs + header->input_count;
  const uint64_t input_bytes = check_io(plan, plan->inputs, header->input_count, true);
  const uint64_t output_bytes = check_io(plan, plan->outputs, header->output_count, false);
  if (input_bytes == 0 || input_bytes >= TH_REF_CONST || output_bytes == 0 || output_bytes >= TH_REF_CONST) {
    return bad(detail, "an input or output is wrong");
  }
  plan->input_bytes = (uint32_t)input_bytes;
  plan->output_bytes = (uint32_t)output_bytes;
  return TH_OK;
}

static th_status check_states(th_plan *plan, const char **detail) {
  const th_plan_header *header = plan->header;
  const uint64_t io_bytes = ((uint64_t)header->input_count + header->output_count) * sizeof(th_plan_io);
  const uint64_t state_bytes = (uint64_t)header->state_count * sizeof(th_plan_state);
  if (!inside(header->io_offset, io_bytes + state_bytes, header->total_bytes)) {
    return bad(detail, "state out of bounds");
  }
  plan->states = (const th_plan_state *)(plan->blob + header->io_offset + io_bytes);
  for (uint32_t i = 0; i < header->state_count; i++) {
    const th_plan_state *state = &plan->states[i];
    const bool constant = state->initial != TH_REF_NONE;
    if (!valid_ref(plan, state->ref, state->bytes, true) || state->fill > UINT8_MAX ||
        (constant && ((state->initial & TH_REF_CONST) == 0 || !valid_ref(plan, state->initial, state->bytes, false)))) {
      return bad(detail, "state out of bounds");
    }
  }
  return TH_OK;
}

static const th_kernel *find_kernel(uint16_t opcode) {
  for (const th_kernel *kernel = th_kernel_table; kernel->run != NULL; kernel++) {
    if (kernel->opcode == opcode) {
      return kernel;
    }
  }
  return NULL;
}

/* The record's fixed part is in bounds; `room` bytes from its beginning to the plan's end. */
static th_status check_op(const th_plan *plan, const th_plan_op *op, uint32_t room, const char **detail) {
  const th_operand *operands = (const th_operand *)(op + 1);
  const uint64_t needed = sizeof *op + (uint64_t)op->operand_count * sizeof *operands + op->param_bytes;
  if (op->record_bytes % RECORD_ALIGN != 0 || op->record_bytes > room || needed > op->record_bytes) {
    return bad(detail, "an operator's record is out of bounds");
  }
  const th_kernel *kernel = op->opcode < TH_PLAN_MAX_OPCODES ? find_kernel(op->opcode) : NULL;
  if (kernel == NULL) {
    *detail = "an operator is not in this image";
    return TH_ERR_OPERATOR;
  }
  if (op->operand_count != kernel->operand_count || op->operand_count > TH_PLAN_MAX_OPERANDS ||
      op->output_count != kernel->output_count || op->output_count > op->operand_count ||
      op->param_bytes != kernel->param_bytes) {
    return bad(detail, "an operator does not fit its kernel");
  }
  for (uint32_t i = 0; i < op->operand_count; i++) {
    const bool written = i < op->output_count;
    const bool optional = (kernel->optional_operands >> i & 1u) != 0 && !written;
    const bool absent = operands[i].ref == TH_REF_NONE && operands[i].bytes == 0;
    if (!(optional && absent) && !valid_ref(plan, operands[i].ref, operands[i].bytes, written)) {
      return bad(detail, "an operand is out of bounds");
    }
  }
  if (kernel->check != NULL && !kernel->check(operands + op->operand_count, operands)) {
    return bad(detail, "an operator's parameters do not fit its operands");
  }
  return TH_OK;
}

static th_status check_ops(th_plan *plan, const char **detail) {
  const th_plan_header *header = plan->header;
  uint32_t at = header->ops_offset;
  if (at % RECORD_ALIGN != 0 || at > header->total_bytes) {
    return bad(detail, "operators out of bounds");
  }
  plan->ops = (const th_plan_op *)(plan->blob + at);
  for (uint32_t i = 0; i < header->op_count; i++) {
    const uint32_t room = header->total_bytes - at;
    if (room < sizeof(th_plan_op)) {
      return bad(detail, "operators out of bounds");
    }
    const th_plan_op *op = (const th_plan_op *)(plan->blob + at);
    const th_status status = check_op(plan, op, room, detail);
    if (status != TH_OK) {
      return status;
    }
    at += op->record_bytes;
  }
  return TH_OK;
}

th_status th_plan_check(const uint8_t *blob, size_t blob_bytes, size_t arena_bytes, th_plan *plan, const char **detail) {
  *plan = (th_plan){.blob = blob, .header = (const th_plan_header *)blob};
  th_status status = check_header(plan, blob_bytes, detail);
  if (status != TH_OK) {
    return status;
  }
  if (plan->header->kernel_abi != th_kernel_set_abi) {
    *detail = "plan for another kernel set";
    return TH_ERR_KERNEL_SET;
  }
  if (plan->header->arena_bytes > arena_bytes || plan->header->arena_bytes >= TH_REF_CONST) {
    *detail = "activations do not fit the arena";
    return TH_ERR_ARENA;
  }
  status = check_name(plan, detail);
  if (status == TH_OK) {
    status = check_all_io(plan, detail);
  }
  if (status == TH_OK) {
    status = check_states(plan, detail);
  }
  if (status == TH_OK) {
    status = check_ops(plan, detail);
  }
  return status;
}
