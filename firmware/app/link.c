#include "app/link.h"

#include <string.h>

#include "app/cobs.h"
#include "app/crc32.h"
#include "app/frame.h"
#include "app/session.h"
#include "app/wire.h"
#include "board/board.h"
#include "board_config.h"
#include "kernels/kernels.h"

enum { PROTOCOL = 1, MAX_REPEATS = 64, RUN_RECORD = 1, RUN_RESET_STATE = 2 };
enum { FLAG_SLOT_WRITABLE = 1, FLAG_MODEL_LINKED = 2, FLAG_CYCLES_MODELLED = 4 };
enum { HEAD_BYTES = 2, CRC_BYTES = 4 }; /* type and seq before the payload, CRC after it */
enum type {
  HELLO = 0x01,
  WRITE = 0x10,
  READ = 0x11,
  CRC = 0x12,
  LOAD = 0x20,
  RUN = 0x21,
  STATUS = 0x22,
  RESET = 0x23,
  ANSWER = 0x80
};

_Static_assert(TH_MAX_PAYLOAD >= 256 && TH_MAX_PAYLOAD <= 65535, "HELLO and ERROR must fit, and the length 16 bits");

typedef struct {
  uint8_t type;
  const uint8_t *payload;
  size_t bytes;
} request_t;

/* Where an answer's payload is written: at most TH_MAX_PAYLOAD bytes. Handlers return TH_OK or an error code; `bytes` counts
 * only after TH_OK, `text` only after an error. */
typedef struct {
  uint8_t *payload;
  size_t bytes;
  const char *text;
} answer_t;

static struct {
  uint8_t body[HEAD_BYTES + TH_MAX_PAYLOAD + CRC_BYTES];
  th_cobs_decoder decoder;
  uint32_t bad;
} received;

/* Kept to be sent again when the host repeats its request. */
static struct {
  uint8_t body[HEAD_BYTES + TH_MAX_PAYLOAD + CRC_BYTES];
  size_t payload_bytes;
  uint8_t type; /* of the request; 0 for none */
  uint8_t seq;
  uint32_t crc;
} last;

void th_link_init(void) {
  memset(&last, 0, sizeof last);
  received.bad = 0;
  th_link_begin();
}

void th_link_begin(void) { th_cobs_begin(&received.decoder, received.body, sizeof received.body); }

void th_link_byte(uint8_t byte) { th_cobs_byte(&received.decoder, byte); }

static size_t length_up_to(const char *text, size_t limit) {
  const size_t length = strlen(text);
  return length < limit ? length : limit;
}

static uint8_t *put_string(uint8_t *p, const char *text) {
  const size_t bytes = length_up_to(text, 40); /* four of them leave HELLO below 256 bytes */
  p = th_put_u8(p, (uint8_t)bytes);
  memcpy(p, text, bytes);
  return p + bytes;
}

static int hello(const request_t *request, answer_t *answer) {
  static const uint8_t image_id[16] = TH_IMAGE_ID;
  size_t slot_bytes;
  size_t arena_bytes;
  uint8_t *p = answer->payload;
  if (request->bytes != 0) {
    return TH_ERR_MALFORMED;
  }
  (void)board_slot(&slot_bytes);
  (void)board_arena(&arena_bytes);
  p = th_put_u16(p, PROTOCOL);
  p = th_put_u16(p, TH_MAX_PAYLOAD);
  p = th_put_u32(p, TH_RX_RING_BYTES);
  p = th_put_u32(p, TH_CLOCK_HZ);
  p = th_put_u32(p, (uint32_t)slot_bytes);
  p = th_put_u32(p, (uint32_t)arena_bytes);
  p = th_put_u32(p, (uint32_t)board_stack_bytes());
  p = th_put_u32(p, (uint32_t)((board_slot_writable() ? FLAG_SLOT_WRITABLE : 0) |
                               (th_session_has_linked_model() ? FLAG_MODEL_LINKED : 0) |
                               (board_cycles_modelled() ? FLAG_CYCLES_MODELLED : 0)));
  memcpy(p, image_id, sizeof image_id);
  p += sizeof image_id;
  p = put_string(p, TH_TARGET_NAME);
  p = put_string(p, TH_CORE_NAME);
  p = put_string(p, th_engine_name);
  p = put_string(p, th_kernel_set_name);
  answer->bytes = (size_t)(p - answer->payload);
  return TH_OK;
}

