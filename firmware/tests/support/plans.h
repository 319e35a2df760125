/* Plans for tests. */
#ifndef TINYHIL_PLANS_H
#define TINYHIL_PLANS_H

#include <stddef.h>
#include <stdint.h>

#include "engines/plan/plan_format.h"

/* The test kernels: each works on the first byte of its operands only, so that no checked plan can harm it. */
enum {
  TEST_ADD = 1,       /* output, input; params: int32 to add, refused where it is TEST_REFUSED */
  TEST_SUM = 2,       /* output, input, [input]; an absent one counts 100 */
  TEST_NO_KERNEL = 9, /* in no table */
  TEST_REFUSED = 666
};

typedef struct {
  uint16_t opcode;
  uint8_t operand_count;
  uint8_t output_count;
  th_operand operands[TH_PLAN_MAX_OPERANDS];
  uint32_t param_bytes; /* 0 or 4 */
  int32_t param;
} plan_step;

typedef struct {
  uint32_t arena_bytes;
  uint16_t inputs;
  uint16_t outputs;
  th_plan_io io[4]; /* inputs, then outputs */
  uint16_t states;
  th_plan_state state[2];
  uint16_t steps;
  const plan_step *step;
  const char *name;
} plan_recipe;

enum { PLAN_MAX_BYTES = 32768 };

/* Writes a plan; returns its length. `blob` is 16-byte aligned and has PLAN_MAX_BYTES. Four bytes of constants, 1 2 3 4, lie
 * at *constants when that is not NULL. */
size_t plan_build(const plan_recipe *recipe, uint8_t *blob, uint32_t *constants);
/* Makes the CRC right again after a change. */
void plan_seal(uint8_t *blob, size_t bytes);

/* A plan with two inputs (8 int8, 1 float32), two outputs (8 int8 with scale 0.5 and zero point -1; the 4 constants as
 * uint8) and three steps. Output 0's first byte = input 0's + 5 + 1 + 100. */
size_t plan_sample(uint8_t *blob);
/* A plan that adds up its inputs (1 int8 each, of 4) in its state, and outputs the state: 4 bytes, of which the first counts.
 * It begins at 7. Other states: 4 bytes that begin as the constants. */
size_t plan_running_sum(uint8_t *blob);
/* A plan of `steps` steps, each adding 1. */
size_t plan_chain(uint8_t *blob, uint16_t steps);

#endif
