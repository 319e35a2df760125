/* The part of starting up that all bare-metal processors share. */
#ifndef TINYHIL_START_H
#define TINYHIL_START_H

/* Fills .data and .bss, paints the stack, runs the application. To be called once, on the stack of memory.h. */
void th_start(void) __attribute__((noreturn));

#endif