/* Finds data[offset .. offset + length) of a space, to be written or read. */
static int find_range(uint8_t id, uint32_t offset, size_t length, bool write, th_space *space, answer_t *answer) {
  const int status = th_session_space(id, space);
  if (status != TH_OK) {
    answer->text = status == TH_ERR_RANGE ? "no such space" : "no model loaded";
    return status;
  }
  if (write && !space->writable) {
    answer->text = "space is not writable";
    return TH_ERR_READ_ONLY;
  }
  if (offset > space->bytes || length > space->bytes - offset) {
    answer->text = "beyond the end of the space";
    return TH_ERR_RANGE;
  }
  return TH_OK;
}

static int write_space(const request_t *request, answer_t *answer) {
  th_space space;
  if (request->bytes < 5) {
    return TH_ERR_MALFORMED;
  }
  const uint8_t id = request->payload[0];
  const uint32_t offset = th_get_u32(request->payload + 1);
  const size_t length = request->bytes - 5;
  const int status = find_range(id, offset, length, true, &space, answer);
  if (status != TH_OK) {
    return status;
  }
  if (id == TH_SPACE_SLOT) {
    th_session_before_slot_write();
  }
  if (length > 0) {
    memcpy(space.data + offset, request->payload + 5, length);
  }
  th_put_u32(th_put_u8(answer->payload, id), offset + (uint32_t)length);
  answer->bytes = 5;
  return TH_OK;
}

static int read_space(const request_t *request, answer_t *answer) {
  th_space space;
  if (request->bytes != 7) {
    return TH_ERR_MALFORMED;
  }
  const uint8_t id = request->payload[0];
  const uint32_t offset = th_get_u32(request->payload + 1);
  const size_t length = th_get_u16(request->payload + 5);
  if (length > TH_MAX_PAYLOAD - 5) {
    answer->text = "more than one answer holds";
    return TH_ERR_RANGE;
  }
  const int status = find_range(id, offset, length, false, &space, answer);
  if (status != TH_OK) {
    return status;
  }
  uint8_t *p = th_put_u32(th_put_u8(answer->payload, id), offset);
  if (length > 0) {
    memcpy(p, space.data + offset, length);
  }
  answer->bytes = 5 + length;
  return TH_OK;
}

static int crc_space(const request_t *request, answer_t *answer) {
  th_space space;
  if (request->bytes != 9) {
    return TH_ERR_MALFORMED;
  }
  const uint32_t offset = th_get_u32(request->payload + 1);
  const uint32_t length = th_get_u32(request->payload + 5);
  const int status = find_range(request->payload[0], offset, length, false, &space, answer);
  if (status != TH_OK) {
    return status;
  }
  th_put_u32(answer->payload, length > 0 ? th_crc32(0, space.data + offset, length) : 0);
  answer->bytes = 4;
  return TH_OK;
}

static int load(const request_t *request, answer_t *answer) {
  uint8_t *p = answer->payload;
  if (request->bytes != 4) {
    return TH_ERR_MALFORMED;
  }
  const int status = th_session_load(th_get_u32(request->payload), &answer->text);
  if (status != TH_OK) {
    return status;
  }
  const th_model_info *info = th_engine_info();
  p = th_put_u32(p, info->arena_bytes);
  p = th_put_u32(p, info->input_bytes);
  p = th_put_u32(p, info->output_bytes);
  p = th_put_u16(p, info->ops);
  p = th_put_u16(p, info->inputs);
  p = th_put_u16(p, info->outputs);
  p = th_put_u16(p, 0);
  memcpy(p, info->model_sha256, 32);
  p = th_put_u32(p + 32, info->persistent_bytes);
  answer->bytes = (size_t)(p - answer->payload);
  return TH_OK;
}

