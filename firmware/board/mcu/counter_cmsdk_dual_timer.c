/* Dual timer of Arm's Cortex-M System Design Kit (DDI 0479, 4.2), without interrupts: timer 1 counts every tick and wraps
 * after 2^32, timer 2 every 256th and tells how often timer 1 has wrapped. Good for 2^40 ticks, 12 hours at 25 MHz, however
 * far apart the readings are. */
#include "board/mcu/counter.h"
#include "board/mcu/mmio.h"
#include "board_config.h"

enum { TIMER_1 = 0x00, TIMER_2 = 0x20 };
enum { LOAD = 0x0, VALUE = 0x4, CONTROL = 0x8 };
enum { CONTROL_32_BIT = 1 << 1, CONTROL_EVERY_256 = 2 << 2, CONTROL_ENABLE = 1 << 7 };
enum { EVERY_256_SHIFT = 8 };

static volatile uint32_t *reg(uint32_t offset) { return th_register(TH_COUNTER_BASE + offset); }

static void start(uint32_t timer, uint32_t options) {
  *reg(timer + CONTROL) = 0;
  *reg(timer + CONTROL) = CONTROL_32_BIT | options; /* the size first: it limits what LOAD takes */
  *reg(timer + LOAD) = UINT32_MAX;
  *reg(timer + CONTROL) = CONTROL_32_BIT | CONTROL_ENABLE | options;
}

void th_counter_init(void) {
  start(TIMER_1, 0);
  start(TIMER_2, CONTROL_EVERY_256);
}

uint64_t th_counter_ticks(void) {
  const uint32_t fine = UINT32_MAX - *reg(TIMER_1 + VALUE);
  const uint64_t coarse = (uint64_t)(UINT32_MAX - *reg(TIMER_2 + VALUE)) << EVERY_256_SHIFT;
  /* coarse is off by less than half a turn of timer 1: the nearest number of turns is the right one. */
  const uint64_t turns = (coarse - fine + (UINT64_C(1) << 31)) >> 32;
  return turns << 32 | fine;
}
