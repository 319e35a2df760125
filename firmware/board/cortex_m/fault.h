/* Faults and unexpected interrupts: reported over the UART, then silence until a reset from outside. */
#ifndef TINYHIL_FAULT_H
#define TINYHIL_FAULT_H

/* An exception handler. */
void th_fault_entry(void);

#endif
