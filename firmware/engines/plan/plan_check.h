/* Checking a plan before it is used. */
#ifndef TINYHIL_PLAN_CHECK_H
#define TINYHIL_PLAN_CHECK_H

#include "engines/engine.h"
#include "engines/plan/plan_format.h"

/* Opcodes are below this: a table of them is kept for direct lookup. */
enum { TH_PLAN_MAX_OPCODES = 128 };

/* What the executor walks; valid while the blob is. */
typedef struct {
  const uint8_t *blob;
  const th_plan_header *header;
  const th_plan_io *inputs;
  const th_plan_io *outputs;
  const th_plan_state *states;
  const th_plan_op *ops;
  uint32_t input_bytes;
  uint32_t output_bytes;
} th_plan;

/* Bytes of one element of a dtype, 0 for an unknown one. */
uint32_t th_plan_element_bytes(uint16_t dtype);

/* Checks every field of blob[0..blob_bytes) that the executor or a kernel's operands rely on. The parameters are checked
 * against the operands by the kernels that bring a check of their own. On failure *detail says what is wrong. */
th_status th_plan_check(const uint8_t *blob, size_t blob_bytes, size_t arena_bytes, th_plan *plan, const char **detail);

#endif
