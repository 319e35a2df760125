#include <stddef.h>

#include "engines/plan/plan_format.h"
#include "kernels/kernels.h"
#include "support/plans.h"

static void add(const void *params, void *const *operands) {
  const uint8_t *input = operands[1];
  *(uint8_t *)operands[0] = (uint8_t)((input != NULL ? *input : 0) + *(const int32_t *)params);
}

static void sum(const void *params, void *const *operands) {
  const uint8_t *a = operands[1];
  const uint8_t *b = operands[2];
  (void)params;
  *(uint8_t *)operands[0] = (uint8_t)((a != NULL ? *a : 100) + (b != NULL ? *b : 100));
}

static bool check_add(const void *params, const th_operand *operands) {
  return *(const int32_t *)params != TEST_REFUSED && operands[0].bytes > 0;
}

const th_kernel th_kernel_table[] = {
    {TEST_ADD, 2, 1, 4, add, 0, check_add},
    {TEST_SUM, 3, 1, 0, sum, 1 << 2, NULL},
    {0, 0, 0, 0, NULL, 0, NULL},
};
const char th_kernel_set_name[] = "test";
const uint32_t th_kernel_set_abi = TH_ABI_REFERENCE;
