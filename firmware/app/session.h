/* The model in work and its data: what both languages of the link operate on. */
#ifndef TINYHIL_SESSION_H
#define TINYHIL_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engines/engine.h"

/* Error codes of docs/link.md that are not the engine's. */
enum { TH_ERR_UNKNOWN_TYPE = 1, TH_ERR_MALFORMED = 2, TH_ERR_RANGE = 3, TH_ERR_READ_ONLY = 4 };

enum { TH_SPACE_SLOT = 0, TH_SPACE_INPUT = 1, TH_SPACE_OUTPUT = 2, TH_SPACE_EVENTS = 3 };

enum { TH_EVENT_BYTES = 8 };

typedef struct {
  uint8_t *data;
  size_t bytes;
  bool writable;
} th_space;

/* Starts afresh: nothing loaded, except the linked model in a deploy build. */
void th_session_init(void);

/* Whether a model is linked into this image. */
bool th_session_has_linked_model(void);

/* Loads the plan in the slot's first `length` bytes, or the linked model when length is 0. The inputs' and outputs' staging
 * is taken from the arena's upper end, both zeroed, like the arena itself but for the model's state, which has its initial
 * values. Returns TH_OK or an error code; *detail says why. */
int th_session_load(uint32_t length, const char **detail);

/* Finds a space; TH_OK, TH_ERR_RANGE (no such space) or TH_ERR_NOT_LOADED. */
int th_session_space(uint8_t id, th_space *space);

/* To be called before the slot is written: a plan executed in place from there is unloaded, because what was checked is
 * about to change. */
void th_session_before_slot_write(void);

/* One inference on the input staging, into the output staging. A model must be loaded. Returns the cycles of the
 * inference alone, without the copying. record: keep layer events. */
uint64_t th_session_infer(bool record);

/* Forgets all events. */
void th_session_clear_events(void);
/* Brings the events kept into time's order, for reading; *dropped: how many older ones were lost. Returns their number. */
uint16_t th_session_finish_events(uint32_t *dropped);

#endif
