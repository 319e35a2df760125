/* A deploy build links the kernels it names, and no others (compiled with TH_DEPLOY_OPS and two TH_USE_*). */
#include "check.h"
#include "engines/plan/plan_format.h"
#include "kernels/kernels.h"
#include "kernels/opcodes.h"

int main(void) {
  CHECK_EQ(th_kernel_table[0].opcode, TH_OP_CONV_2D_S8);
  CHECK_EQ(th_kernel_table[1].opcode, TH_OP_SOFTMAX_S8);
  CHECK_EQ(th_kernel_table[2].run == NULL, 1);
  CHECK_EQ(strcmp(th_kernel_set_name, "reference"), 0);
  CHECK_EQ(th_kernel_set_abi, TH_ABI_REFERENCE);
  return check_report("deploy_table");
}
