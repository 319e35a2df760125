/* 16550 (National Semiconductor PC16550D): many RISC-V systems. Registers lie 2^TH_UART_REGISTER_SHIFT bytes apart. */
#include "board/mcu/cpu.h"
#include "board/mcu/mmio.h"
#include "board/mcu/rx_ring.h"
#include "board/mcu/uart.h"
#include "board_config.h"

enum { DATA = 0, IER = 1, FCR = 2, LCR = 3, MCR = 4, LSR = 5 };
enum { DIVISOR_LOW = 0, DIVISOR_HIGH = 1 }; /* while LCR_DIVISOR is set */
enum { IER_RX = 1, FCR_ON_AND_CLEAR = 7, LCR_8N1 = 3, LCR_DIVISOR = 0x80, MCR_OUT2 = 8 };
enum { LSR_RX_READY = 1, LSR_OVERRUN = 2, LSR_TX_EMPTY = 0x20 };

static volatile uint8_t *reg(uint32_t number) { return th_register8(TH_UART_BASE + (number << TH_UART_REGISTER_SHIFT)); }

void th_uart_init(void) {
  const uint32_t divisor = (TH_UART_CLOCK_HZ + 8u * TH_UART_BAUD) / (16u * TH_UART_BAUD);
  *reg(IER) = 0;
  *reg(LCR) = LCR_DIVISOR;
  *reg(DIVISOR_LOW) = (uint8_t)divisor;
  *reg(DIVISOR_HIGH) = (uint8_t)(divisor >> 8);
  *reg(LCR) = LCR_8N1;
  *reg(FCR) = FCR_ON_AND_CLEAR; /* an interrupt at every byte */
  *reg(MCR) = MCR_OUT2; /* lets the interrupt out of the chip */
  (void)*reg(DATA); /* QEMU looks for input again */
  *reg(IER) = IER_RX;
  th_cpu_irq_enable(TH_UART_RX_IRQ);
}

void th_uart_put(uint8_t byte) {
  th_uart_drain();
  *reg(DATA) = byte;
}

void th_uart_drain(void) {
  while ((*reg(LSR) & LSR_TX_EMPTY) == 0) {
  }
}

/* Reading LSR clears the overrun. */
void th_uart_rx_interrupt(void) {
  for (;;) {
    const uint8_t status = *reg(LSR);
    if ((status & LSR_OVERRUN) != 0) {
      th_rx_count_overrun();
    }
    if ((status & LSR_RX_READY) == 0) {
      return;
    }
    th_rx_push(*reg(DATA));
  }
}
