/* The kernel set "fast" for cores with the DSP extension (Cortex-M4, M7, M33): int8, bit-exact with the reference kernels.
 * Weights and constants are packed by harness/engines/plan/kernels/dsp.py (rows.h, depthwise.h). Signature: kernels.h;
 * operands: opcodes.h. Everywhere: the input's zero point is part of the biases; loads never leave a tensor. */
#ifndef TINYHIL_FAST_DSP_H
#define TINYHIL_FAST_DSP_H

#include <stdbool.h>

#include "engines/plan/plan_format.h"

void th_dsp_conv_2d_s8(const void *params, void *const *operands);
void th_dsp_conv_1x1_s8(const void *params, void *const *operands);
void th_dsp_fully_connected_s8(const void *params, void *const *operands);
void th_dsp_depthwise_conv_2d_s8(const void *params, void *const *operands);
void th_dsp_depthwise_3x3_s8(const void *params, void *const *operands);

/* In place of the reference kernels, with their checks. */
void th_dsp_add_s8(const void *params, void *const *operands);
void th_dsp_average_pool_2d_s8(const void *params, void *const *operands);
void th_dsp_max_pool_2d_s8(const void *params, void *const *operands);

bool th_check_dsp_conv_2d_s8(const void *params, const th_operand *operands);
bool th_check_dsp_conv_1x1_s8(const void *params, const th_operand *operands);
bool th_check_dsp_fully_connected_s8(const void *params, const th_operand *operands);
bool th_check_dsp_depthwise_conv_2d_s8(const void *params, const th_operand *operands);
bool th_check_dsp_depthwise_3x3_s8(const void *params, const th_operand *operands);

#endif
