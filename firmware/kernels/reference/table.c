/* The reference kernel set's table. A deploy build (TH_DEPLOY_OPS) keeps the kernels its model needs: TH_USE_<opcode>. */
#include <stddef.h>

#include "engines/plan/plan_format.h"
#include "kernels/kernels.h"
#include "kernels/opcodes.h"
#include "kernels/params.h"
#include "kernels/reference/reference.h"

const char th_kernel_set_name[] = "reference";
const uint32_t th_kernel_set_abi = TH_ABI_REFERENCE;

const th_kernel th_kernel_table[] = {
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_CONV_2D_S8)
    {TH_OP_CONV_2D_S8, 6, 1, sizeof(th_conv_2d_s8_params), th_conv_2d_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_DEPTHWISE_CONV_2D_S8)
    {TH_OP_DEPTHWISE_CONV_2D_S8, 6, 1, sizeof(th_depthwise_conv_2d_s8_params), th_depthwise_conv_2d_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_FULLY_CONNECTED_S8)
    {TH_OP_FULLY_CONNECTED_S8, 6, 1, sizeof(th_fully_connected_s8_params), th_fully_connected_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_AVERAGE_POOL_2D_S8)
    {TH_OP_AVERAGE_POOL_2D_S8, 2, 1, sizeof(th_pool_2d_s8_params), th_average_pool_2d_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_MAX_POOL_2D_S8)
    {TH_OP_MAX_POOL_2D_S8, 2, 1, sizeof(th_pool_2d_s8_params), th_max_pool_2d_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_ADD_S8)
    {TH_OP_ADD_S8, 3, 1, sizeof(th_add_s8_params), th_add_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_COPY)
    {TH_OP_COPY, 2, 1, sizeof(th_copy_params), th_copy},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_SOFTMAX_S8)
    {TH_OP_SOFTMAX_S8, 2, 1, sizeof(th_softmax_s8_params), th_softmax_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_SOFTMAX_S8_S16)
    {TH_OP_SOFTMAX_S8_S16, 2, 1, sizeof(th_softmax_s8_params), th_softmax_s8_s16},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_RELU_S8)
    {TH_OP_RELU_S8, 2, 1, sizeof(th_relu_s8_params), th_relu_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_PAD_S8)
    {TH_OP_PAD_S8, 2, 1, sizeof(th_pad_s8_params), th_pad_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_MEAN_S8)
    {TH_OP_MEAN_S8, 2, 1, sizeof(th_mean_s8_params), th_mean_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_QUANTIZE)
    {TH_OP_QUANTIZE, 2, 1, sizeof(th_quantize_params), th_quantize},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_REQUANTIZE)
    {TH_OP_REQUANTIZE, 2, 1, sizeof(th_requantize_params), th_requantize_tensor},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_DEQUANTIZE)
    {TH_OP_DEQUANTIZE, 2, 1, sizeof(th_dequantize_params), th_dequantize},
#endif
    {0, 0, 0, 0, NULL},
};
