/* What every kernel set offers to the plan engine: one table. */
#ifndef TINYHIL_KERNELS_H
#define TINYHIL_KERNELS_H

#include <stdint.h>

/* params: the operator's parameter struct (params.h). operands: pointers in the order that opcodes.h gives, NULL where
 * an optional one is absent. Never fails: everything was checked when the plan was made and when it was loaded. */
typedef void (*th_kernel_fn)(const void *params, void *const *operands);

typedef struct {
  uint16_t opcode;
  uint8_t operand_count;
  uint8_t output_count;
  uint32_t param_bytes;
  th_kernel_fn run;
} th_kernel;

/* The kernels linked into this image, ended by run == NULL. A deploy build has only those its model needs. */
extern const th_kernel th_kernel_table[];
/* Name of the set ("reference") and its weight layout (enum th_kernel_abi). */
extern const char th_kernel_set_name[];
extern const uint32_t th_kernel_set_abi;

#endif
