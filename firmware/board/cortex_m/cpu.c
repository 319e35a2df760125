/* The processor contract on Cortex-M. */
#include "board/mcu/cpu.h"

#include "board/cortex_m/registers.h"

void th_cpu_irq_on(void) { __asm__ volatile("cpsie i\n isb" ::: "memory"); }

void th_cpu_irq_off(void) { __asm__ volatile("cpsid i" ::: "memory"); }

void th_cpu_wait(void) { __asm__ volatile("dsb\n wfi" ::: "memory"); }

void th_cpu_irq_enable(uint32_t number) { th_register(NVIC_ISER)[number / 32] = 1u << number % 32; }

void th_cpu_restart(void) {
  __asm__ volatile("dsb" ::: "memory");
  *th_register(SCB_AIRCR) = AIRCR_SYSRESETREQ;
  for (;;) {
    __asm__ volatile("dsb" ::: "memory");
  }
}
