#include "app/session.h"

#include <string.h>

#include "app/wire.h"
#include "board/board.h"
#include "board_config.h"
#include "deploy/deploy.h"

_Static_assert(TH_MAX_EVENTS >= 1 && TH_MAX_EVENTS <= 256, "the host reads no more");

static struct {
  uint8_t *input;
  uint8_t *output;
  size_t input_bytes;
  size_t output_bytes;
  bool from_slot;
} staging;

static struct {
  uint8_t ring[TH_MAX_EVENTS][TH_EVENT_BYTES];
  uint32_t seen; /* since cleared; the newest is at (seen - 1) % TH_MAX_EVENTS */
  uint16_t kept; /* readable, in order, once finished */
} events;

void th_session_init(void) {
  const char *detail;
  th_engine_unload();
  memset(&staging, 0, sizeof staging);
  th_session_clear_events();
  if (th_session_has_linked_model()) {
    (void)th_session_load(0, &detail);
  }
}

bool th_session_has_linked_model(void) {
#ifdef TH_DEPLOY
  return true;
#else
  return false;
#endif
}

static size_t aligned(size_t bytes) { return (bytes + 15u) & ~(size_t)15u; }

static int find_blob(uint32_t length, const uint8_t **blob, size_t *bytes, const char **detail) {
  if (length == 0) {
    *detail = "no model is linked into this image";
#ifdef TH_DEPLOY
    *blob = th_model_start;
    *bytes = (size_t)(th_model_end - th_model_start);
    return TH_OK;
#else
    return TH_ERR_NOT_LOADED;
#endif
  }
  *blob = board_slot(bytes);
  if (length > *bytes) {
    *detail = "longer than the model slot";
    return TH_ERR_RANGE;
  }
  *bytes = length;
  return TH_OK;
}

int th_session_load(uint32_t length, const char **detail) {
  size_t arena_bytes;
  size_t blob_bytes;
  const uint8_t *blob;
  uint8_t *arena = board_arena(&arena_bytes);

  th_engine_unload();
  th_session_clear_events();
  memset(&staging, 0, sizeof staging);
  const int found = find_blob(length, &blob, &blob_bytes, detail);
  if (found != TH_OK) {
    return found;
  }
  const th_status status = th_engine_load(blob, blob_bytes, arena, arena_bytes, detail);
  if (status != TH_OK) {
    return status;
  }
  const th_model_info *info = th_engine_info();
  const size_t room = arena_bytes - info->arena_bytes; /* the engine checked that this is no less than 0 */
  if (info->input_bytes > room || info->output_bytes > room ||
      aligned(info->input_bytes) + aligned(info->output_bytes) > room) {
    th_engine_unload();
    *detail = "no room for inputs and outputs beside the activations";
    return TH_ERR_ARENA;
  }
  staging.input_bytes = info->input_bytes;
  staging.output_bytes = info->output_bytes;
  staging.output = arena + (arena_bytes & ~(size_t)15u) - aligned(info->output_bytes);
  staging.input = staging.output - aligned(info->input_bytes);
  staging.from_slot = length != 0;
  memset(staging.input, 0, staging.input_bytes);
  memset(staging.output, 0, staging.output_bytes);
  return TH_OK;
}

int th_session_space(uint8_t id, th_space *space) {
  switch (id) {
    case TH_SPACE_SLOT:
      space->data = board_slot(&space->bytes);
      space->writable = board_slot_writable();
      return TH_OK;
    case TH_SPACE_INPUT:
      *space = (th_space){staging.input, staging.input_bytes, true};
      break;
    case TH_SPACE_OUTPUT:
      *space = (th_space){staging.output, staging.output_bytes, false};
      break;
    case TH_SPACE_EVENTS:
      *space = (th_space){events.ring[0], (size_t)events.kept * TH_EVENT_BYTES, false};
      return TH_OK;
    default:
      return TH_ERR_RANGE;
  }
  return th_engine_info() != NULL ? TH_OK : TH_ERR_NOT_LOADED;
}

void th_session_before_slot_write(void) {
  if (staging.from_slot) {
    th_engine_unload();
    memset(&staging, 0, sizeof staging);
  }
}

static void on_layer(uint16_t op_index, uint32_t cycles) {
  uint8_t *event = events.ring[events.seen % TH_MAX_EVENTS];
  th_put_u32(th_put_u16(th_put_u16(event, op_index), 0), cycles);
  events.seen++;
}

uint64_t th_session_infer(bool record) {
  const th_layer_hook hook = record ? on_layer : NULL;
  th_engine_set_inputs(staging.input);
  const uint64_t begin = board_cycles();
  th_engine_invoke(hook);
  const uint64_t cycles = board_cycles() - begin;
  th_engine_get_outputs(staging.output);
  return cycles;
}

void th_session_clear_events(void) {
  events.seen = 0;
  events.kept = 0;
}

static void reverse(size_t first, size_t end) {
  while (first + 1 < end) {
    uint8_t swap[TH_EVENT_BYTES];
    end--;
    memcpy(swap, events.ring[first], TH_EVENT_BYTES);
    memcpy(events.ring[first], events.ring[end], TH_EVENT_BYTES);
    memcpy(events.ring[end], swap, TH_EVENT_BYTES);
    first++;
  }
}

uint16_t th_session_finish_events(uint32_t *dropped) {
  const size_t oldest = events.seen % TH_MAX_EVENTS;
  if (events.seen <= TH_MAX_EVENTS) {
    events.kept = (uint16_t)events.seen;
    *dropped = 0;
    return events.kept;
  }
  reverse(0, oldest); /* three reversals rotate in place */
  reverse(oldest, TH_MAX_EVENTS);
  reverse(0, TH_MAX_EVENTS);
  events.kept = TH_MAX_EVENTS;
  *dropped = events.seen - TH_MAX_EVENTS;
  return events.kept;
}
