/* Traps that are no interrupts: reported over the UART, then silence until a reset from outside. The FAULT frame's kind is
 * mcause, address mtval, pc mepc, psr mstatus. */
#include <stdint.h>

#include "board/board.h"

#define READ_CSR(name)                                 \
  ({                                                   \
    uint32_t value;                                    \
    __asm__ volatile("csrr %0, " #name : "=r"(value)); \
    value;                                             \
  })

/* sp and ra: as they were when the trap was taken. Nobody comes back from here. */
__attribute__((used, noreturn)) void th_trap_report(uint32_t sp, uint32_t ra) {
  const th_fault fault = {
      .kind = READ_CSR(mcause),
      .address = READ_CSR(mtval),
      .pc = READ_CSR(mepc),
      .psr = READ_CSR(mstatus),
      .lr = ra,
      .sp = sp,
  };
  th_app_on_fault(&fault);
  for (;;) {
    __asm__ volatile("wfi" ::: "memory");
  }
}
