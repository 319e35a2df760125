/* The kernel set "fast" for cores with MVE. */
#include <stddef.h>

#include "engines/plan/plan_format.h"
#include "kernels/fast/mve/mve.h"
#include "kernels/kernels.h"
#include "kernels/opcodes.h"
#include "kernels/params.h"
#include "kernels/reference/checks.h"
#include "kernels/reference/reference.h"

const char th_kernel_set_name[] = "fast";
const uint32_t th_kernel_set_abi = TH_ABI_FAST_MVE;

const th_kernel th_kernel_table[] = {
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_MVE_CONV_2D_S8)
    {TH_OP_MVE_CONV_2D_S8, 5, 2, sizeof(th_conv_2d_params), th_mve_conv_2d_s8, 0, th_check_mve_conv_2d_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_MVE_CONV_1X1_S8)
    {TH_OP_MVE_CONV_1X1_S8, 4, 1, sizeof(th_conv_2d_params), th_mve_conv_1x1_s8, 0, th_check_mve_conv_1x1_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_MVE_FULLY_CONNECTED_S8)
    {TH_OP_MVE_FULLY_CONNECTED_S8, 4, 1, sizeof(th_fully_connected_params),
     th_mve_fully_connected_s8, 0, th_check_mve_fully_connected_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_MVE_DEPTHWISE_CONV_2D_S8)
    {TH_OP_MVE_DEPTHWISE_CONV_2D_S8, 4, 2, sizeof(th_depthwise_conv_2d_params),
     th_mve_depthwise_conv_2d_s8, 0, th_check_mve_depthwise_conv_2d_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_MVE_DEPTHWISE_CONV_3X3_S8)
    {TH_OP_MVE_DEPTHWISE_CONV_3X3_S8, 4, 2, sizeof(th_depthwise_conv_2d_params),
     th_mve_depthwise_conv_3x3_s8, 0, th_check_mve_depthwise_conv_3x3_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_MVE_AVERAGE_POOL_2D_S8)
    {TH_OP_MVE_AVERAGE_POOL_2D_S8, 2, 1, sizeof(th_pool_2d_params),
     th_mve_average_pool_2d_s8, 0, th_check_mve_average_pool_2d_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_MVE_MAX_POOL_2D_S8)
    {TH_OP_MVE_MAX_POOL_2D_S8, 2, 1, sizeof(th_pool_2d_params), th_mve_max_pool_2d_s8, 0, th_check_pool_2d_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_MVE_ADD_S8)
    {TH_OP_MVE_ADD_S8, 3, 1, sizeof(th_add_params), th_mve_add_s8, 0, th_check_mve_add_s8},
#endif
#include "kernels/reference/entries.h"
    {0, 0, 0, 0, NULL, 0, NULL},
};
