/* Received bytes on their way from the interrupt to the application. */
#ifndef TINYHIL_RX_RING_H
#define TINYHIL_RX_RING_H

#include <stdbool.h>
#include <stdint.h>

/* From the interrupt only. A byte that finds no room is counted and lost. */
void th_rx_push(uint8_t byte);
/* From the interrupt only: the UART itself lost a byte. */
void th_rx_count_overrun(void);
/* From the application only; -1 when empty. */
int th_rx_pop(void);
bool th_rx_empty(void);
uint32_t th_rx_overruns(void);

#endif
