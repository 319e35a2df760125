/* The kernels of the set "cmsis-nn": thin calls into CMSIS-NN 4.0.0, whose sources come from outside this repository
 * (docs/kernel-sets.md). Operands: opcodes.h; parameter structs: those of the reference kernels. */
#ifndef TINYHIL_CMSIS_NN_H
#define TINYHIL_CMSIS_NN_H

#include <stdbool.h>
#include <stdint.h>

#include "engines/plan/plan_format.h"

void th_cmsis_conv_2d_s8(const void *params, void *const *operands);
void th_cmsis_depthwise_conv_2d_s8(const void *params, void *const *operands);
void th_cmsis_fully_connected_s8(const void *params, void *const *operands);
void th_cmsis_average_pool_2d_s8(const void *params, void *const *operands);
void th_cmsis_max_pool_2d_s8(const void *params, void *const *operands);

/* th_kernel_check_fn of each: the reference kernel's check, CMSIS-NN's own limits and the scratch memory it will use. */
bool th_check_cmsis_conv_2d_s8(const void *params, const th_operand *operands);
bool th_check_cmsis_depthwise_conv_2d_s8(const void *params, const th_operand *operands);
bool th_check_cmsis_fully_connected_s8(const void *params, const th_operand *operands);
bool th_check_cmsis_average_pool_2d_s8(const void *params, const th_operand *operands);

#endif
