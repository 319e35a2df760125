/* UART of Nordic's nRF51 series (nRF51 Series Reference Manual v3.0, 29). Its receive buffer holds 6 bytes. */
#include <stdbool.h>

#include "board/mcu/cpu.h"
#include "board/mcu/mmio.h"
#include "board/mcu/rx_ring.h"
#include "board/mcu/uart.h"
#include "board_config.h"

enum { STARTRX = 0x000, STARTTX = 0x008 };
enum { RXDRDY = 0x108, TXDRDY = 0x11C, ERROR = 0x124 };
enum { INTENSET = 0x304, ERRORSRC = 0x480, ENABLE = 0x500, PSELTXD = 0x50C, PSELRXD = 0x514 };
enum { RXD = 0x518, TXD = 0x51C, BAUDRATE = 0x524, CONFIG = 0x56C };
enum { ENABLED = 4, CONFIG_8N1 = 0, INT_RXDRDY = 1 << 2, INT_ERROR = 1 << 9, ERROR_OVERRUN = 1 };

/* Baud rates are in units of 16 MHz / 2^32, of which the low 12 bits must be 0. */
#define BAUD_UNITS ((((uint64_t)TH_UART_BAUD << 32) / 16000000u + 0x800u) & ~(uint64_t)0xFFFu)

static volatile uint32_t *reg(uint32_t offset) { return th_register(TH_UART_BASE + offset); }

static bool sending; /* a byte was given to the transmitter, its TXDRDY not yet cleared */

void th_uart_init(void) {
  sending = false;
  *reg(PSELTXD) = TH_UART_TX_PIN;
  *reg(PSELRXD) = TH_UART_RX_PIN;
  *reg(BAUDRATE) = (uint32_t)BAUD_UNITS;
  *reg(CONFIG) = CONFIG_8N1;
  *reg(ENABLE) = ENABLED;
  *reg(TXDRDY) = 0;
  *reg(RXDRDY) = 0;
  *reg(ERROR) = 0;
  *reg(ERRORSRC) = ERROR_OVERRUN;
  *reg(INTENSET) = INT_RXDRDY | INT_ERROR;
  *reg(STARTTX) = 1;
  *reg(STARTRX) = 1;
  th_cpu_irq_enable(TH_UART_RX_IRQ);
}

void th_uart_put(uint8_t byte) {
  th_uart_drain();
  *reg(TXDRDY) = 0;
  *reg(TXD) = byte;
  sending = true;
}

void th_uart_drain(void) {
  while (sending && *reg(TXDRDY) == 0) {
  }
}

/* RXDRDY comes again for every byte that moves up in the buffer. */
void th_uart_rx_interrupt(void) {
  while (*reg(RXDRDY) != 0) {
    *reg(RXDRDY) = 0;
    th_rx_push((uint8_t)*reg(RXD));
  }
  if (*reg(ERROR) != 0) {
    *reg(ERROR) = 0;
    const uint32_t errors = *reg(ERRORSRC);
    *reg(ERRORSRC) = errors;
    if ((errors & ERROR_OVERRUN) != 0) {
      th_rx_count_overrun();
    }
  }
}
