/* The receive ring: order kept, overruns counted, wrapping. */
#include "board/mcu/rx_ring.h"

#include "board_config.h"
#include "support/check.h"

int main(void) {
  uint32_t in = 0;
  uint32_t out = 0;
  uint32_t lost = 0;
  CHECK(th_rx_empty() && th_rx_pop() == -1);
  for (int round = 0; round < 2000; round++) {
    for (uint32_t n = random_below(TH_RX_RING_BYTES / 2); n > 0; n--) {
      if (in - out < TH_RX_RING_BYTES) {
        th_rx_push((uint8_t)(in++ * 31));
      } else {
        th_rx_push(0xEE);
        lost++;
      }
    }
    for (uint32_t n = random_below(TH_RX_RING_BYTES / 2); n > 0; n--) {
      const int expected = in != out ? (uint8_t)(out++ * 31) : -1;
      CHECK(th_rx_pop() == expected);
    }
    CHECK(th_rx_empty() == (in == out));
    CHECK(th_rx_overruns() == lost);
  }
  CHECK(lost > 0);
  th_rx_count_overrun();
  CHECK(th_rx_overruns() == lost + 1);
  return 0;
}
