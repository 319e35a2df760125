/* What a UART driver offers; chosen by TINYHIL_UART. */
#ifndef TINYHIL_UART_H
#define TINYHIL_UART_H

#include <stdint.h>

/* Baud rate, both directions on, receive interrupt enabled at the UART and the interrupt controller. */
void th_uart_init(void);
/* Blocks until the transmitter took the byte. */
void th_uart_put(uint8_t byte);
/* Waits until the last byte has left the transmitter's buffer; it may still be on the wire for one character's time. */
void th_uart_drain(void);
/* Interrupt handler: puts what was received into the ring (rx_ring.h). */
void th_uart_rx_interrupt(void);

#endif
