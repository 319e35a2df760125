/* Registers of memory-mapped devices. */
#ifndef TINYHIL_MMIO_H
#define TINYHIL_MMIO_H

#include <stdint.h>

static inline volatile uint32_t *th_register(uintptr_t address) { return (volatile uint32_t *)address; }

static inline volatile uint8_t *th_register8(uintptr_t address) { return (volatile uint8_t *)address; }

#endif
