/* From the reset vector to th_start, and the trap entry. RV32, machine mode only. */
  .section .vectors, "ax", %progbits
  .option norvc
  .global Reset_Handler
  .type Reset_Handler, %function
Reset_Handler:
  csrci mstatus, 8
  csrw mie, zero
  .option push
  .option norelax
  la gp, __global_pointer$
  .option pop
  la sp, __stack_top
  /* Running out of RAM at either end must be a fault at once: physical memory protection (privileged specification, 3.7)
   * forbids 4 KiB on both sides, to machine mode too (L). A hart without it traps here, and goes on without. */
  la t0, 1f
  csrw mtvec, t0
  la t0, __stack_limit
  li t1, 4096
  sub t0, t0, t1
  srli t0, t0, 2
  ori t0, t0, 511
  csrw pmpaddr0, t0
  la t0, __arena_end
  srli t0, t0, 2
  ori t0, t0, 511
  csrw pmpaddr1, t0
  li t0, 0x9898
  csrw pmpcfg0, t0
  .balign 4
1:
  la t0, trap_entry
  csrw mtvec, t0
  tail th_start

/* Interrupts go to the C handler with all registers as they were; anything else is a fault, reported from a stack of its own,
 * as the usual one may be what broke. */
  .balign 4
  .type trap_entry, %function
trap_entry:
  csrw mscratch, t0
  csrr t0, mcause
  bgez t0, 1f
  csrr t0, mscratch
  j th_external_interrupt
1:
  mv a0, sp
  mv a1, ra
  la sp, fault_stack_end
  tail th_trap_report

  .section .bss.fault_stack, "aw", %nobits
  .balign 16
  .skip 768
fault_stack_end:
