/* Consistent overhead byte stuffing (Cheshire and Baker, 1999): packs any bytes into bytes without 0x00. */
#ifndef TINYHIL_COBS_H
#define TINYHIL_COBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes byte by byte into a buffer of fixed size. */
typedef struct {
  uint8_t *data;
  size_t capacity;
  size_t length;    /* decoded so far */
  uint8_t code;     /* of the block being received; 0 before the first */
  uint8_t left;     /* bytes of it still to come */
  bool overflow;
} th_cobs_decoder;

void th_cobs_begin(th_cobs_decoder *decoder, uint8_t *data, size_t capacity);
/* byte: not 0. */
void th_cobs_byte(th_cobs_decoder *decoder, uint8_t byte);
/* Whether what was received is complete and fitted; data[0..length) is then valid. */
bool th_cobs_complete(const th_cobs_decoder *decoder);

/* Encodes data[0..bytes), without the closing 0x00, into calls of `emit`. */
void th_cobs_encode(const uint8_t *data, size_t bytes, void (*emit)(uint8_t));

#endif
