/* Parameter structs as CMSIS-NN's arguments. */
#ifndef TINYHIL_CMSIS_NN_ARGUMENTS_H
#define TINYHIL_CMSIS_NN_ARGUMENTS_H

#include "arm_nnfunctions.h"
#include "kernels/params.h"

typedef struct {
  cmsis_nn_conv_params params;
  cmsis_nn_dims input, filter, bias, output;
} th_cmsis_conv;

typedef struct {
  cmsis_nn_dw_conv_params params;
  cmsis_nn_dims input, filter, bias, output;
} th_cmsis_depthwise;

static inline th_cmsis_conv th_cmsis_conv_arguments(const th_conv_2d_params *p) {
  return (th_cmsis_conv){
      .params = {.input_offset = p->input_offset,
                 .output_offset = p->output_offset,
                 .stride = {.w = p->stride_width, .h = p->stride_height},
                 .padding = {.w = p->pad_left, .h = p->pad_top},
                 .dilation = {.w = p->dilation_width, .h = p->dilation_height},
                 .activation = {.min = p->activation_min, .max = p->activation_max}},
      .input = {.n = p->batches, .h = p->input_height, .w = p->input_width, .c = p->input_depth},
      .filter = {.n = p->output_depth, .h = p->filter_height, .w = p->filter_width, .c = p->filter_depth},
      .bias = {.n = 1, .h = 1, .w = 1, .c = p->output_depth},
      .output = {.n = p->batches, .h = p->output_height, .w = p->output_width, .c = p->output_depth},
  };
}

static inline th_cmsis_depthwise th_cmsis_depthwise_arguments(const th_depthwise_conv_2d_params *p) {
  const int32_t depth = p->input_depth * p->depth_multiplier;
  return (th_cmsis_depthwise){
      .params = {.input_offset = p->input_offset,
                 .output_offset = p->output_offset,
                 .ch_mult = p->depth_multiplier,
                 .stride = {.w = p->stride_width, .h = p->stride_height},
                 .padding = {.w = p->pad_left, .h = p->pad_top},
                 .dilation = {.w = p->dilation_width, .h = p->dilation_height},
                 .activation = {.min = p->activation_min, .max = p->activation_max}},
      .input = {.n = p->batches, .h = p->input_height, .w = p->input_width, .c = p->input_depth},
      .filter = {.n = 1, .h = p->filter_height, .w = p->filter_width, .c = depth},
      .bias = {.n = 1, .h = 1, .w = 1, .c = depth},
      .output = {.n = p->batches, .h = p->output_height, .w = p->output_width, .c = depth},
  };
}

#endif
