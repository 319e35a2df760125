/* Every macro of a target's board_config.h, which harness/build generates from its TOML. This one serves the host tests.
 */
#ifndef TINYHIL_BOARD_CONFIG_H
#define TINYHIL_BOARD_CONFIG_H

/* Names told by HELLO. */
#define TH_TARGET_NAME "host-test"
#define TH_CORE_NAME "host"

/* Core clock; cycles = counter ticks * NUM / DEN, rounded. DEN is a power of two, so that reading costs the same every time. */
#define TH_CLOCK_HZ 25000000u
#define TH_CYCLES_NUM 5u
#define TH_CYCLES_DEN 32u

/* Memory. The slot is RAM or memory-mapped flash at a fixed address; RX ring: a power of two. */
#define TH_SLOT_BASE 0x00200000u
#define TH_SLOT_BYTES 0x00010000u
#define TH_SLOT_WRITABLE 1
#define TH_STACK_BYTES 8192u
#define TH_RX_RING_BYTES 4096u
/* Largest payload of a frame, 256..65535. Two buffers of this size are static RAM. */
#define TH_MAX_PAYLOAD 1024u

/* Layer events kept, at most 256; 8 bytes of static RAM each. */
#define TH_MAX_EVENTS 256

/* Identifies the image: hash of all that went into it. */
#define TH_IMAGE_ID { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f }

/* Not on native. Which of them depends on the drivers. */
#define TH_UART_BASE 0x40004000u
#define TH_UART_CLOCK_HZ 25000000u
#define TH_UART_BAUD 115200u
#define TH_UART_RX_IRQ 0
#define TH_UART_REGISTER_SHIFT 0u /* ns16550: registers lie 2^0 bytes apart */
#define TH_UART_TX_PIN 24u        /* nrf51 */
#define TH_UART_RX_PIN 25u
#define TH_COUNTER_HZ 25000000u
#define TH_COUNTER_BASE 0x40002000u
#define TH_COUNTER_CONTROL_BASE 0x58100000u /* sse_counter only */
#define TH_COUNTER_COARSE_BASE 0x40000C00u  /* stm32_tim only */
#define TH_COUNTER_PRESCALER 64u            /* stm32_tim only */
#define TH_PLIC_BASE 0x0C000000u            /* riscv only */
#define TH_HAS_FPU 1                        /* also MVE: enables coprocessors 10 and 11 */

/* native only: the arena that a part's RAM would give. */
#define TH_NATIVE_ARENA_BYTES 0x00010000u

#endif
