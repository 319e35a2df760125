/* A UART driver on a simulated UART: baud rate, nothing lost while sending, reception in bursts, overruns counted. KIND and
 * DRIVER say which. */
#include DRIVER

#include <stdbool.h>
#include <string.h>

#include "support/check.h"

#define STM32_F4 1
#define STM32_F7 2
#define NRF51 3
#define NS16550 4
enum { FIFO_BYTES = KIND == NRF51 ? 6 : KIND == NS16550 ? 16 : 1, ROUNDS = 20000, POISON = 0xA5000 };

static struct {
  uint8_t fifo[FIFO_BYTES];
  uint32_t waiting;
  bool overrun;
  bool rxdrdy; /* events of nrf51 */
  bool error;
  uint32_t busy; /* accesses until the transmitter takes a byte again */
  bool txdrdy;
  uint32_t sent;
  uint8_t last_sent;
  uint32_t regs[0x600];
  bool irq_enabled;
} uart;

void th_cpu_irq_enable(uint32_t number) {
  CHECK(number == TH_UART_RX_IRQ);
  uart.irq_enabled = true;
}

static void take(void) {
  if (uart.waiting > 0) {
    uart.waiting--;
    memmove(uart.fifo, uart.fifo + 1, uart.waiting);
    uart.rxdrdy = uart.waiting > 0;
  }
}

static void send(uint32_t byte) {
  CHECK(uart.busy == 0);
  uart.last_sent = (uint8_t)byte;
  uart.sent++;
  uart.busy = random_below(20);
}

#define READY ((uart.waiting > 0) << 5 | uart.overrun << 3 | (uart.busy == 0) << 7)

#if KIND == STM32_F4
enum { RX_REGISTER = 0x04, TX_REGISTER = 0x04 };
static uint32_t status(uint32_t offset) { return offset == 0x00 ? (uint32_t)READY : uart.regs[offset]; }
static void was_read(uint32_t offset) {
  static bool status_read;
  if (offset == 0x04 && status_read) {
    uart.overrun = false;
  }
  status_read = offset == 0x00;
}
static void was_written(uint32_t offset, uint32_t value) { (void)offset, (void)value; }
static uint32_t bit_rate(void) { return TH_UART_CLOCK_HZ / uart.regs[0x08]; }
static bool enabled(void) { return uart.regs[0x0C] == (1u << 13 | 1u << 5 | 1u << 3 | 1u << 2); }
#elif KIND == STM32_F7
enum { RX_REGISTER = 0x24, TX_REGISTER = 0x28 };
static uint32_t status(uint32_t offset) { return offset == 0x1C ? (uint32_t)READY : uart.regs[offset]; }
static void was_read(uint32_t offset) { (void)offset; }
static void was_written(uint32_t offset, uint32_t value) {
  if (offset == 0x20 && (value & 8) != 0) {
    uart.overrun = false;
  }
  uart.regs[0x20] = POISON;
}
static uint32_t bit_rate(void) { return TH_UART_CLOCK_HZ / uart.regs[0x0C]; }
static bool enabled(void) { return uart.regs[0x00] == (1u << 5 | 1u << 3 | 1u << 2 | 1u); }
#elif KIND == NRF51
enum { RX_REGISTER = 0x518, TX_REGISTER = 0x51C };
static uint32_t status(uint32_t offset) {
  switch (offset) {
    case 0x108:
      return uart.rxdrdy;
    case 0x11C:
      return uart.txdrdy && uart.busy == 0;
    case 0x124:
      return uart.error;
    case 0x480:
      return uart.overrun;
    default:
      return uart.regs[offset];
  }
}
/* Writing back to ERRORSRC what was read looks like reading it twice. */
static void was_read(uint32_t offset) {
  static uint32_t previous;
  if (offset == 0x480 && previous == 0x480) {
    uart.overrun = false;
  }
  previous = offset;
}
static void was_written(uint32_t offset, uint32_t value) {
  if (offset == 0x108 && value == 0) {
    uart.rxdrdy = false;
  } else if (offset == 0x11C && value == 0) {
    uart.txdrdy = false;
  } else if (offset == 0x51C) {
    CHECK(!uart.txdrdy);
    uart.txdrdy = true;
  } else if (offset == 0x124 && value == 0) {
    uart.error = false;
  } else if (offset == 0x480 && (value & 1) != 0) {
    uart.overrun = false;
  }
}
static uint32_t bit_rate(void) {
  CHECK((uart.regs[0x524] & 0xFFF) == 0);
  return (uint32_t)((uint64_t)uart.regs[0x524] * 16000000u >> 32);
}
static bool enabled(void) {
  return uart.regs[0x500] == 4 && uart.regs[0x000] == 1 && uart.regs[0x008] == 1 && (uart.regs[0x304] & 4) != 0 &&
         uart.regs[0x50C] == TH_UART_TX_PIN && uart.regs[0x514] == TH_UART_RX_PIN;
}
#else
enum { RX_REGISTER = 0, TX_REGISTER = 0 };
static uint32_t divisor;
static uint32_t status(uint32_t offset) {
  return offset == 5 ? (uint32_t)((uart.waiting > 0) | uart.overrun << 1 | (uart.busy == 0) << 5) : uart.regs[offset];
}
static void was_read(uint32_t offset) {
  if (offset == 5) {
    uart.overrun = false;
  }
}
static void was_written(uint32_t offset, uint32_t value) {
  if (offset <= 1 && (uart.regs[3] & 0x80) != 0) {
    divisor = offset == 0 ? value : divisor | value << 8;
  }
}
static uint32_t bit_rate(void) { return TH_UART_CLOCK_HZ / 16 / divisor; }
static bool enabled(void) { return uart.regs[3] == 3 && uart.regs[1] == 1 && uart.regs[2] == 7 && (uart.regs[4] & 8) != 0; }
#endif

