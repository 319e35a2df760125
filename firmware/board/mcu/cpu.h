/* What a family of bare-metal processors gives the code of this folder. One implementation each: board/<family>/cpu.c. */
#ifndef TINYHIL_CPU_H
#define TINYHIL_CPU_H

#include <stdint.h>

/* Interrupts of the whole processor. */
void th_cpu_irq_on(void);
void th_cpu_irq_off(void);
/* Sleeps until an interrupt is pending; returns although interrupts are off. */
void th_cpu_wait(void);
/* Lets interrupt `number` of the interrupt controller through; startup sees that it reaches its handler. */
void th_cpu_irq_enable(uint32_t number);
/* Begins anew at the reset vector. */
void th_cpu_restart(void) __attribute__((noreturn));

#endif
