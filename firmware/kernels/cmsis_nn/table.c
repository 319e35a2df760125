/* The kernel set "cmsis-nn": CMSIS-NN where it computes the same, the reference kernels behind. */
#include <stddef.h>

#include "engines/plan/plan_format.h"
#include "kernels/cmsis_nn/cmsis_nn.h"
#include "kernels/kernels.h"
#include "kernels/opcodes.h"
#include "kernels/params.h"
#include "kernels/reference/checks.h"
#include "kernels/reference/reference.h"

enum {
  OPTIONAL_SCRATCH = 1 << 6,
  OPTIONAL_POOL_SCRATCH = 1 << 2,
  OPTIONAL_BIAS_AND_SCRATCH = OPTIONAL_BIAS | OPTIONAL_SCRATCH
};

const char th_kernel_set_name[] = "cmsis-nn";
const uint32_t th_kernel_set_abi = TH_ABI_CMSIS_NN;

const th_kernel th_kernel_table[] = {
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_CMSIS_CONV_2D_S8)
    {TH_OP_CMSIS_CONV_2D_S8, 7, 1, sizeof(th_conv_2d_params),
     th_cmsis_conv_2d_s8, OPTIONAL_BIAS_AND_SCRATCH, th_check_cmsis_conv_2d_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_CMSIS_DEPTHWISE_CONV_2D_S8)
    {TH_OP_CMSIS_DEPTHWISE_CONV_2D_S8, 7, 1, sizeof(th_depthwise_conv_2d_params),
     th_cmsis_depthwise_conv_2d_s8, OPTIONAL_SCRATCH, th_check_cmsis_depthwise_conv_2d_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_CMSIS_FULLY_CONNECTED_S8)
    {TH_OP_CMSIS_FULLY_CONNECTED_S8, 6, 1, sizeof(th_fully_connected_params),
     th_cmsis_fully_connected_s8, OPTIONAL_BIAS, th_check_cmsis_fully_connected_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_CMSIS_AVERAGE_POOL_2D_S8)
    {TH_OP_CMSIS_AVERAGE_POOL_2D_S8, 3, 1, sizeof(th_pool_2d_params),
     th_cmsis_average_pool_2d_s8, OPTIONAL_POOL_SCRATCH, th_check_cmsis_average_pool_2d_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_CMSIS_MAX_POOL_2D_S8)
    {TH_OP_CMSIS_MAX_POOL_2D_S8, 2, 1, sizeof(th_pool_2d_params), th_cmsis_max_pool_2d_s8, 0, th_check_pool_2d_s8},
#endif
#include "kernels/reference/entries.h"
    {0, 0, 0, 0, NULL, 0, NULL},
};
