#include "board/cortex_m/fault.h"

#include <stdbool.h>
#include <stdint.h>

#include "board/board.h"
#include "board/mcu/memory.h"
#include "board/cortex_m/registers.h"

enum { FAULT_STACK_WORDS = 192 };

/* A stack of its own: the usual one may be what broke. */
__attribute__((used, aligned(8))) static uint32_t fault_stack[FAULT_STACK_WORDS];

/* What the processor pushes on an exception. */
typedef struct {
  uint32_t r0, r1, r2, r3, r12, lr, pc, psr;
} exception_frame;

/* sp: as it was when the exception was taken. Nobody comes back from here. */
__attribute__((used, noreturn)) static void report(uint32_t sp) {
  const uintptr_t limit = (uintptr_t)__stack_limit;
  const uintptr_t top = (uintptr_t)__stack_top;
  const bool has_frame = sp % 4 == 0 && sp >= limit && sp <= top - sizeof(exception_frame);
  uint32_t kind;
  __asm__ volatile("mrs %0, ipsr" : "=r"(kind));
  th_fault fault = {.kind = kind, .sp = sp};
#if !defined(__ARM_ARCH_6M__)
  fault.cfsr = *th_register(SCB_CFSR);
  fault.hfsr = *th_register(SCB_HFSR);
  if ((fault.cfsr & CFSR_BFARVALID) != 0) {
    fault.address = *th_register(SCB_BFAR);
  } else if ((fault.cfsr & CFSR_MMARVALID) != 0) {
    fault.address = *th_register(SCB_MMFAR);
  }
#endif
  if (has_frame) {
    const exception_frame *frame = (const exception_frame *)(uintptr_t)sp;
    fault.pc = frame->pc;
    fault.lr = frame->lr;
    fault.psr = frame->psr;
    fault.sp = sp + sizeof *frame;
  }
  th_app_on_fault(&fault);
  for (;;) {
    __asm__ volatile("cpsid i\n wfi" ::: "memory");
  }
}

/* Only the main stack is in use, so that the frame is at MSP. */
__attribute__((naked)) void th_fault_entry(void) {
  __asm__ volatile(
      "mrs r0, msp\n"
      "ldr r1, =fault_stack + %c0\n"
      "mov sp, r1\n"
      "ldr r1, =report\n"
      "bx r1\n"
      ".ltorg\n" ::"i"(sizeof fault_stack));
}
