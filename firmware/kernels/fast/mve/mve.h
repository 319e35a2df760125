/* The kernel set "fast" for Armv8.1-M with MVE (Cortex-M55): int8, bit-exact with the reference kernels. Packed weights
 * and constants are written by harness/engines/plan/kernels/mve.py. Signature: kernels.h; operands: opcodes.h.
 *
 * Everywhere: the input's zero point is part of the biases, right shifts are stored as negative numbers. Loads of
 * activations never leave their tensor; packed weights end with 16 bytes that are loaded but not used. */
#ifndef TINYHIL_FAST_MVE_H
#define TINYHIL_FAST_MVE_H

#include <stdbool.h>

#include "engines/plan/plan_format.h"

/* Elements of a window whose sum fits 16 bits. */
enum { TH_MVE_POOL_MOST = 255 };

void th_mve_conv_2d_s8(const void *params, void *const *operands);
void th_mve_conv_1x1_s8(const void *params, void *const *operands);
void th_mve_fully_connected_s8(const void *params, void *const *operands);
void th_mve_depthwise_conv_2d_s8(const void *params, void *const *operands);
void th_mve_depthwise_conv_3x3_s8(const void *params, void *const *operands);
void th_mve_average_pool_2d_s8(const void *params, void *const *operands);
void th_mve_max_pool_2d_s8(const void *params, void *const *operands);
void th_mve_add_s8(const void *params, void *const *operands);

bool th_check_mve_conv_2d_s8(const void *params, const th_operand *operands);
bool th_check_mve_conv_1x1_s8(const void *params, const th_operand *operands);
bool th_check_mve_fully_connected_s8(const void *params, const th_operand *operands);
bool th_check_mve_depthwise_conv_2d_s8(const void *params, const th_operand *operands);
bool th_check_mve_depthwise_conv_3x3_s8(const void *params, const th_operand *operands);
bool th_check_mve_average_pool_2d_s8(const void *params, const th_operand *operands);
bool th_check_mve_add_s8(const void *params, const th_operand *operands);

#endif
