/* From the reset vector to th_start, and the vector table. */
#include <stdint.h>

#include "board/cortex_m/fault.h"
#include "board/mcu/memory.h"
#include "board/mcu/start.h"
#include "board/cortex_m/registers.h"
#include "board/mcu/uart.h"
#include "board_config.h"

#if defined(__ARM_ARCH_6M__)
enum { IRQ_VECTORS = 32 };
#else
enum { IRQ_VECTORS = 128 };
#endif
enum { UART_VECTOR = 16 + TH_UART_RX_IRQ, VECTORS = 16 + IRQ_VECTORS };
_Static_assert(UART_VECTOR < VECTORS, "the UART's interrupt is in the table");

typedef void (*vector)(void);

void Reset_Handler(void);

/* Everything that is not expected is reported as a fault, with the exception's number. VTOR wants the table aligned to the
 * next power of two. */
__attribute__((section(".vectors"), used, aligned(1024))) static const struct {
  uint32_t *stack;
  vector handlers[VECTORS - 1];
} vectors = {
    __stack_top,
    {
        [0] = Reset_Handler,
        [1 ... UART_VECTOR - 2] = th_fault_entry,
        [UART_VECTOR - 1] = th_uart_rx_interrupt,
        [UART_VECTOR... VECTORS - 2] = th_fault_entry,
    },
};

#if defined(__ARM_ARCH_7M__) || defined(__ARM_ARCH_7EM__)
static void forbid_4kib(uint32_t region, uintptr_t address) {
  if (address % 4096u == 0) {
    *th_register(MPU_RNR) = region;
    *th_register(MPU_RBAR) = (uint32_t)address;
    *th_register(MPU_RASR) = MPU_RASR_4KIB_NO_ACCESS;
  }
}
#endif

/* Running out of RAM at either end must be a fault at once, whatever lies there: below, where the stack is, by MSPLIM where
 * there is one; on Armv7-M the MPU forbids 4 KiB on both sides (some memories repeat beyond their end); Armv6-M relies on what lies
 * beside its RAM being nobody's. */
static void guard_ram(void) {
#if defined(__ARM_ARCH_8M_MAIN__) || defined(__ARM_ARCH_8_1M_MAIN__)
  __asm__ volatile("msr msplim, %0" ::"r"(__stack_limit));
#elif defined(__ARM_ARCH_7M__) || defined(__ARM_ARCH_7EM__)
  if ((*th_register(MPU_TYPE) & MPU_TYPE_REGIONS) != 0) {
    forbid_4kib(0, (uintptr_t)__stack_limit - 4096u);
    forbid_4kib(1, (uintptr_t)__arena_end);
    *th_register(MPU_CTRL) = MPU_CTRL_ON;
  }
#endif
}

static void init_core(void) {
#if TH_HAS_FPU
  *th_register(SCB_CPACR) |= CPACR_FPU;
  __asm__ volatile("dsb\n isb" ::: "memory");
#endif
  guard_ram();
#if !defined(__ARM_ARCH_6M__)
  *th_register(SCB_VTOR) = (uint32_t)(uintptr_t)&vectors;
  *th_register(SCB_SHCSR) |= SHCSR_FAULTS_ENABLED;
  *th_register(SCB_CCR) = (*th_register(SCB_CCR) & ~CCR_UNALIGN_TRP) | CCR_DIV_0_TRP;
  __asm__ volatile("dsb\n isb" ::: "memory");
#endif
}

void Reset_Handler(void) {
  init_core();
  th_start();
}
