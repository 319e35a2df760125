#include "deploy/deploy.h"

__attribute__((aligned(16))) uint8_t th_deploy_arena[TH_DEPLOY_TOTAL_BYTES];
