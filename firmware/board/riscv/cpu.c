/* The processor contract on RISC-V: machine mode, and the platform-level interrupt controller (PLIC specification 1.0.0) as seen
 * by hart 0 in machine mode, its context 0. */
#include "board/mcu/cpu.h"

#include "board/mcu/mmio.h"
#include "board/mcu/uart.h"
#include "board_config.h"

enum { MSTATUS_MIE = 1 << 3, MIE_EXTERNAL = 1 << 11 };
enum { PLIC_ENABLE = 0x2000, PLIC_THRESHOLD = 0x200000, PLIC_CLAIM = 0x200004 };

void Reset_Handler(void) __attribute__((noreturn));

static volatile uint32_t *plic(uint32_t offset) { return th_register(TH_PLIC_BASE + offset); }

void th_cpu_irq_on(void) { __asm__ volatile("csrsi mstatus, %0" ::"i"(MSTATUS_MIE) : "memory"); }

void th_cpu_irq_off(void) { __asm__ volatile("csrci mstatus, %0" ::"i"(MSTATUS_MIE) : "memory"); }

void th_cpu_wait(void) { __asm__ volatile("fence\n wfi" ::: "memory"); }

void th_cpu_irq_enable(uint32_t number) {
  *plic(4 * number) = 1; /* priority: above the threshold */
  *plic(PLIC_ENABLE + 4 * (number / 32)) |= 1u << number % 32;
  *plic(PLIC_THRESHOLD) = 0;
  __asm__ volatile("csrs mie, %0" ::"r"(MIE_EXTERNAL) : "memory");
}

/* Only the UART's interrupt is let through; 0 means that it was withdrawn meanwhile. */
__attribute__((interrupt("machine"), used)) void th_external_interrupt(void) {
  const uint32_t number = *plic(PLIC_CLAIM);
  if (number != 0) {
    th_uart_rx_interrupt();
    *plic(PLIC_CLAIM) = number;
  }
}

void th_cpu_restart(void) {
  th_cpu_irq_off();
  Reset_Handler();
}
