/* A counter driver on a simulated counter: right however far apart the readings are. KIND and DRIVER say which. */
#include DRIVER

#include "support/check.h"

#define DUAL_TIMER 1
#define NRF51 2
#define STM32_TIM 3

static uint64_t now; /* ticks */

#if KIND == DUAL_TIMER
static const uint64_t furthest = UINT64_C(1) << 39;

static uint32_t value_of(uintptr_t address) {
  switch (address - TH_COUNTER_BASE) {
    case 0x04:
      return UINT32_MAX - (uint32_t)now;
    case 0x24:
      return UINT32_MAX - (uint32_t)(now >> 8);
    default:
      return 0;
  }
}
#elif KIND == NRF51
static uint64_t last_capture;
static uint32_t captured;
static const uint64_t furthest = UINT64_C(1) << 40;

/* Some QEMUs lose the fraction of a tick at every capture. */
static uint32_t value_of(uintptr_t address) {
  if (address == 0xE000E018u) {
    return 0xFFFFFF - (uint32_t)(now & 0xFFFFFF);
  }
  if (address == TH_COUNTER_BASE + 0x040) {
    captured += (uint32_t)((now - last_capture) / (TH_COUNTER_HZ / 31250));
    last_capture = now;
  }
  return address == TH_COUNTER_BASE + 0x540 ? captured : 0;
}
#else
static const uint64_t furthest = UINT64_C(1) << 41;

static uint32_t value_of(uintptr_t address) {
  switch (address) {
    case TH_COUNTER_BASE + 0x24:
      return (uint32_t)now;
    case TH_COUNTER_COARSE_BASE + 0x24:
      return (uint32_t)(now >> 10);
    default:
      return 0;
  }
}
#endif

uint32_t *sim_register(uintptr_t address) {
  static uint32_t place;
  now += random_below(3); /* an access takes time */
  place = value_of(address);
  return &place;
}

/* Every magnitude of pause is as likely as any other. */
static uint64_t pause_below(uint64_t limit) {
  const uint64_t wide = (uint64_t)random_u32() << 32 | random_u32();
  return (wide >> random_below(64)) % limit;
}

int main(void) {
  th_counter_init();
  const uint64_t offset = now - th_counter_ticks();
  uint64_t before = 0;
  for (int i = 0; i < 200000; i++) {
    now += pause_below(KIND == NRF51 ? furthest : furthest / 400000);
    const uint64_t earliest = now;
    const uint64_t ticks = th_counter_ticks();
    CHECK(ticks + offset + 16 >= earliest && ticks <= now + 16);
    CHECK(ticks >= before);
    before = ticks;
  }
  /* One long pause: more than one turn of the faster counter, less than one of the slower. */
  now += furthest / 3;
  const uint64_t earliest = now;
  const uint64_t ticks = th_counter_ticks();
  CHECK(ticks + offset + 16 >= earliest && ticks <= now + 16);
  return 0;
}
