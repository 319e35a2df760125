/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of Thumb encodings: pattern, class, operands. A 32-bit instruction is one word, its first half on top. */
#ifndef TINYHIL_TIMING_DECODE_ROWS_H
#define TINYHIL_TIMING_DECODE_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "decode.h"

/* A row holds for words whose bits under `mask` are `value`; the first row that holds counts. `operands` is a list of
 * a role and a field, as in "wd rn rm ws".
 * Roles: w writes, a address, r reads, l late.
 * Fields of 32-bit forms: n, d, t, m the register at bit 16, 8, 12, 0; o the even one of the pair at bit 16;
 *   s the flags if bit 20 is set.
 * Fields of 16-bit forms: x, y, z, h the low register at bit 0, 3, 6, 8; H any register at bit 3; D at bits 7, 2 to 0.
 * FP fields, of the destination, first and second operand: A, B, C single; E, F, G double; I, J, K MVE;
 *   1, 2, 3 double if bits 9 and 8 are set, otherwise single.
 * MVE's core registers: R the even one at bit 13, S the odd one at bit 20; P and U the same where bit 5 says that they
 *   accumulate; O the odd one at bit 1.
 * N, Z: as n, m, but for 15, which is zero there.
 * Fixed: f the flags, c the FPSCR's flags, v the VPR, p the PC, k the SP, q the LR. */
typedef struct {
  uint32_t mask, value;
  const char *operands;
  uint8_t class_; /* tm_class */
  uint8_t access;
  uint16_t flags;
} tm_row;

/* The first of `count` rows that holds for `word`, or NULL. */
const tm_row *tm_find_row(const tm_row *rows, size_t count, uint32_t word);
/* Adds registers to the masks, and TM_SETS_FLAGS where the flags are written. */
void tm_add_operands(tm_insn *insn, const char *operands, uint32_t word);
/* An instruction of a row; `row` NULL: an undefined one. */
tm_insn tm_from_row(const tm_row *row, uint32_t word, unsigned bytes);

/* `count` S registers from `first` on, cut off behind S31. */
uint64_t tm_s_registers(unsigned first, unsigned count);

static inline unsigned tm_bits(uint32_t word, unsigned low, unsigned count) {
  return (word >> low) & ((1U << count) - 1U);
}

/* Parts of the 32-bit space; each gives TM_undefined for what is not its own. */
tm_insn tm_decode_thumb32(uint32_t word);
tm_insn tm_decode_thumb32_memory(uint32_t word); /* first half 1110100x, 1111100x */
tm_insn tm_decode_fp(uint32_t word);             /* first half 111x11xx, but for 111x1111 */
tm_insn tm_decode_mve(uint32_t word);            /* first half 111x11xx */
tm_insn tm_decode_mve_memory(uint32_t word);     /* its loads and stores: 111x110x, coprocessors 14 and 15 */
tm_insn tm_decode_thumb16(uint16_t word);

#endif
