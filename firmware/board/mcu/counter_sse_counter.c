/* System counter of Arm's SSE-300 subsystem (101773, 6.4; Armv8-A system counter frames): 64 bits, started here. */
#include "board/mcu/counter.h"
#include "board/mcu/mmio.h"
#include "board_config.h"

enum { CONTROL_CNTCR = 0x0 };
enum { STATUS_LOW = 0x0, STATUS_HIGH = 0x4 };
enum { CNTCR_ENABLE = 1 };

static volatile uint32_t *status(uint32_t offset) { return th_register(TH_COUNTER_BASE + offset); }

void th_counter_init(void) { *th_register(TH_COUNTER_CONTROL_BASE + CONTROL_CNTCR) |= CNTCR_ENABLE; }

uint64_t th_counter_ticks(void) {
  uint32_t low;
  uint32_t high = *status(STATUS_HIGH);
  for (;;) {
    low = *status(STATUS_LOW);
    const uint32_t again = *status(STATUS_HIGH);
    if (again == high) {
      return (uint64_t)high << 32 | low;
    }
    high = again;
  }
}
