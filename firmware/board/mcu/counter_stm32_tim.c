/* Two 32-bit timers of an STM32 (TIM2 and TIM5; RM0090, 18.4): one counts ticks of the timer clock / TH_COUNTER_PRESCALER and
 * wraps after 2^32, the other every 1024th and tells how often the first has wrapped. Good for 2^42 ticks, 78 hours at
 * 15.6 MHz, however far apart the readings are. */
#include "board/mcu/counter.h"
#include "board/mcu/mmio.h"
#include "board_config.h"

enum { CR1 = 0x00, EGR = 0x14, CNT = 0x24, PSC = 0x28, ARR = 0x2C };
enum { CR1_CEN = 1, EGR_UG = 1, EVERY_1024_SHIFT = 10 };

_Static_assert(TH_COUNTER_PRESCALER >= 1 && (TH_COUNTER_PRESCALER << EVERY_1024_SHIFT) <= 1 << 16, "PSC has 16 bits");

static void start(uintptr_t base, uint32_t prescaler) {
  *th_register(base + CR1) = 0;
  *th_register(base + PSC) = prescaler - 1;
  *th_register(base + ARR) = UINT32_MAX;
  *th_register(base + EGR) = EGR_UG; /* takes the prescaler over, clears the count */
  *th_register(base + CR1) = CR1_CEN;
}

void th_counter_init(void) {
  start(TH_COUNTER_BASE, TH_COUNTER_PRESCALER);
  start(TH_COUNTER_COARSE_BASE, TH_COUNTER_PRESCALER << EVERY_1024_SHIFT);
}

uint64_t th_counter_ticks(void) {
  const uint32_t fine = *th_register(TH_COUNTER_BASE + CNT);
  const uint64_t coarse = (uint64_t)*th_register(TH_COUNTER_COARSE_BASE + CNT) << EVERY_1024_SHIFT;
  /* coarse is off by less than half a turn of the first timer: the nearest number of turns is the right one. */
  const uint64_t turns = (coarse - fine + (UINT64_C(1) << 31)) >> 32;
  return turns << 32 | fine;
}
