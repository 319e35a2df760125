/* What a counter driver offers; chosen by TINYHIL_COUNTER. */
#ifndef TINYHIL_COUNTER_H
#define TINYHIL_COUNTER_H

#include <stdint.h>

void th_counter_init(void);
/* Ticks since th_counter_init, never running back. Not for interrupts. */
uint64_t th_counter_ticks(void);

#endif
