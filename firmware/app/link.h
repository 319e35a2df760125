/* Frames: the second language of the link (docs/link.md, section 2). */
#ifndef TINYHIL_LINK_H
#define TINYHIL_LINK_H

#include <stdint.h>

/* Forgets everything, the last answer too. */
void th_link_init(void);
/* A frame begins (after 00 A5); one more byte of it (not 0); it ended (00): checked, carried out, answered. */
void th_link_begin(void);
void th_link_byte(uint8_t byte);
void th_link_end(void);

#endif
