/* What every kernel set offers to the plan engine: one table. */
#ifndef TINYHIL_KERNELS_H
#define TINYHIL_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "engines/plan/plan_format.h"

/* params: the operator's parameter struct (params.h). operands: pointers in the order that opcodes.h gives, NULL where
 * an optional one is absent. Never fails: everything was checked when the plan was made and when it was loaded. */
typedef void (*th_kernel_fn)(const void *params, void *const *operands);

/* Whether a kernel with these parameters stays inside operands of these sizes, and ends. Asked once, when a plan is loaded;
 * operands: as many as the kernel has, each absent one with 0 bytes. */
typedef bool (*th_kernel_check_fn)(const void *params, const th_operand *operands);

typedef struct {
  uint16_t opcode;
  uint8_t operand_count;
  uint8_t output_count;
  uint32_t param_bytes;
  th_kernel_fn run;
  uint32_t optional_operands; /* bit i: operand i may be absent */
  th_kernel_check_fn check;   /* NULL: nothing of the parameters is checked here */
} th_kernel;

/* The kernels linked into this image, ended by run == NULL. A deploy build has only those its model needs. */
extern const th_kernel th_kernel_table[];
/* Name of the set ("reference") and its weight layout (enum th_kernel_abi). */
extern const char th_kernel_set_name[];
extern const uint32_t th_kernel_set_abi;

#endif
