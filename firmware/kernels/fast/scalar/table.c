/* The kernel set "fast" for cores without SIMD. */
#include <stddef.h>

#include "engines/plan/plan_format.h"
#include "kernels/fast/scalar/scalar.h"
#include "kernels/kernels.h"
#include "kernels/opcodes.h"
#include "kernels/params.h"
#include "kernels/reference/checks.h"
#include "kernels/reference/reference.h"

const char th_kernel_set_name[] = "fast";
const uint32_t th_kernel_set_abi = TH_ABI_FAST_SCALAR;

const th_kernel th_kernel_table[] = {
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_SCALAR_CONV_2D_S8)
    {TH_OP_SCALAR_CONV_2D_S8, 4, 2, sizeof(th_conv_2d_params), th_scalar_conv_2d_s8, 0, th_check_scalar_conv_2d_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_SCALAR_CONV_1X1_S8)
    {TH_OP_SCALAR_CONV_1X1_S8, 4, 2, sizeof(th_conv_2d_params), th_scalar_conv_1x1_s8, 0, th_check_scalar_conv_1x1_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_SCALAR_FULLY_CONNECTED_S8)
    {TH_OP_SCALAR_FULLY_CONNECTED_S8, 4, 2, sizeof(th_fully_connected_params),
     th_scalar_fully_connected_s8, 0, th_check_scalar_fully_connected_s8},
#endif
#if !defined(TH_DEPLOY_OPS) || defined(TH_USE_SCALAR_DEPTHWISE_CONV_2D_S8)
    {TH_OP_SCALAR_DEPTHWISE_CONV_2D_S8, 4, 2, sizeof(th_depthwise_conv_2d_params),
     th_scalar_depthwise_conv_2d_s8, 0, th_check_scalar_depthwise_conv_2d_s8},
#endif
#include "kernels/reference/entries.h"
    {0, 0, 0, 0, NULL, 0, NULL},
};
