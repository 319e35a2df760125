/* The board contract on Cortex-M. */
#include "board/board.h"

#include "board/cortex_m/counter.h"
#include "board/cortex_m/memory.h"
#include "board/cortex_m/registers.h"
#include "board/cortex_m/rx_ring.h"
#include "board/cortex_m/uart.h"
#include "board/stack_paint.h"
#include "board_config.h"
#include "deploy/deploy.h"

_Static_assert((TH_CYCLES_DEN & (TH_CYCLES_DEN - 1)) == 0, "a shift, so that every reading costs the same");

void board_init(void) {
  th_counter_init();
  th_uart_init();
  __asm__ volatile("cpsie i" ::: "memory");
}

/* Cycles are ticks since the last anchor, rounded to the nearest. An emulator's ticks are shorter than half an instruction,
 * so that is the exact number of instructions, provided that nothing but instructions makes time pass: sleeping does not
 * qualify, and sets the anchor anew. */
static uint64_t anchor_ticks;
static uint64_t anchor_cycles;

static uint64_t cycles_at(uint64_t ticks) {
  return anchor_cycles + ((ticks - anchor_ticks) * TH_CYCLES_NUM + TH_CYCLES_DEN / 2) / TH_CYCLES_DEN;
}

static void set_anchor(void) {
  const uint64_t ticks = th_counter_ticks();
  anchor_cycles = cycles_at(ticks);
  anchor_ticks = ticks;
}

uint64_t board_cycles(void) { return cycles_at(th_counter_ticks()); }

int board_getc(void) { return th_rx_pop(); }

/* A byte that arrives between the look and the sleep stays pending while interrupts are masked, and ends the sleep. */
void board_idle(void) {
  __asm__ volatile("cpsid i" ::: "memory");
  if (th_rx_empty()) {
    __asm__ volatile("dsb\n wfi" ::: "memory");
  }
  __asm__ volatile("cpsie i\n isb" ::: "memory");
  set_anchor();
}

uint32_t board_rx_overruns(void) { return th_rx_overruns(); }

void board_putc(uint8_t byte) { th_uart_put(byte); }

void board_reset(void) {
  const uint64_t two_characters = 20u * (uint64_t)TH_CLOCK_HZ / TH_UART_BAUD;
  th_uart_drain();
  const uint64_t begin = board_cycles();
  while (board_cycles() - begin < two_characters) {
  }
  __asm__ volatile("dsb" ::: "memory");
  *th_register(SCB_AIRCR) = AIRCR_SYSRESETREQ;
  for (;;) {
    __asm__ volatile("dsb" ::: "memory");
  }
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
