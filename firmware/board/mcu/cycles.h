/* Cycles out of a counter's ticks. */
#ifndef TINYHIL_CYCLES_H
#define TINYHIL_CYCLES_H

#include <stdint.h>

/* Cycles since th_counter_init, never running back; costs the same at every call. */
uint64_t th_cycles_now(void);
/* Time has passed without instructions: rounds from here on anew. */
void th_cycles_set_anchor(void);

#endif
