#include "board/mcu/rx_ring.h"

#include "board_config.h"

_Static_assert((TH_RX_RING_BYTES & (TH_RX_RING_BYTES - 1)) == 0, "a power of two");

static uint8_t ring[TH_RX_RING_BYTES];
static volatile uint32_t pushed; /* bytes ever; written by the interrupt only */
static volatile uint32_t popped; /* written by the application only */
static volatile uint32_t overruns;

/* One core: keeping the compiler from moving the data past the index is enough. */
static void order(void) { __asm__ volatile("" ::: "memory"); }

void th_rx_push(uint8_t byte) {
  const uint32_t at = pushed;
  if (at - popped == TH_RX_RING_BYTES) {
    overruns++;
    return;
  }
  ring[at % TH_RX_RING_BYTES] = byte;
  order();
  pushed = at + 1;
}

void th_rx_count_overrun(void) { overruns++; }

int th_rx_pop(void) {
  const uint32_t at = popped;
  if (at == pushed) {
    return -1;
  }
  order();
  const int byte = ring[at % TH_RX_RING_BYTES];
  order();
  popped = at + 1;
  return byte;
}

bool th_rx_empty(void) { return popped == pushed; }

uint32_t th_rx_overruns(void) { return overruns; }
