/* CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED. */
#include "kernels/cmsis_nn/arguments.h"
#include "kernels/cmsis_nn/cmsis_nn.h"

void th_cmsis_conv_2d_s8(const void *params, void *const *operands) {
  const th_cmsis_conv a = th_cmsis_conv_arguments(params);
  const cmsis_nn_per_channel_quant_params factors = {.multiplier = operands[4], .shift = operands[5]};
  const cmsis_nn_context scratch = {
      .buf = operands[6], .size = arm_convolve_wrapper_s8_get_buffer_size(&a.params, &a.input, &a.filter, &a.output)};
  (void)arm_convolve_wrapper_s8(&scratch, &a.params, &factors, &a.input, operands[1], &a.filter, operands[2], &a.bias,
                                operands[3], &a.output, operands[0]);
}

void th_cmsis_depthwise_conv_2d_s8(const void *params, void *const *operands) {
  const th_cmsis_depthwise a = th_cmsis_depthwise_arguments(params);
  const cmsis_nn_per_channel_quant_params factors = {.multiplier = operands[4], .shift = operands[5]};
  const cmsis_nn_context scratch = {
      .buf = operands[6],
      .size = arm_depthwise_conv_wrapper_s8_get_buffer_size(&a.params, &a.input, &a.filter, &a.output)};
  (void)arm_depthwise_conv_wrapper_s8(&scratch, &a.params, &factors, &a.input, operands[1], &a.filter, operands[2],
                                      &a.bias, operands[3], &a.output, operands[0]);
}

void th_cmsis_fully_connected_s8(const void *params, void *const *operands) {
  const th_fully_connected_params *p = params;
  const cmsis_nn_fc_params fc = {.input_offset = p->input_offset,
                                 .filter_offset = p->filter_offset,
                                 .output_offset = p->output_offset,
                                 .activation = {.min = p->activation_min, .max = p->activation_max}};
  const cmsis_nn_per_tensor_quant_params factor = {.multiplier = *(const int32_t *)operands[4],
                                                   .shift = *(const int32_t *)operands[5]};
  const cmsis_nn_dims input = {.n = p->batches, .h = 1, .w = 1, .c = p->input_depth};
  const cmsis_nn_dims filter = {.n = p->input_depth, .h = 1, .w = 1, .c = p->output_depth};
  const cmsis_nn_dims bias = {.n = 1, .h = 1, .w = 1, .c = p->output_depth};
  const cmsis_nn_dims output = {.n = p->batches, .h = 1, .w = 1, .c = p->output_depth};
  const cmsis_nn_context none = {.buf = NULL, .size = 0};
  (void)arm_fully_connected_s8(&none, &fc, &factor, &input, operands[1], &filter, operands[2], &bias, operands[3],
                               &output, operands[0]);
}
