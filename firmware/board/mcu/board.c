/* The board contract on bare-metal processors. */
#include "board/board.h"

#include "board/mcu/counter.h"
#include "board/mcu/cpu.h"
#include "board/mcu/cycles.h"
#include "board/mcu/memory.h"
#include "board/mcu/modelled.h"
#include "board/mcu/rx_ring.h"
#include "board/mcu/uart.h"
#include "board/stack_paint.h"
#include "board_config.h"
#include "deploy/deploy.h"

static bool modelled;

/* The UART first: some emulated ones are asked for input again only when a timer is started. */
void board_init(void) {
  th_uart_init();
  th_counter_init();
  modelled = th_modelled_present();
  th_cpu_irq_on();
}

uint64_t board_cycles(void) { return modelled ? th_modelled_cycles() : th_cycles_now(); }

bool board_cycles_modelled(void) { return modelled; }

void board_forget_history(void) { th_modelled_reset_history(); }

int board_getc(void) { return th_rx_pop(); }

/* A byte that arrives between the look and the sleep stays pending while interrupts are masked, and ends the sleep. */
void board_idle(void) {
  th_cpu_irq_off();
  if (th_rx_empty()) {
    th_cpu_wait();
  }
  th_cpu_irq_on();
  th_cycles_set_anchor();
}

uint32_t board_rx_overruns(void) { return th_rx_overruns(); }

void board_putc(uint8_t byte) { th_uart_put(byte); }

void board_reset(void) {
  const uint64_t two_characters = 20u * (uint64_t)TH_CLOCK_HZ / TH_UART_BAUD;
  th_uart_drain();
  const uint64_t begin = board_cycles();
  while (board_cycles() - begin < two_characters) {
  }
  th_cpu_restart();
}

#ifdef TH_DEPLOY

uint8_t *board_slot(size_t *bytes) {
  *bytes = 0;
  return NULL;
}

bool board_slot_writable(void) { return false; }

uint8_t *board_arena(size_t *bytes) {
  *bytes = TH_DEPLOY_TOTAL_BYTES;
  return th_deploy_arena;
}

#else

uint8_t *board_slot(size_t *bytes) {
  *bytes = TH_SLOT_BYTES;
  return (uint8_t *)(uintptr_t)TH_SLOT_BASE;
}

bool board_slot_writable(void) { return TH_SLOT_WRITABLE; }

uint8_t *board_arena(size_t *bytes) {
  *bytes = (size_t)(__arena_end - __arena_start);
  return __arena_start;
}

#endif

size_t board_stack_bytes(void) { return (size_t)((uintptr_t)__stack_top - (uintptr_t)__stack_limit); }

size_t board_stack_used(void) { return th_stack_used(__stack_limit, __stack_top); }

void board_stack_repaint(void) { th_stack_paint(__stack_limit); }
