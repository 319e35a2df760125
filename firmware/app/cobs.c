#include "app/cobs.h"

enum { FULL_BLOCK = 0xff }; /* 254 bytes, no zero after them */

void th_cobs_begin(th_cobs_decoder *decoder, uint8_t *data, size_t capacity) {
  *decoder = (th_cobs_decoder){.data = data, .capacity = capacity};
}

static void append(th_cobs_decoder *decoder, uint8_t byte) {
  if (decoder->length < decoder->capacity) {
    decoder->data[decoder->length++] = byte;
  } else {
    decoder->overflow = true;
  }
}

void th_cobs_byte(th_cobs_decoder *decoder, uint8_t byte) {
  if (decoder->left > 0) {
    append(decoder, byte);
    decoder->left--;
    return;
  }
  if (decoder->code != 0 && decoder->code != FULL_BLOCK) {
    append(decoder, 0);
  }
  decoder->code = byte;
  decoder->left = (uint8_t)(byte - 1);
}

bool th_cobs_complete(const th_cobs_decoder *decoder) {
  return decoder->code != 0 && decoder->left == 0 && !decoder->overflow;
}

void th_cobs_encode(const uint8_t *data, size_t bytes, void (*emit)(uint8_t)) {
  size_t at = 0;
  for (;;) {
    size_t run = 0;
    while (run < FULL_BLOCK - 1 && at + run < bytes && data[at + run] != 0) {
      run++;
    }
    emit((uint8_t)(run + 1));
    for (size_t i = 0; i < run; i++) {
      emit(data[at + i]);
    }
    at += run;
    if (at == bytes) {
      return;
    }
    if (run < FULL_BLOCK - 1) {
      at++; /* the zero that the block's code stands for; one more block follows even if it was the last byte */
    }
  }
}
