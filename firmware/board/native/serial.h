/* The native firmware's serial port: a terminal or pipe on file descriptors. */
#ifndef TINYHIL_NATIVE_SERIAL_H
#define TINYHIL_NATIVE_SERIAL_H

#include <stdint.h>

/* Speaks on stdin and stdout; the process ends when they hang up or its parent dies. */
void th_serial_use_stdio(void);
/* Opens a pseudo-terminal and prints its name, or goes on with an open one when master is not -1. Returns the master. */
int th_serial_use_pty(int master);

/* Next byte, or -1 when none is waiting. */
int th_serial_get(void);
/* Sleeps until a byte may be waiting. */
void th_serial_wait(void);
/* Buffered; a line feed, a zero or a full buffer sends what is there. */
void th_serial_put(uint8_t byte);
void th_serial_flush(void);

#endif
