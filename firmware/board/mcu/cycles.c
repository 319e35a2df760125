#include "board/mcu/cycles.h"

#include "board/mcu/counter.h"
#include "board_config.h"

_Static_assert((TH_CYCLES_DEN & (TH_CYCLES_DEN - 1)) == 0, "a shift, so that every reading costs the same");

/* Cycles are ticks since the last anchor, rounded to the nearest. An emulator's ticks are shorter than half an instruction,
 * so that is the exact number of instructions, provided that nothing but instructions makes time pass: sleeping does not
 * qualify, and sets the anchor anew. */
static uint64_t anchor_ticks;
static uint64_t anchor_cycles;

static uint64_t cycles_at(uint64_t ticks) {
  return anchor_cycles + ((ticks - anchor_ticks) * TH_CYCLES_NUM + TH_CYCLES_DEN / 2) / TH_CYCLES_DEN;
}

uint64_t th_cycles_now(void) { return cycles_at(th_counter_ticks()); }

void th_cycles_set_anchor(void) {
  const uint64_t ticks = th_counter_ticks();
  anchor_cycles = cycles_at(ticks);
  anchor_ticks = ticks;
}
