#include "support/fake_board.h"

#include <string.h>

#include "board/board.h"
#include "board_config.h"
#include "support/check.h"

enum { SENT_BYTES = 1 << 20 };

jmp_buf fake_reset;
int fake_repaints;
int fake_readings_left = -1;
size_t fake_arena_bytes = TH_NATIVE_ARENA_BYTES;

static uint8_t sent[SENT_BYTES + 1];
static size_t sent_bytes;
static uint64_t clock_cycles;
__attribute__((aligned(16))) static uint8_t slot[TH_SLOT_BYTES];
__attribute__((aligned(16))) static uint8_t arena[TH_NATIVE_ARENA_BYTES];

const uint8_t *fake_take_sent(size_t *bytes) {
  sent[sent_bytes] = 0;
  *bytes = sent_bytes;
  sent_bytes = 0;
  return sent;
}

void board_init(void) {}

uint64_t board_cycles(void) {
  if (fake_readings_left == 0) {
    fake_readings_left = -1;
    board_reset();
  }
  fake_readings_left -= fake_readings_left > 0;
  return clock_cycles += FAKE_CYCLES_PER_READING;
}

bool board_cycles_modelled(void) { return false; }

void board_forget_history(void) {}

int board_getc(void) { return -1; }

void board_idle(void) {}

uint32_t board_rx_overruns(void) { return 3; }

void board_putc(uint8_t byte) {
  CHECK(sent_bytes < SENT_BYTES);
  sent[sent_bytes++] = byte;
}

void board_reset(void) { longjmp(fake_reset, 1); }

uint8_t *board_slot(size_t *bytes) {
  *bytes = sizeof slot;
  return slot;
}

bool board_slot_writable(void) { return true; }

uint8_t *board_arena(size_t *bytes) {
  *bytes = fake_arena_bytes;
  return arena;
}

size_t board_stack_bytes(void) { return TH_STACK_BYTES; }

size_t board_stack_used(void) { return 1234; }

void board_stack_repaint(void) { fake_repaints++; }
