/* USART of STM32F1, F2, F4 and L1 (RM0090, 30.6): one status and one data register. */
#include "board/mcu/cpu.h"
#include "board/mcu/mmio.h"
#include "board/mcu/rx_ring.h"
#include "board/mcu/uart.h"
#include "board_config.h"

enum { SR = 0x00, DR = 0x04, BRR = 0x08, CR1 = 0x0C };
enum { SR_ORE = 1 << 3, SR_RXNE = 1 << 5, SR_TXE = 1 << 7 };
enum { CR1_RE = 1 << 2, CR1_TE = 1 << 3, CR1_RXNEIE = 1 << 5, CR1_UE = 1 << 13 };

static volatile uint32_t *reg(uint32_t offset) { return th_register(TH_UART_BASE + offset); }

void th_uart_init(void) {
  *reg(CR1) = 0;
  *reg(BRR) = (TH_UART_CLOCK_HZ + TH_UART_BAUD / 2) / TH_UART_BAUD;
  *reg(CR1) = CR1_UE | CR1_TE | CR1_RE | CR1_RXNEIE;
  (void)*reg(SR); /* with the next read, clears a stale byte and its errors; QEMU looks for input again */
  (void)*reg(DR);
  th_cpu_irq_enable(TH_UART_RX_IRQ);
}

void th_uart_put(uint8_t byte) {
  th_uart_drain();
  *reg(DR) = byte;
}

void th_uart_drain(void) {
  while ((*reg(SR) & SR_TXE) == 0) {
  }
}

/* An overrun is cleared by reading SR, then DR. It may come without RXNE: the byte in DR is then an old one. */
void th_uart_rx_interrupt(void) {
  for (;;) {
    const uint32_t status = *reg(SR);
    if ((status & (SR_RXNE | SR_ORE)) == 0) {
      return;
    }
    const uint8_t byte = (uint8_t)*reg(DR);
    if ((status & SR_RXNE) != 0) {
      th_rx_push(byte);
    }
    if ((status & SR_ORE) != 0) {
      th_rx_count_overrun();
    }
  }
}
