#include "support/host.h"

#include <string.h>

#include "app/app.h"
#include "support/check.h"
#include "support/fake_board.h"

uint32_t host_crc32(const uint8_t *data, size_t bytes) {
  uint32_t crc = 0xffffffffu;
  for (size_t i = 0; i < 8 * bytes; i++) {
    const uint32_t bit = (data[i / 8] >> i % 8 & 1u) ^ (crc & 1u);
    crc = crc >> 1 ^ (bit != 0 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

size_t host_cobs_encode(const uint8_t *data, size_t bytes, uint8_t *out) {
  size_t code = 0; /* where the current block's code goes */
  size_t length = 1;
  for (size_t i = 0; i < bytes; i++) {
    if (data[i] != 0) {
      out[length++] = data[i];
    }
    if (data[i] == 0 || (length - code == 255 && i + 1 < bytes)) {
      out[code] = (uint8_t)(length - code);
      code = length++;
    }
  }
  out[code] = (uint8_t)(length - code);
  return length;
}

size_t host_cobs_decode(const uint8_t *data, size_t bytes, uint8_t *out) {
  size_t length = 0;
  for (size_t at = 0; at < bytes;) {
    const size_t block = data[at];
    if (block == 0 || at + block > bytes || memchr(data + at, 0, block) != NULL) {
      return SIZE_MAX;
    }
    memcpy(out + length, data + at + 1, block - 1);
    length += block - 1;
    at += block;
    if (block < 255 && at < bytes) {
      out[length++] = 0;
    }
  }
  return length;
}

static void put_u32(uint8_t *p, uint32_t value) {
  for (int i = 0; i < 4; i++) {
    p[i] = (uint8_t)(value >> 8 * i);
  }
}

size_t host_frame_encode(uint8_t type, uint8_t seq, const void *payload, size_t bytes, uint8_t *wire) {
  static uint8_t body[HOST_FRAME_BYTES + 6];
  CHECK(bytes <= HOST_FRAME_BYTES);
  body[0] = type;
  body[1] = seq;
  if (bytes > 0) {
    memcpy(body + 2, payload, bytes);
  }
  put_u32(body + 2 + bytes, host_crc32(body, bytes + 2));
  wire[0] = 0;
  wire[1] = 0xA5;
  const size_t length = host_cobs_encode(body, bytes + 6, wire + 2);
  wire[2 + length] = 0;
  return length + 3;
}

bool host_frame_decode(const uint8_t *wire, size_t bytes, host_frame *frame, size_t *used) {
  static uint8_t body[2 * HOST_FRAME_BYTES];
  for (size_t at = 0; at + 1 < bytes; at++) {
    if (wire[at] != 0 || wire[at + 1] != 0xA5) {
      continue;
    }
    const uint8_t *end = memchr(wire + at + 2, 0, bytes - at - 2);
    if (end == NULL) {
      return false;
    }
    const size_t length = host_cobs_decode(wire + at + 2, (size_t)(end - wire) - at - 2, body);
    CHECK(length != SIZE_MAX && length >= 6 && length - 6 <= HOST_FRAME_BYTES);
    uint8_t crc[4];
    put_u32(crc, host_crc32(body, length - 4));
    CHECK(memcmp(crc, body + length - 4, 4) == 0);
    frame->type = body[0];
    frame->seq = body[1];
    frame->bytes = length - 6;
    memcpy(frame->payload, body + 2, frame->bytes);
    *used = (size_t)(end - wire) + 1;
    return true;
  }
  return false;
}

void host_send(const void *data, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) {
    th_app_byte(((const uint8_t *)data)[i]);
  }
}

host_frame host_ask(uint8_t type, uint8_t seq, const void *payload, size_t bytes) {
  static uint8_t wire[HOST_FRAME_BYTES + 64];
  static host_frame answer;
  size_t sent_bytes;
  size_t used = 0;
  host_send(wire, host_frame_encode(type, seq, payload, bytes, wire));
  const uint8_t *sent = fake_take_sent(&sent_bytes);
  CHECK(host_frame_decode(sent, sent_bytes, &answer, &used));
  CHECK(used == sent_bytes);
  CHECK(answer.seq == seq);
  CHECK(answer.type == (type | 0x80) || answer.type == 0xFF);
  return answer;
}

const char *host_say(const char *command) {
  size_t bytes;
  (void)fake_take_sent(&bytes);
  host_send(command, strlen(command));
  host_send("%", 1);
  return (const char *)fake_take_sent(&bytes);
}

host_frame host_load(const uint8_t *blob, size_t bytes) {
  uint8_t length[4];
  for (size_t at = 0; at < bytes;) {
    uint8_t payload[5 + 512] = {0};
    const size_t part = bytes - at < 512 ? bytes - at : 512;
    put_u32(payload + 1, (uint32_t)at);
    memcpy(payload + 5, blob + at, part);
    const host_frame answer = host_ask(0x10, 77, payload, 5 + part);
    CHECK(host_error(&answer) == 0);
    at += part;
  }
  put_u32(length, (uint32_t)bytes);
  return host_ask(0x20, (uint8_t)(1 + random_below(255)), length, 4);
}

unsigned host_error(const host_frame *frame) {
  return frame->type == 0xFF ? (unsigned)(frame->payload[1] | frame->payload[2] << 8) : 0;
}
