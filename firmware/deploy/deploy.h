/* What a deploy build has and a bench build has not: the linked model (model.S) and an arena of just its size (arena.c). */
#ifndef TINYHIL_DEPLOY_H
#define TINYHIL_DEPLOY_H

#include <stdint.h>

#ifdef TH_DEPLOY

extern const uint8_t th_model_start[]; /* 16-byte aligned, read-only */
extern const uint8_t th_model_end[];

/* Activations, then the staging of inputs and outputs, each of which starts on a multiple of 16. */
#define TH_DEPLOY_TOTAL_BYTES (((TH_DEPLOY_ARENA_BYTES + 15u) & ~15u) + ((TH_DEPLOY_IO_BYTES + 15u) & ~15u) + 16u)
extern uint8_t th_deploy_arena[TH_DEPLOY_TOTAL_BYTES];

#endif
#endif
