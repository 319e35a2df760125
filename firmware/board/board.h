/* What a board gives the application. One implementation per family under board/, one config header per target
 * (generated from its TOML by harness/build). */
#ifndef TINYHIL_BOARD_H
#define TINYHIL_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Clocks, UART, counter; interrupts on. Called once, first. */
void board_init(void);

/* Cycles of the core clock, never running back. On silicon a hardware cycle counter; on an emulator the modelled cycles, or
 * instructions where it has no timing model. Costs the same at every call. */
uint64_t board_cycles(void);
/* Whether these are modelled cycles. */
bool board_cycles_modelled(void);
/* What the timing model knows of the past (predictors, caches) is forgotten; nothing on silicon. */
void board_forget_history(void);

/* Next received byte, or -1 when none is waiting. Reception goes on in the background into a ring of
 * TH_RX_RING_BYTES; bytes beyond it are counted as overruns, never mixed up. */
int board_getc(void);
/* Sleeps until something may have been received. */
void board_idle(void);
uint32_t board_rx_overruns(void);
/* Blocks until the transmitter took the byte. Usable from the fault handler. */
void board_putc(uint8_t byte);
/* Restarts the firmware from its reset vector. Does not return. */
void board_reset(void) __attribute__((noreturn));

/* Memory, from the linker script or the process. */
uint8_t *board_slot(size_t *bytes);  /* model slot; *bytes = 0 in a deploy build */
bool board_slot_writable(void);
uint8_t *board_arena(size_t *bytes); /* all RAM that nothing else uses, 16-byte aligned */

/* Stack: painted at start. */
size_t board_stack_bytes(void);
size_t board_stack_used(void); /* high-water mark */
void board_stack_repaint(void); /* paints what lies below the caller again */

/* Set by the application; called from the fault handler with the registers of docs/link.md, FAULT. */
typedef struct {
  uint32_t kind, cfsr, hfsr, address, pc, lr, psr, sp;
} th_fault;
void th_app_on_fault(const th_fault *fault);

#endif
