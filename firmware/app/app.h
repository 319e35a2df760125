/* The application: tells the two languages of the link apart, byte by byte. */
#ifndef TINYHIL_APP_H
#define TINYHIL_APP_H

#include <stdint.h>

/* Initialises everything but the board, and says the banner. */
void th_app_init(void);
/* Takes one received byte. */
void th_app_byte(uint8_t byte);
/* The firmware's main loop; called by the board's start-up on its measured stack. */
void th_app_main(void) __attribute__((noreturn));

#endif
