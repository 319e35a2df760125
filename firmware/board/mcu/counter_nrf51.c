/* nRF51: SysTick (Armv6-M ARM, B3.3) counts every tick in 24 bits, TIMER0 (Reference Manual v3.0, 18) counts 31,250 Hz in 32
 * bits and tells how often SysTick has wrapped since the last reading. Good for 38 hours between two readings. */
#include "board/mcu/counter.h"
#include "board/mcu/mmio.h"
#include "board_config.h"

#define SYST_CSR ((uintptr_t)0xE000E010u)
#define SYST_RVR ((uintptr_t)0xE000E014u)
#define SYST_CVR ((uintptr_t)0xE000E018u)

enum { SYST_CORE_CLOCK = 4, SYST_ENABLE = 1, FINE_BITS = 24, FINE_MASK = (1 << FINE_BITS) - 1 };
enum { START = 0x000, STOP = 0x004, CLEAR = 0x00C, CAPTURE_0 = 0x040 };
enum { MODE = 0x504, BITMODE = 0x508, PRESCALER = 0x510, CC_0 = 0x540 };
enum { MODE_TIMER = 0, BITMODE_32 = 3, PRESCALER_512 = 9, COARSE_HZ = 16000000 / 512 };
enum { TICKS_PER_COARSE = TH_COUNTER_HZ / COARSE_HZ };

_Static_assert(TH_COUNTER_HZ % COARSE_HZ == 0, "whole SysTick ticks per tick of TIMER0");

static uint64_t ticks;
static uint32_t last_fine;
static uint32_t last_coarse;

static volatile uint32_t *reg(uint32_t offset) { return th_register(TH_COUNTER_BASE + offset); }

static uint32_t coarse_now(void) {
  *reg(CAPTURE_0) = 1;
  return *reg(CC_0);
}

static uint32_t fine_now(void) { return FINE_MASK - *th_register(SYST_CVR); }

void th_counter_init(void) {
  *reg(STOP) = 1;
  *reg(MODE) = MODE_TIMER;
  *reg(BITMODE) = BITMODE_32;
  *reg(PRESCALER) = PRESCALER_512;
  *reg(CLEAR) = 1;
  *reg(START) = 1;
  *th_register(SYST_RVR) = FINE_MASK;
  *th_register(SYST_CVR) = 0; /* any write clears it */
  *th_register(SYST_CSR) = SYST_CORE_CLOCK | SYST_ENABLE;
  ticks = 0;
  last_coarse = coarse_now();
  last_fine = fine_now();
}

/* Everything is relative to the last reading: TIMER0 may lose a tick at each (some QEMUs do), which must not add up. */
uint64_t th_counter_ticks(void) {
  const uint32_t coarse = coarse_now();
  const uint32_t fine = fine_now();
  const uint64_t coarse_ticks = (uint64_t)(coarse - last_coarse) * TICKS_PER_COARSE;
  const uint32_t fine_ticks = (fine - last_fine) & FINE_MASK;
  /* coarse_ticks is off by far less than half a turn of SysTick: the nearest number of turns is the right one. */
  const uint64_t turns = (coarse_ticks - fine_ticks + (1u << (FINE_BITS - 1))) >> FINE_BITS;
  last_coarse = coarse;
  last_fine = fine;
  ticks += turns << FINE_BITS | fine_ticks;
  return ticks;
}
