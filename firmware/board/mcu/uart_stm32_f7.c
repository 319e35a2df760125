/* USART of STM32F0, F3, F7, G0, G4, H7, L0, L4, U5 and WB (RM0385, 31.8; RM0351, 40.8) with the FIFO of newer ones left off:
 * status with a register to clear it, separate data registers. */
#include "board/mcu/cpu.h"
#include "board/mcu/mmio.h"
#include "board/mcu/rx_ring.h"
#include "board/mcu/uart.h"
#include "board_config.h"

enum { CR1 = 0x00, BRR = 0x0C, ISR = 0x1C, ICR = 0x20, RDR = 0x24, TDR = 0x28 };
enum { ISR_ORE = 1 << 3, ISR_RXNE = 1 << 5, ISR_TXE = 1 << 7 };
enum { ICR_ALL_ERRORS = 0xF }; /* parity, framing, noise, overrun */
enum { CR1_UE = 1 << 0, CR1_RE = 1 << 2, CR1_TE = 1 << 3, CR1_RXNEIE = 1 << 5 };

static volatile uint32_t *reg(uint32_t offset) { return th_register(TH_UART_BASE + offset); }

void th_uart_init(void) {
  *reg(CR1) = 0;
  *reg(BRR) = (TH_UART_CLOCK_HZ + TH_UART_BAUD / 2) / TH_UART_BAUD;
  *reg(CR1) = CR1_UE | CR1_TE | CR1_RE | CR1_RXNEIE;
  *reg(ICR) = ICR_ALL_ERRORS;
  (void)*reg(RDR); /* a stale byte */
  th_cpu_irq_enable(TH_UART_RX_IRQ);
}

void th_uart_put(uint8_t byte) {
  th_uart_drain();
  *reg(TDR) = byte;
}

void th_uart_drain(void) {
  while ((*reg(ISR) & ISR_TXE) == 0) {
  }
}

void th_uart_rx_interrupt(void) {
  while ((*reg(ISR) & ISR_RXNE) != 0) {
    th_rx_push((uint8_t)*reg(RDR));
  }
  if ((*reg(ISR) & ISR_ORE) != 0) {
    *reg(ICR) = ISR_ORE;
    th_rx_count_overrun();
  }
}
