#include "app/frame.h"

#include "app/cobs.h"
#include "app/crc32.h"
#include "app/wire.h"
#include "board/board.h"

void th_frame_send(uint8_t *body, size_t bytes) {
  th_put_u32(body + bytes, th_crc32(0, body, bytes));
  board_putc(0);
  board_putc(TH_FRAME_FIRST);
  th_cobs_encode(body, bytes + 4, board_putc);
  board_putc(0);
}
