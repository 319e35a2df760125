/* The kernel set "reference". */
#include <stddef.h>

#include "engines/plan/plan_format.h"
#include "kernels/kernels.h"
#include "kernels/opcodes.h"
#include "kernels/params.h"
#include "kernels/reference/checks.h"
#include "kernels/reference/reference.h"

const char th_kernel_set_name[] = "reference";
const uint32_t th_kernel_set_abi = TH_ABI_REFERENCE;

const th_kernel th_kernel_table[] = {
#include "kernels/reference/entries.h"
    {0, 0, 0, 0, NULL, 0, NULL},
};
