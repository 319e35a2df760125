#include "app/app.h"

#include "app/frame.h"
#include "app/link.h"
#include "app/session.h"
#include "app/text.h"
#include "board/board.h"

static enum { FRESH, IN_TEXT, IN_FRAME } mode;

void th_app_init(void) {
  mode = FRESH;
  th_session_init();
  th_link_init();
  th_text_init();
}

void th_app_byte(uint8_t byte) {
  if (byte == 0) {
    const bool frame_ended = mode == IN_FRAME;
    mode = FRESH;
    th_text_discard();
    if (frame_ended) {
      th_link_end();
    }
  } else if (mode == IN_FRAME) {
    th_link_byte(byte);
  } else if (mode == FRESH && byte == TH_FRAME_FIRST) {
    mode = IN_FRAME;
    th_link_begin();
  } else {
    mode = IN_TEXT;
    th_text_byte(byte);
  }
}

void th_app_main(void) {
  board_init();
  th_app_init();
  for (;;) {
    int byte;
    while ((byte = board_getc()) >= 0) {
      th_app_byte((uint8_t)byte);
    }
    board_idle();
  }
}
