/* The kernel set "fast" for cores without SIMD (Cortex-M0, M0+, M3, RV32IM): int8, bit-exact with the reference kernels.
 * Portable C. Weights and constants are packed by harness/engines/plan/kernels/scalar.py (filters.h). Signature: kernels.h;
 * operands: opcodes.h. Everywhere: the input's zero point is part of the biases; loads never leave a tensor; sums wrap. */
#ifndef TINYHIL_FAST_SCALAR_H
#define TINYHIL_FAST_SCALAR_H

#include <stdbool.h>

#include "engines/plan/plan_format.h"

void th_scalar_conv_2d_s8(const void *params, void *const *operands);
void th_scalar_conv_1x1_s8(const void *params, void *const *operands);
void th_scalar_fully_connected_s8(const void *params, void *const *operands);
void th_scalar_depthwise_conv_2d_s8(const void *params, void *const *operands);

bool th_check_scalar_conv_2d_s8(const void *params, const th_operand *operands);
bool th_check_scalar_conv_1x1_s8(const void *params, const th_operand *operands);
bool th_check_scalar_fully_connected_s8(const void *params, const th_operand *operands);
bool th_check_scalar_depthwise_conv_2d_s8(const void *params, const th_operand *operands);

#endif
