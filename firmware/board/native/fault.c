#include "board/native/fault.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <ucontext.h>
#include <unistd.h>

#include "board/board.h"
#include "board/native/serial.h"

static const int caught[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
static uint8_t handler_stack[65536];

/* Addresses are cut to 32 bits. */
static void on_signal(int number, siginfo_t *info, void *context) {
  const ucontext_t *state = context;
  th_fault fault = {.kind = (uint32_t)number, .address = (uint32_t)(uintptr_t)info->si_addr};
#if defined(__x86_64__)
  fault.pc = (uint32_t)state->uc_mcontext.gregs[REG_RIP];
  fault.sp = (uint32_t)state->uc_mcontext.gregs[REG_RSP];
  fault.psr = (uint32_t)state->uc_mcontext.gregs[REG_EFL];
#elif defined(__aarch64__)
  fault.pc = (uint32_t)state->uc_mcontext.pc;
  fault.sp = (uint32_t)state->uc_mcontext.sp;
  fault.lr = (uint32_t)state->uc_mcontext.regs[30];
  fault.psr = (uint32_t)state->uc_mcontext.pstate;
#else
  (void)state;
#endif
  th_app_on_fault(&fault);
  th_serial_flush();
  _exit(128 + number);
}

void th_native_catch_faults(void) {
  const stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof handler_stack};
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESETHAND};
  if (sigaltstack(&stack, NULL) != 0) {
    abort();
  }
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++) {
    sigaction(caught[i], &action, NULL);
  }
}