static bool configuring;

static struct {
  bool open;
  uint32_t offset;
  uint32_t place;
  uint32_t shown;
} access_now;

static bool is_data(uint32_t offset) { return !configuring && (offset == RX_REGISTER || offset == TX_REGISTER); }

/* Looks at what was done with the place handed out last: a changed value is a write. */
static void settle(void) {
  if (!access_now.open) {
    return;
  }
  access_now.open = false;
  const uint32_t offset = access_now.offset;
  const uint32_t value = KIND == NS16550 ? access_now.place & 0xFF : access_now.place;
  if (access_now.place == access_now.shown) {
    was_read(offset);
    if (is_data(offset)) {
      take();
    }
    return;
  }
  was_written(offset, value);
  uart.regs[offset] = offset == 0x20 && KIND == STM32_F7 ? POISON : value;
  if (is_data(offset)) {
    send(value);
  }
}

uint32_t *sim_register(uintptr_t address) {
  settle();
  if (uart.busy > 0) {
    uart.busy--;
  }
  access_now.open = true;
  access_now.offset = (uint32_t)(address - TH_UART_BASE);
  CHECK(access_now.offset < sizeof uart.regs / sizeof uart.regs[0]);
  uint32_t value = is_data(access_now.offset) ? (uart.waiting > 0 ? uart.fifo[0] : 0) : status(access_now.offset);
  if (KIND == NRF51 || KIND == STM32_F7) {
    value = access_now.offset == TX_REGISTER ? POISON : value;
  }
  access_now.place = access_now.shown = value;
  return &access_now.place;
}

static void receive(uint8_t byte) {
  settle();
  if (uart.waiting == FIFO_BYTES) {
    uart.overrun = uart.error = true;
    return;
  }
  uart.fifo[uart.waiting++] = byte;
  uart.rxdrdy = true;
}

static void test_sending(void) {
  for (uint32_t i = 0; i < ROUNDS; i++) {
    /* Where sending and receiving share a register, a written 0 would look like a read. */
    const uint8_t byte = (uint8_t)(1 + random_below(255));
    th_uart_put(byte);
    settle();
    CHECK(uart.sent == i + 1 && uart.last_sent == byte);
  }
  th_uart_drain();
  settle();
  CHECK(uart.busy == 0);
}

static void test_receiving(void) {
  uint32_t in = 0;
  uint32_t overruns = 0;
  for (uint32_t i = 0; i < ROUNDS; i++) {
    const uint32_t burst = 1 + random_below(FIFO_BYTES + 2);
    for (uint32_t n = 0; n < burst; n++) {
      receive((uint8_t)(in * 7 + n));
    }
    overruns += burst > FIFO_BYTES;
    th_uart_rx_interrupt();
    settle();
    CHECK(uart.waiting == 0 && !uart.overrun);
    for (uint32_t n = 0; n < burst && n < FIFO_BYTES; n++) {
      CHECK(th_rx_pop() == (uint8_t)(in * 7 + n));
    }
    CHECK(th_rx_empty());
    in += burst;
  }
  CHECK(overruns > 0 && th_rx_overruns() == overruns);
}

int main(void) {
  receive(0x11); /* a stale byte from before the start */
  configuring = KIND == NS16550; /* its data register is the divisor's meanwhile */
  uart.regs[0x20] = POISON;
  th_uart_init();
  settle();
  configuring = false;
  CHECK(uart.irq_enabled && enabled());
  CHECK(bit_rate() > TH_UART_BAUD * 0.965 && bit_rate() < TH_UART_BAUD * 1.035); /* half a step of a 16550 here */
  uart.waiting = 0;
  uart.rxdrdy = false;
  uart.overrun = false;
  test_sending();
  test_receiving();
  return 0;
}
