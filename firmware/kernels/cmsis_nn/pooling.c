/* AVERAGE_POOL_2D and MAX_POOL_2D. The library takes one image at a time. */
#include "arm_nnfunctions.h"
#include "kernels/cmsis_nn/cmsis_nn.h"
#include "kernels/params.h"

typedef arm_cmsis_nn_status (*pool_fn)(const cmsis_nn_context *scratch, const cmsis_nn_pool_params *params,
                                       const cmsis_nn_dims *input_dims, const int8_t *input,
                                       const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims,
                                       int8_t *output);

static void pool(const th_pool_2d_params *p, void *const *operands, const cmsis_nn_context *scratch, pool_fn function) {
  const cmsis_nn_pool_params params = {.stride = {.w = p->stride_width, .h = p->stride_height},
                                       .padding = {.w = p->pad_left, .h = p->pad_top},
                                       .activation = {.min = p->activation_min, .max = p->activation_max}};
  const cmsis_nn_dims input = {.n = 1, .h = p->input_height, .w = p->input_width, .c = p->depth};
  const cmsis_nn_dims filter = {.n = 1, .h = p->filter_height, .w = p->filter_width, .c = 1};
  const cmsis_nn_dims output = {.n = 1, .h = p->output_height, .w = p->output_width, .c = p->depth};
  const int8_t *from = operands[1];
  int8_t *to = operands[0];
  for (int32_t i = 0; i < p->batches; i++) {
    (void)function(scratch, &params, &input, from, &filter, &output, to);
    from += input.h * input.w * input.c;
    to += output.h * output.w * output.c;
  }
}

void th_cmsis_average_pool_2d_s8(const void *params, void *const *operands) {
  const th_pool_2d_params *p = params;
  const cmsis_nn_context scratch = {.buf = operands[2],
                                    .size = arm_avgpool_s8_get_buffer_size(p->output_width, p->depth)};
  pool(p, operands, &scratch, arm_avgpool_s8);
}

void th_cmsis_max_pool_2d_s8(const void *params, void *const *operands) {
  const cmsis_nn_context none = {.buf = NULL, .size = 0};
  pool(params, operands, &none, arm_max_pool_s8);
}
