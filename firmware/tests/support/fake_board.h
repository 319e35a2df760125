/* A board for tests: what the firmware sends is kept, its clock moves with every look at it. */
#ifndef TINYHIL_FAKE_BOARD_H
#define TINYHIL_FAKE_BOARD_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

enum { FAKE_CYCLES_PER_READING = 7 };

/* Everything sent since last taken; NUL-terminated, valid until the firmware sends again. */
const uint8_t *fake_take_sent(size_t *bytes);

/* Where board_reset goes. */
extern jmp_buf fake_reset;
/* How often the stack was painted again. */
extern int fake_repaints;
/* The arena's size as told, at most TH_NATIVE_ARENA_BYTES; a restart is needed for it to count. */
extern size_t fake_arena_bytes;

/* After so many looks at the clock the board restarts, as by a watchdog; below 0: never. */
extern int fake_readings_left;

#endif
