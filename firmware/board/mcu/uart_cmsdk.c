/* UART of Arm's Cortex-M System Design Kit (DDI 0479, 4.3): MPS2 and MPS3 boards, and their emulations. */
#include "board/mcu/cpu.h"
#include "board/mcu/mmio.h"
#include "board/mcu/rx_ring.h"
#include "board/mcu/uart.h"
#include "board_config.h"

enum { DATA = 0x0, STATE = 0x4, CTRL = 0x8, INTCLEAR = 0xC, BAUDDIV = 0x10 };
enum { STATE_TX_FULL = 1, STATE_RX_FULL = 2, STATE_RX_OVERRUN = 8 };
enum { CTRL_TX_ENABLE = 1, CTRL_RX_ENABLE = 2, CTRL_RX_INTERRUPT = 8 };
enum { INT_RX = 2, INT_RX_OVERRUN = 8, SMALLEST_DIVISOR = 16 };

static volatile uint32_t *reg(uint32_t offset) { return th_register(TH_UART_BASE + offset); }

void th_uart_init(void) {
  const uint32_t divisor = TH_UART_CLOCK_HZ / TH_UART_BAUD;
  *reg(BAUDDIV) = divisor > SMALLEST_DIVISOR ? divisor : SMALLEST_DIVISOR;
  *reg(CTRL) = CTRL_TX_ENABLE | CTRL_RX_ENABLE | CTRL_RX_INTERRUPT;
  (void)*reg(DATA); /* a stale byte; on QEMU this also makes it look for input again, which enabling does not */
  *reg(STATE) = STATE_RX_OVERRUN;
  *reg(INTCLEAR) = INT_RX | INT_RX_OVERRUN;
  th_cpu_irq_enable(TH_UART_RX_IRQ);
}

void th_uart_put(uint8_t byte) {
  th_uart_drain();
  *reg(DATA) = byte;
}

void th_uart_drain(void) {
  while ((*reg(STATE) & STATE_TX_FULL) != 0) {
  }
}

void th_uart_rx_interrupt(void) {
  *reg(INTCLEAR) = INT_RX;
  while ((*reg(STATE) & STATE_RX_FULL) != 0) {
    th_rx_push((uint8_t)*reg(DATA));
  }
  if ((*reg(STATE) & STATE_RX_OVERRUN) != 0) {
    *reg(STATE) = STATE_RX_OVERRUN;
    th_rx_count_overrun();
  }
}
