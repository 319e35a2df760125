/* The host's side of the link, written apart from the firmware's: an oracle for framing and a way to hold a conversation.
 */
#ifndef TINYHIL_HOST_H
#define TINYHIL_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* CRC-32, bit by bit from the polynomial. */
uint32_t host_crc32(const uint8_t *data, size_t bytes);
/* COBS from its definition: every zero replaced by the distance to the next. Returns the encoded length; `out` holds
 * bytes + bytes / 254 + 1. */
size_t host_cobs_encode(const uint8_t *data, size_t bytes, uint8_t *out);
/* Returns the decoded length, or SIZE_MAX for what is no COBS. */
size_t host_cobs_decode(const uint8_t *data, size_t bytes, uint8_t *out);

enum { HOST_FRAME_BYTES = 4096 };

typedef struct {
  uint8_t type;
  uint8_t seq;
  uint8_t payload[HOST_FRAME_BYTES];
  size_t bytes;
} host_frame;

/* Writes 00 A5 COBS(body) 00 to `wire`; returns its length. */
size_t host_frame_encode(uint8_t type, uint8_t seq, const void *payload, size_t bytes, uint8_t *wire);
/* Finds the first frame in what was received and checks it; false when there is none. Says how much was used up. */
bool host_frame_decode(const uint8_t *wire, size_t bytes, host_frame *frame, size_t *used);

/* Feeds bytes to the application. */
void host_send(const void *data, size_t bytes);
/* Sends a request and returns the one answer, which must be all that comes. */
host_frame host_ask(uint8_t type, uint8_t seq, const void *payload, size_t bytes);
/* Sends a text command without '%' and returns the reply. */
const char *host_say(const char *command);
/* Uploads to the slot with WRITE, then LOADs; returns LOAD's answer. */
host_frame host_load(const uint8_t *blob, size_t bytes);
/* Code of an ERROR answer; 0 for any other. */
unsigned host_error(const host_frame *frame);

#endif