static int run(const request_t *request, answer_t *answer) {
  uint32_t dropped;
  if (request->bytes != 5) {
    return TH_ERR_MALFORMED;
  }
  const uint16_t warmup = th_get_u16(request->payload);
  const uint16_t repeats = th_get_u16(request->payload + 2);
  const bool record = (request->payload[4] & RUN_RECORD) != 0;
  if (th_engine_info() == NULL) {
    answer->text = "no model loaded";
    return TH_ERR_NOT_LOADED;
  }
  if (repeats == 0 || repeats > MAX_REPEATS || 8u + 8u * repeats > TH_MAX_PAYLOAD) {
    answer->text = "repeats out of range";
    return TH_ERR_RANGE;
  }
  board_stack_repaint();
  th_session_clear_events();
  if ((request->payload[4] & RUN_RESET_STATE) != 0) {
    th_engine_reset_state();
  }
  board_forget_history();
  for (uint16_t i = 0; i < warmup; i++) {
    (void)th_session_infer(false);
  }
  uint8_t *p = answer->payload + 8;
  for (uint16_t i = 0; i < repeats; i++) {
    p = th_put_u64(p, th_session_infer(record && i + 1 == repeats));
  }
  const uint16_t kept = th_session_finish_events(&dropped);
  th_put_u32(th_put_u16(th_put_u16(answer->payload, repeats), kept), dropped);
  answer->bytes = (size_t)(p - answer->payload);
  return TH_OK;
}

static int status(const request_t *request, answer_t *answer) {
  uint8_t *p = answer->payload;
  if (request->bytes != 0) {
    return TH_ERR_MALFORMED;
  }
  p = th_put_u32(p, (uint32_t)board_stack_bytes());
  p = th_put_u32(p, (uint32_t)board_stack_used());
  p = th_put_u32(p, received.bad);
  p = th_put_u32(p, board_rx_overruns());
  p = th_put_u8(p, th_engine_info() != NULL);
  answer->bytes = (size_t)(p - answer->payload);
  return TH_OK;
}

static int reset(const request_t *request, answer_t *answer) {
  answer->bytes = 0;
  return request->bytes == 0 ? TH_OK : TH_ERR_MALFORMED;
}

static int carry_out(const request_t *request, answer_t *answer) {
  switch (request->type) {
    case HELLO:
      return hello(request, answer);
    case WRITE:
      return write_space(request, answer);
    case READ:
      return read_space(request, answer);
    case CRC:
      return crc_space(request, answer);
    case LOAD:
      return load(request, answer);
    case RUN:
      return run(request, answer);
    case STATUS:
      return status(request, answer);
    case RESET:
      return reset(request, answer);
    default:
      answer->text = "unknown type";
      return TH_ERR_UNKNOWN_TYPE;
  }
}

static bool repeated(uint8_t type, uint8_t seq, uint32_t crc) {
  const bool idempotent = type == WRITE || type == READ || type == CRC;
  return !idempotent && last.type == type && last.seq == seq && last.crc == crc;
}

static void send_last(void) { th_frame_send(last.body, HEAD_BYTES + last.payload_bytes); }

static void answer_request(const request_t *request, uint8_t seq, uint32_t crc) {
  answer_t answer = {.payload = last.body + HEAD_BYTES, .text = "malformed payload"};
  const int code = carry_out(request, &answer);
  if (code == TH_OK) {
    last.body[0] = request->type | ANSWER;
  } else {
    last.body[0] = TH_FRAME_ERROR;
    th_put_u16(th_put_u8(answer.payload, request->type), (uint16_t)code);
    answer.bytes = 3 + length_up_to(answer.text, 200);
    memcpy(answer.payload + 3, answer.text, answer.bytes - 3);
  }
  last.body[1] = seq;
  last.type = request->type;
  last.seq = seq;
  last.crc = crc;
  last.payload_bytes = answer.bytes;
  send_last();
  if (code == TH_OK && request->type == RESET) {
    board_reset();
  }
}

void th_link_end(void) {
  const size_t bytes = received.decoder.length;
  if (!th_cobs_complete(&received.decoder) || bytes < HEAD_BYTES + CRC_BYTES) {
    received.bad++;
    return;
  }
  const uint32_t crc = th_get_u32(received.body + bytes - CRC_BYTES);
  if (crc != th_crc32(0, received.body, bytes - CRC_BYTES)) {
    received.bad++;
    return;
  }
  const request_t request = {
      .type = received.body[0],
      .payload = received.body + HEAD_BYTES,
      .bytes = bytes - HEAD_BYTES - CRC_BYTES,
  };
  const uint8_t seq = received.body[1];
  if (repeated(request.type, seq, crc)) {
    send_last();
  } else {
    answer_request(&request, seq, crc);
  }
}
