/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 32-bit Thumb: loads and stores of core registers, exclusives, table branches.
 * Source: Armv8-M Architecture Reference Manual (DDI 0553), C2.3.5 and C2.3.8. */
#include "decode_rows.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define INDIRECT (TM_BRANCHES | TM_INDIRECT)

/* 1110100 */
static const tm_row ROWS[] = {
    {0xffffffff, 0xe97fe97f, "", TM_system, 0, 0}, /* SG */
    {0xffff0000, 0xe89f0000, "", TM_system, 0, 0}, /* CLRM */
    {0xffd00000, 0xe8800000, "an", TM_store_multiple, 4, 0},
    {0xffd00000, 0xe8900000, "an", TM_load_multiple, 4, 0},
    {0xffd00000, 0xe9000000, "an", TM_store_multiple, 4, 0}, /* STMDB */
    {0xffd00000, 0xe9100000, "an", TM_load_multiple, 4, 0},  /* LDMDB */
    {0xfff0f000, 0xe840f000, "wd rn", TM_system, 0, 0},      /* TT */
    {0xfff00000, 0xe8400000, "wd an lt", TM_store_exclusive, 4, 0},
    {0xfff00000, 0xe8500000, "wt an", TM_load_exclusive, 4, 0},
    {0xfff000f0, 0xe8c00040, "wm an lt", TM_store_exclusive, 1, 0}, /* STREXB */
    {0xfff000f0, 0xe8c00050, "wm an lt", TM_store_exclusive, 2, 0}, /* STREXH */
    {0xfff000f0, 0xe8c00080, "an lt", TM_store_exclusive, 1, 0},    /* STLB */
    {0xfff000f0, 0xe8c00090, "an lt", TM_store_exclusive, 2, 0},    /* STLH */
    {0xfff000f0, 0xe8c000a0, "an lt", TM_store_exclusive, 4, 0},    /* STL */
    {0xfff000f0, 0xe8c000c0, "wm an lt", TM_store_exclusive, 1, 0}, /* STLEXB */
    {0xfff000f0, 0xe8c000d0, "wm an lt", TM_store_exclusive, 2, 0}, /* STLEXH */
    {0xfff000f0, 0xe8c000e0, "wm an lt", TM_store_exclusive, 4, 0}, /* STLEX */
    {0xfff000f0, 0xe8d00000, "an am", TM_table_branch, 1, INDIRECT | TM_REGISTER_OFFSET},
    {0xfff000f0, 0xe8d00010, "an am", TM_table_branch, 2, INDIRECT | TM_REGISTER_OFFSET},
    {0xfff000f0, 0xe8d00040, "wt an", TM_load_exclusive, 1, 0}, /* LDREXB */
    {0xfff000f0, 0xe8d00050, "wt an", TM_load_exclusive, 2, 0}, /* LDREXH */
    {0xfff000f0, 0xe8d00080, "wt an", TM_load_exclusive, 1, 0}, /* LDAB */
    {0xfff000f0, 0xe8d00090, "wt an", TM_load_exclusive, 2, 0}, /* LDAH */
    {0xfff000f0, 0xe8d000a0, "wt an", TM_load_exclusive, 4, 0}, /* LDA */
    {0xfff000f0, 0xe8d000c0, "wt an", TM_load_exclusive, 1, 0}, /* LDAEXB */
    {0xfff000f0, 0xe8d000d0, "wt an", TM_load_exclusive, 2, 0}, /* LDAEXH */
    {0xfff000f0, 0xe8d000e0, "wt an", TM_load_exclusive, 4, 0}, /* LDAEX */
    {0xff700000, 0xe8600000, "an wn lt ld", TM_store_double, 4, TM_WRITEBACK},
    {0xff700000, 0xe9600000, "an wn lt ld", TM_store_double, 4, TM_WRITEBACK},
    {0xff700000, 0xe9400000, "an lt ld", TM_store_double, 4, 0},
    {0xff700000, 0xe8700000, "an wn wt wd", TM_load_double, 4, TM_WRITEBACK},
    {0xff700000, 0xe9700000, "an wn wt wd", TM_load_double, 4, TM_WRITEBACK},
    {0xff700000, 0xe9500000, "an wt wd", TM_load_double, 4, 0},
};

/* LDM, STM, CLRM: the registers of the list, and the base if bit 21 says so. */
static void add_list(tm_insn *insn, uint32_t word) {
  const uint32_t list = word & 0xffffU;
  for (uint32_t rest = list; rest != 0; rest &= rest - 1) {
    ++insn->count;
  }
  if (insn->class_ == TM_store_multiple) {
    insn->late |= list;
  } else if (insn->class_ == TM_load_multiple) {
    insn->writes |= list;
    insn->flags |= (uint16_t)(list & TM_REG(15) ? INDIRECT : 0);
  } else { /* CLRM's bit 15 stands for the APSR */
    insn->writes |= (list & 0x7fffU) | (list & 0x8000U ? TM_APSR : 0);
  }
  if (insn->class_ != TM_system && word & (1U << 21)) {
    insn->flags |= TM_WRITEBACK;
    tm_add_operands(insn, "wn", word);
  }
}

static const tm_insn UNDEFINED = {.bytes = 4, .class_ = TM_undefined};

/* 1111100: one register. Bit 24: sign, 22 and 21: size, 20: load, 23: immediate of 12 bits. */
static tm_insn single(uint32_t word) {
  const unsigned size = tm_bits(word, 21, 2), base = tm_bits(word, 16, 4), target = tm_bits(word, 12, 4);
  const int load = (word & (1U << 20)) != 0, sign = (word & (1U << 24)) != 0;
  const int literal = load && base == 15;
  const char *address = "an";
  int hint = load && target == 15 && size != 2; /* PLD, PLI, and hints that are not allocated */
  tm_insn insn = {.bytes = 4, .access = (uint8_t)(1U << size)};
  if (size == 3 || (sign && (!load || size == 2)) || (!load && base == 15)) {
    return UNDEFINED;
  }
  if (!literal && !(word & (1U << 23))) {
    if (word & (1U << 11)) { /* immediate of 8 bits; bits 10 to 8: before the access, add, write back */
      if (!(word & 0x500U)) {
        return UNDEFINED;
      }
      hint = hint && (word & 0x700U) == 0x400;
      if (word & 0x100U) {
        insn.flags |= TM_WRITEBACK;
        address = "an wn";
      }
    } else if (word & 0xfc0U) {
      return UNDEFINED;
    } else {
      insn.flags |= TM_REGISTER_OFFSET;
      address = "an am";
    }
  }
  tm_add_operands(&insn, address, word);
  if (!load) {
    insn.class_ = TM_store;
    tm_add_operands(&insn, "lt", word);
    return insn;
  }
  if (hint) {
    insn.class_ = TM_preload;
    insn.access = 0; /* nothing that the program sees */
    insn.flags = 0;
    return insn;
  }
  insn.class_ = literal ? TM_load_literal : TM_load;
  insn.flags |= (uint16_t)(target == 15 ? INDIRECT : 0);
  tm_add_operands(&insn, "wt", word);
  return insn;
}

tm_insn tm_decode_thumb32_memory(uint32_t word) {
  if (word >> 28 == 0xf) {
    return single(word);
  }
  tm_insn insn = tm_from_row(tm_find_row(ROWS, COUNT(ROWS), word), word, 4);
  if (insn.class_ == TM_store_multiple || insn.class_ == TM_load_multiple ||
      (word & 0xffff0000U) == 0xe89f0000) {
    add_list(&insn, word);
  }
  return insn;
}
