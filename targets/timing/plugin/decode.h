/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One instruction as the timing rules see it: class, registers, memory access. Pure functions of the encoding. */
#ifndef TINYHIL_TIMING_DECODE_H
#define TINYHIL_TIMING_DECODE_H

#include <stdint.h>

#include "classes.h"

/* Registers as bits of a mask. Arm: R0 to R15 are bits 0 to 15; an S register is bit 32 + n, a D register its two S
 * registers, a Q register its four (D16 to D31 do not exist on M-profile). The PC is in a mask where it is an operand (POP
 * {PC}, LDR literal), not for being branched or linked from. A register of which only a part is written is read too.
 * RISC-V: x1 to x31 are bits 1 to 31; x0 is never in a mask. */
#define TM_REG(n) (UINT64_C(1) << (n))
#define TM_SREG(n) (UINT64_C(1) << (32 + (n)))
#define TM_APSR TM_REG(16) /* N, Z, C, V, and FPSCR's copy; Q and GE are left out */
#define TM_VPR TM_REG(17)  /* MVE predicate */

enum tm_insn_flags {
  TM_BRANCHES = 1 << 0,      /* may set the PC to something else than the next address */
  TM_CONDITIONAL = 1 << 1,   /* of a branch: may also fall through */
  TM_INDIRECT = 1 << 2,      /* of a branch: the target comes from a register or memory */
  TM_CALL = 1 << 3,          /* of a branch: writes the return address */
  TM_REGISTER_OFFSET = 1 << 4, /* of a memory access: base + register (maybe shifted) */
  TM_WRITEBACK = 1 << 5,     /* of a memory access: changes its base */
  TM_SETS_FLAGS = 1 << 6,    /* writes NZCV outside an IT block (16-bit forms: unless inside one) */
  TM_BY_REGISTER = 1 << 7,   /* of a shift: amount in a register */
  TM_SHIFTS_RIGHT = 1 << 8,  /* of data processing with a shifted operand: by LSR, ASR, ROR or RRX */
  TM_ROTATED_CONSTANT = 1 << 9 /* of data processing but MOV and MVN: with a constant of eight bits rotated */
};

/* A mark is a hint that silicon runs as NOP and the plugin acts on. Its id is 0x40 to 0xef: Arm `.hword 0xf3af, 0x8000 | id`;
 * for Armv6-M, which has no such hint, `.hword 0xbf00 | (id - 0x40) << 4` with id 0x46 to 0x4f; RISC-V `slti x0, x0, id`. */
enum {
  TM_NO_MARK = 0,
  TM_MARK_RESET = 0x46,  /* predictors, buffers and caches as after a reset: what follows does not depend on what was before */
  TM_MARK_CYCLES = 0x47, /* stores the cycles up to here, 64 bits, 8 bytes behind this instruction */
  TM_MARK_FIRST_LOGGED = 0x48 /* from here on: id, cycles and instructions go to the log */
};

typedef struct {
  uint8_t bytes;    /* 2 or 4 */
  uint8_t class_;   /* tm_class */
  uint8_t count;    /* registers that a multiple transfer moves (FP: 32-bit words, of VLDR and VSTR too); CLRM, VSCCLRM: that
                       they clear; MVE loads and stores, not of interleaved vectors: memory accesses; IT, VPT, VPST:
                       instructions in the block, 1 to 4; otherwise 0 */
  uint8_t access;   /* bytes of each single memory access: 1, 2, 4; MVE: of an element in memory, 64 bits being two accesses of
                       4; 0 for none */
  uint8_t mark;     /* id of a mark, or TM_NO_MARK */
  uint16_t flags;   /* tm_insn_flags */
  uint64_t writes;  /* registers written; the base with TM_WRITEBACK too */
  uint64_t address; /* registers read to form an address or a branch target: needed first */
  uint64_t reads;   /* all other registers read, but for `late` */
  uint64_t late;    /* data to be stored, accumulator of a multiply-accumulate: needed last */
} tm_insn;

/* Decodes a Thumb instruction of any M-profile (Armv6-M to Armv8.1-M with DSP, FP and MVE). `second` counts only where
 * tm_thumb_is_32_bit(first). What is undefined or unallocated in all of them has class TM_undefined; unpredictable
 * encodings are classified as what they would be. What a block around it does to an instruction is the caller's to add: in
 * an IT block 16-bit forms set no flags, all read the flags and B branches on a condition; in a VPT block all read the VPR. */
tm_insn tm_decode_thumb(uint16_t first, uint16_t second);
int tm_thumb_is_32_bit(uint16_t first);

/* Decodes an RV32IMAC instruction with Zicsr and Zifencei, MRET, SRET, WFI and SFENCE.VMA; `word`'s upper half counts only
 * if its two lowest bits are set. */
tm_insn tm_decode_rv32(uint32_t word);

#endif
