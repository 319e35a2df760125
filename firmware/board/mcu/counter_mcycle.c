/* The cycle counter of a RISC-V hart (privileged specification, 3.1.10): 64 bits in two registers. */
#include "board/mcu/counter.h"

static uint32_t low(void) {
  uint32_t value;
  __asm__ volatile("csrr %0, mcycle" : "=r"(value));
  return value;
}

static uint32_t high(void) {
  uint32_t value;
  __asm__ volatile("csrr %0, mcycleh" : "=r"(value));
  return value;
}

static uint64_t zero;

static uint64_t read(void) {
  uint32_t top = high();
  for (;;) {
    const uint32_t bottom = low();
    const uint32_t again = high();
    if (again == top) {
      return (uint64_t)top << 32 | bottom;
    }
    top = again;
  }
}

void th_counter_init(void) { zero = read(); }

uint64_t th_counter_ticks(void) { return read() - zero; }
