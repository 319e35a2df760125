/* The MLPerf Tiny text language (docs/link.md, section 1; mlcommons/tiny, benchmark/api). */
#ifndef TINYHIL_TEXT_H
#define TINYHIL_TEXT_H

#include <stdint.h>

/* Forgets everything and says the banner. */
void th_text_init(void);
/* One received byte; a command is carried out at its '%'. */
void th_text_byte(uint8_t byte);
/* Drops a command begun. */
void th_text_discard(void);

#endif
