/* Sending one frame (docs/link.md, section 2). */
#ifndef TINYHIL_FRAME_H
#define TINYHIL_FRAME_H

#include <stddef.h>
#include <stdint.h>

enum { TH_FRAME_FIRST = 0xA5, TH_FRAME_ERROR = 0xFF, TH_FRAME_FAULT = 0xFE };

/* body: type, seq and payload, `bytes` in all, in a buffer with room for 4 more: the CRC is appended there. */
void th_frame_send(uint8_t *body, size_t bytes);

#endif
