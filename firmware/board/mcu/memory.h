/* The linker script's symbols (linker.ld.in). */
#ifndef TINYHIL_MEMORY_H
#define TINYHIL_MEMORY_H

#include <stdint.h>

extern const uint32_t __data_lma[];
extern uint32_t __data_start[], __data_end[];
extern uint32_t __bss_start[], __bss_end[];
extern uint32_t __stack_limit[], __stack_top[];
extern uint8_t __arena_start[], __arena_end[];

#endif
