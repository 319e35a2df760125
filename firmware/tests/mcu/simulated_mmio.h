/* Included before everything else, in place of board/mcu/mmio.h: every access to a register passes through the test. */
#ifndef TINYHIL_MMIO_H
#define TINYHIL_MMIO_H

#include <stdint.h>

/* A place that holds the register's present value; what becomes of it is looked at before the next access. */
uint32_t *sim_register(uintptr_t address);

static inline volatile uint32_t *th_register(uintptr_t address) { return sim_register(address); }

static inline volatile uint8_t *th_register8(uintptr_t address) { return (volatile uint8_t *)sim_register(address); }

#endif
