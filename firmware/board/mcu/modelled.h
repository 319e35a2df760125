/* The emulator's cycle model (targets/timing/plugin): its count, read by the firmware. On silicon, and without the model, the
 * instructions that ask for it are hints that do nothing. */
#ifndef TINYHIL_MODELLED_H
#define TINYHIL_MODELLED_H

#include <stdbool.h>
#include <stdint.h>

/* Whether a cycle model counts. */
bool th_modelled_present(void);
/* Modelled cycles since the start of the emulator. Costs the same at every call. */
uint64_t th_modelled_cycles(void);
/* The model's predictors, buffers and caches as after a reset: what is counted next does not depend on what went before. */
void th_modelled_reset_history(void);

#endif
